import type { AuditEntry, AuditLog } from '@audit/core'
import { refusalOf } from './refusal.ts'
import { table } from './terminal.ts'

/** Tries to change what was recorded by means of this software, and prints how each way is refused. */
export async function showRefusals(log: AuditLog, entry: AuditEntry): Promise<void> {
  const attempts = {
    'log.update(entry)': () => call(log, 'update'),
    'log.delete(entry)': () => call(log, 'delete'),
    "entry.user = 'me'": () => Object.assign(entry, { user: 'me' }),
    'entry.metadata.x = 1': () => Object.assign(entry.metadata, { x: 1 }),
  }
  const rows: string[][] = []
  for (const [what, attempt] of Object.entries(attempts)) rows.push([what, await refusalOf(what, attempt)])
  table([{ title: 'attempt' }, { title: 'refused', fills: true }], rows)
}

function call(log: AuditLog, method: string): unknown {
  if (!(method in log)) throw new TypeError('the log has no such method')
  return Reflect.get(log, method)
}
