import { AuditError } from '@audit/core'

/**
 * The error that an application meets when a call could not be recorded. It has no cause: SDKs look into causes, and would
 * take an aborted or failed connection of the log for one of theirs, and send a request again that was billed.
 */
export function auditFailure(error: unknown): AuditError {
  const { code, message, entryId } = wrapped(error)
  return notRetryable(new AuditError(code, message, entryId === undefined ? {} : { entryId }))
}

/** A log of the application's own may reject with anything, also with what has no text. */
function wrapped(error: unknown): AuditError {
  const message = 'the call was not recorded'
  try {
    return AuditError.wrap(error, 'AUDIT_WRITE_FAILED', message)
  } catch {
    return new AuditError('AUDIT_WRITE_FAILED', `${message}: the log rejected with what cannot be shown`)
  }
}

const RETRYABLE = Symbol.for('langchain.errors.retryable')

/** Tells LangChain that it must not send a request again. Otherwise it sends one up to six times more, and each is billed. */
export function notRetryable(error: AuditError): AuditError {
  return Object.defineProperty(error, RETRYABLE, { value: false })
}
