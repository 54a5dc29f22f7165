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
  running: ReadonlySet<string | undefined> = new Set(),
): Promise<readonly AuditEntry[]> {
  const open = new Map<string, AuditEntry>()
  for await (const entry of log.entries()) {
    const { [KEYS.about]: about, [KEYS.intent]: isIntent, [KEYS.status]: status } = entry.metadata
    if (typeof about === 'string' && status !== undefined) open.delete(about)
    else if (isIntent === true) open.set(entry.entryId, entry)
  }
  return [...open.values()].filter(({ entryId }) => !running.has(entryId))
}
