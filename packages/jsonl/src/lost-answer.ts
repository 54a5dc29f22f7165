import { AuditError } from '@audit/core'

/**
 * What became of a batch whose answer was lost, as its thread died.
 *
 * @param indexes where its entries are in the log now.
 * @returns the index of the first, when all are there.
 * @throws AuditError `AUDIT_WRITE_FAILED` when none is there; `AUDIT_OUTCOME_UNKNOWN` when only some are.
 */
export function outcomeOf(indexes: readonly (number | undefined)[], death: unknown): number {
  const [first] = indexes
  if (first !== undefined && indexes.every((index, i) => index === first + i)) return first
  if (indexes.every(index => index === undefined)) {
    throw new AuditError('AUDIT_WRITE_FAILED', "nothing was stored: the log's thread has died", {
      cause: death,
    })
  }
  throw unknownOutcome('some entries of the batch were stored', death)
}

/** The error for entries of which nobody can say whether they are stored. */
export function unknownOutcome(reason: string, cause: unknown): AuditError {
  const message = `the log's thread has died, and ${reason}: ask \`get\` before recording an entry again`
  return new AuditError('AUDIT_OUTCOME_UNKNOWN', message, { cause })
}
