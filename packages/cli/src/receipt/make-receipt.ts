import { type AuditEntry, AuditError } from '@audit/core'
import { encodeLine, leafHash } from '@audit/core/backend'
import type { OpenLog } from '../log/open-log.ts'

/**
 * The receipt of an entry: `{"entry": …, "proof": …}`.
 *
 * @param checkpoint what the proof leads to; without one, to a new one of the log's signer.
 * @throws AuditError `AUDIT_CORRUPT` for an entry that does not match its stored hash, and what `log.prove` throws.
 */
export async function receiptOf(
  { log, backend }: Pick<OpenLog, 'log' | 'backend'>,
  entry: AuditEntry,
  checkpoint: string | undefined,
): Promise<string> {
  // A proof leads from the stored hash, so it would be made, and prove nothing, of an entry that was changed since.
  const stored = await backend.leafHashes(entry.index, entry.index + 1)
  if (!Buffer.from(stored).equals(leafHash(encodeLine(entry)))) {
    throw new AuditError(
      'AUDIT_CORRUPT',
      `entry ${entry.index} does not match its stored hash; run audit verify`,
    )
  }
  const proof = await log.prove(entry.entryId, { checkpoint })
  return JSON.stringify({ entry, proof })
}
