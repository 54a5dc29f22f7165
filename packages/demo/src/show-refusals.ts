import type { AuditEntry, AuditLog } from '@audit/core'
import Database from 'better-sqlite3'
import type { BackendName } from './options.ts'
import { table } from './terminal.ts'

/** Tries to change what was recorded, and prints how each way is refused. */
export function showRefusals(
  log: AuditLog,
  entry: AuditEntry,
  backend: BackendName,
  path: string | undefined,
): void {
  const attempts = {
    'log.update(entry)': () => call(log, 'update'),
    'log.delete(entry)': () => call(log, 'delete'),
    "entry.user = 'me'": () => Object.assign(entry, { user: 'me' }),
    'entry.metadata.x = 1': () => Object.assign(entry.metadata, { x: 1 }),
  }
  const rows = Object.entries(attempts).map(([what, attempt]) => [what, refusalOf(what, attempt)])
  table([{ title: 'attempt' }, { title: 'refused', fills: true }], rows)

  if (backend === 'sqlite' && path !== undefined) showRefusedStatements(path, entry)
  if (backend === 'jsonl') {
    console.log('\nThe file is plain text: whoever may write to it can still edit it elsewhere.')
  }
}

/** What the database itself says to SQL that goes past this software. */
function showRefusedStatements(path: string, { index }: AuditEntry): void {
  const statements = [
    `UPDATE audit_log SET user = 'me' WHERE "index" = ${index}`,
    `DELETE FROM audit_log WHERE "index" = ${index}`,
    'INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log LIMIT 1',
  ]
  console.log('\nPast this software, through a raw SQLite connection:\n')
  const database = new Database(path)
  try {
    for (const sql of statements) {
      console.log(`  ${sql}\n    → ${refusalOf(sql, () => database.exec(sql))}`)
    }
  } finally {
    database.close()
  }
}

function call(log: AuditLog, method: string): unknown {
  if (!(method in log)) throw new TypeError('the log has no such method')
  return Reflect.get(log, method)
}

/** @throws Error when the attempt went through: the log is broken then. */
function refusalOf(what: string, attempt: () => unknown): string {
  try {
    attempt()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  throw new Error(`${what} was not refused`)
}
