import type { AuditEntry, AuditLog } from '@audit/core'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'

/**
 * The entry with an id, or with an index.
 *
 * @throws CommandError if there is none.
 */
export async function findEntry({ signal }: Context, log: AuditLog, given: string): Promise<AuditEntry> {
  const entry = await log.get(given)
  if (entry) return entry
  if (/^\d{1,15}$/.test(given)) {
    const start = Number(given)
    for await (const found of log.entries({ start, end: start + 1, signal })) return found
  }
  throw new CommandError(`there is no entry ${given}; give its id or its index, as audit query prints them`)
}
