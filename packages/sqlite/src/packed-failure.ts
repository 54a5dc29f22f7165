import { AuditError, type AuditErrorCode } from '@audit/core/backend'
import { codeOf } from './failure.ts'

/** An `AuditError` in transit between threads, which would lose its class and extra properties. */
export interface PackedFailure {
  readonly code: AuditErrorCode
  readonly message: string
  readonly cause?: { readonly name: string; readonly message: string; readonly code?: string }
}

/** Packs an error to send it to another thread. */
export function packFailure({ code, message, cause }: AuditError): PackedFailure {
  if (!(cause instanceof Error)) return { code, message }
  const causeCode = codeOf(cause)
  return {
    code,
    message,
    cause: { name: cause.name, message: cause.message, ...(causeCode !== undefined && { code: causeCode }) },
  }
}

/** Restores the error in the other thread. */
export function unpackFailure({ code, message, cause }: PackedFailure): AuditError {
  if (!cause) return new AuditError(code, message)
  const { message: reason, ...rest } = cause
  return new AuditError(code, message, { cause: Object.assign(new Error(reason), rest) })
}
