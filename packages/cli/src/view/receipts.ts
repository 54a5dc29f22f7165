import type { AuditEntry } from '@audit/core'
import { receiptOf } from '../receipt/make-receipt.ts'
import type { ReceiptOffer } from './contract.ts'
import { newestAnchor, type ViewSource } from './source.ts'

/** Whether receipts can be made. */
export function receiptOffer({ anchors }: ViewSource): ReceiptOffer {
  if (newestAnchor(anchors)) return { isPossible: true }
  return {
    isPossible: false,
    reason:
      'A receipt leads to a signed checkpoint, and none is at hand. Make one with audit checkpoint, and start audit view with --checkpoint and --key.',
  }
}

/** The receipt of an entry, as `audit prove` writes it. Throws what `receiptOf` throws. */
export async function makeReceipt({ log, backend, anchors }: ViewSource, entry: AuditEntry): Promise<string> {
  return `${await receiptOf({ log, backend }, entry, newestAnchor(anchors)?.text)}\n`
}
