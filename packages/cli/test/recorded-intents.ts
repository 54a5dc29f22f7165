import type { AuditEntry, AuditLog } from '@audit/core'

/**
 * Records what a capture with intents does for three calls: one that ends, one that another entry records, so that a short
 * entry ends its intent, and one whose process dies. Returns the intent of the last.
 */
export async function recordWithIntents(log: AuditLog): Promise<AuditEntry> {
  const asked = { model: 'm', inputText: 'Hi', outputText: '' }
  const intent = { 'audit.intent': true, 'audit.status': 'unfinished' }
  const about = ({ entryId }: AuditEntry) => ({ 'audit.about': entryId, 'audit.status': 'ok' })
  const first = await log.record({ ...asked, user: 'alice', metadata: intent })
  await log.record({ ...asked, user: 'alice', costUsd: 0.1, metadata: about(first) })
  const second = await log.record({ ...asked, user: 'bob', metadata: intent })
  await log.record({ ...asked, user: 'bob', costUsd: 0.2, metadata: { 'audit.status': 'ok' } })
  await log.record({ ...asked, user: 'bob', metadata: { ...intent, ...about(second) } })
  return log.record({ ...asked, user: 'bob', metadata: intent })
}
