import { AuditError } from '@audit/core'

/**
 * The error that an application meets when a call could not be recorded. It has no cause: SDKs look into causes, and would
 * take an aborted or failed connection of the log for one of theirs, and send a request again that was billed.
 */
export function auditFailure(error: unknown): AuditError {
  const { code, message, entryId } = AuditError.wrap(error, 'AUDIT_WRITE_FAILED', 'the call was not recorded')
  return notRetryable(new AuditError(code, message, entryId === undefined ? {} : { entryId }))
}

const RETRYABLE = Symbol.for('langchain.errors.retryable')

/** Tells LangChain that it must not send a request again. Otherwise it sends one up to six times more, and each is billed. */
export function notRetryable(error: AuditError): AuditError {
  return Object.defineProperty(error, RETRYABLE, { value: false })
}
