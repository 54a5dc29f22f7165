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

/** The error of an answer that is read on after its call was recorded. */
export function tooLate(): AuditError {
  return closed(
    'this call was recorded as unfinished, since nobody read its answer, or drain() was called; what follows would go unrecorded',
  )
}

/** The error of an answer that goes on behind its end. */
export function readOn(): AuditError {
  return closed(
    'the answer went on behind its end, after its call was recorded; what follows would go unrecorded',
  )
}

function closed(message: string): AuditError {
  return notRetryable(new AuditError('AUDIT_CLOSED', message))
}
