import type { AuditEntry } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'
import Database from 'better-sqlite3'
import type { DemoOptions } from '../options.ts'
import type { Place } from '../place.ts'
import { showRefusedStatements } from '../refusal.ts'
import { quoted, showFile, temporaryFile } from './file.ts'

/** A log in an SQLite database. */
export async function placeInSqlite({ path }: DemoOptions): Promise<Place> {
  const file = path ?? (await temporaryFile('audit.db'))
  return {
    backend: new SqliteBackend({ path: file }),
    showBypass: entry => showBypass(file, entry),
    view: { args: [file] },
    showWhereabouts: () =>
      showFile('sqlite', file, `sqlite3 ${quoted(file)} "SELECT user, model FROM audit_log"`),
  }
}

async function showBypass(path: string, { index }: AuditEntry): Promise<void> {
  const database = new Database(path)
  const statements = [
    `UPDATE audit_log SET user = 'me' WHERE "index" = ${index}`,
    `DELETE FROM audit_log WHERE "index" = ${index}`,
    'INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log LIMIT 1',
  ]
  try {
    await showRefusedStatements('a raw SQLite connection', statements, sql => database.exec(sql))
  } finally {
    database.close()
  }
}
