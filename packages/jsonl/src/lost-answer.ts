import { AuditError } from '@audit/core'

/**
 * What became of a batch whose answer was lost because its thread died.
 *
 * @param indexes the indexes of its entries that are in the log now.
 * @returns the index of the first, if all are there.
 * @throws AuditError `AUDIT_WRITE_FAILED` if none is there; `AUDIT_OUTCOME_UNKNOWN` if only some are.
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

/** The error for entries that may or may not be stored. */
export function unknownOutcome(reason: string, cause: unknown): AuditError {
  const message = `the log's thread has died, and ${reason}: look for the entry with \`get\` before you record it again`
  return new AuditError('AUDIT_OUTCOME_UNKNOWN', message, { cause })
}
