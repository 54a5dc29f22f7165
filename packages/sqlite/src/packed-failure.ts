import { AuditError, type AuditErrorCode } from '@audit/core/backend'
import { codeOf } from './failure.ts'

/** An `AuditError` on its way between threads, where a class and its extra properties would be lost. */
export interface PackedFailure {
  readonly code: AuditErrorCode
  readonly message: string
  readonly cause?: { readonly name: string; readonly message: string; readonly code?: string }
}

/** Makes an error ready to cross to another thread. */
export function packFailure({ code, message, cause }: AuditError): PackedFailure {
  if (!(cause instanceof Error)) return { code, message }
  const causeCode = codeOf(cause)
  return {
    code,
    message,
    cause: { name: cause.name, message: cause.message, ...(causeCode !== undefined && { code: causeCode }) },
  }
}

/** Makes the error again on the other side. */
export function unpackFailure({ code, message, cause }: PackedFailure): AuditError {
  if (!cause) return new AuditError(code, message)
  const { message: reason, ...rest } = cause
  return new AuditError(code, message, { cause: Object.assign(new Error(reason), rest) })
}
