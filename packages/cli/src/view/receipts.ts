import { type AuditEntry, AuditError } from '@audit/core'
import { encodeLine, leafHash } from '@audit/core/backend'
import type { ReceiptOffer } from './contract.ts'
import type { ViewSource } from './source.ts'

/** Whether receipts can be made. */
export function receiptOffer({ anchor }: ViewSource): ReceiptOffer {
  if (anchor) return { isPossible: true }
  return {
    isPossible: false,
    reason:
      'A receipt leads to a signed checkpoint, and none is at hand. Make one with audit checkpoint, and start audit view with --checkpoint and --key.',
  }
}

/** The receipt of an entry, as `audit prove` writes it. Throws what `log.prove` throws. */
export async function makeReceipt({ log, backend, anchor }: ViewSource, entry: AuditEntry): Promise<string> {
  const stored = await backend.leafHashes(entry.index, entry.index + 1)
  if (!Buffer.from(stored).equals(leafHash(encodeLine(entry)))) {
    throw new AuditError('AUDIT_CORRUPT', `entry ${entry.index} does not match its stored hash; verify the log`)
  }
  const proof = await log.prove(entry.entryId, { checkpoint: anchor?.text })
  return `${JSON.stringify({ entry, proof })}\n`
}
