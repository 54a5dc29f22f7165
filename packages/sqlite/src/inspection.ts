import type { Finding } from '@audit/core'
import type { DatabaseConstructor } from './driver.ts'
import type { ReadableDatabase } from './readable-database.ts'
import { schemaFaults } from './schema.ts'

/** How many faults of one kind are reported. */
const MAX_FAULTS = 100

/** What reading by index cannot see: missing triggers, rows before index 0, and damage to SQLite's own structure. */
export function inspect(Database: DatabaseConstructor, database: ReadableDatabase): Finding[] {
  return [
    ...schemaFaults(Database, database).map(damaged),
    ...rowsBesideTheNumbering(database),
    ...structureFaults(database).map(damaged),
  ]
}

function rowsBesideTheNumbering(database: ReadableDatabase): Finding[] {
  const text = `SELECT "index" FROM audit_log WHERE "index" < 0 ORDER BY "index" LIMIT ${MAX_FAULTS}`
  const indexes = database.prepare<[], number>(text).pluck().all()
  return indexes.map(index => {
    return {
      kind: 'entry-inserted',
      index,
      message: `a row has the index ${index}, which is before the first`,
    }
  })
}

/** Reads the whole file, and compares each SQL index with its table: a row that is missing from an index is hidden from queries. */
function structureFaults(database: ReadableDatabase): string[] {
  const faults = database.prepare<[], string>(`PRAGMA integrity_check(${MAX_FAULTS})`).pluck().all()
  return faults.filter(fault => fault !== 'ok').map(fault => `SQLite's integrity check says: ${fault}`)
}

function damaged(message: string): Finding {
  return { kind: 'damaged', message }
}
