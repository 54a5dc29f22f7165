import type { ReceiptOffer } from './contract.ts'
import type { ViewSource } from './source.ts'

/** Whether receipts can be made, and towards what. */
export function receiptOffer({ checkpoint, signer }: ViewSource): ReceiptOffer {
  if (checkpoint !== undefined || signer) return { isPossible: true }
  return {
    isPossible: false,
    reason:
      'A receipt ends at a signed checkpoint, and none is at hand. Start `audit view` with --checkpoint FILE; `audit checkpoint` makes one.',
  }
}

/** The receipt of an entry (C2SP tlog-proof): towards a new checkpoint if there is a key, else towards the one at hand. */
export function makeReceipt({ log, signer, checkpoint }: ViewSource, entryId: string): Promise<string> {
  return log.prove(entryId, signer ? {} : { checkpoint })
}
