import type { AuditEntry, AuditLog } from '@audit/core'
import { KEYS } from './metadata-keys.ts'

/**
 * The intents that no later entry is about, oldest first. An end comes after its intent, so one pass is enough, and only
 * what is open is held.
 *
 * @param running ids of intents to leave out.
 */
export async function openIntents(
  log: Pick<AuditLog, 'entries'>,
  running: ReadonlySet<string | undefined>,
): Promise<readonly AuditEntry[]> {
  const open = new Map<string, AuditEntry>()
  for await (const entry of log.entries()) {
    const about = entry.metadata[KEYS.about]
    if (entry.metadata[KEYS.intent] === true) open.set(entry.entryId, entry)
    else if (typeof about === 'string' && entry.metadata[KEYS.status] !== undefined) open.delete(about)
  }
  return [...open.values()].filter(({ entryId }) => !running.has(entryId))
}
