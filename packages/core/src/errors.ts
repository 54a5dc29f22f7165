/** What went wrong, for a program to act on. Codes are stable; messages are for people and may change. */
export const ERROR_CODES = {
  AUDIT_INVALID_ENTRY:
    'something that is not an entry was passed, or returned by `prepare`; nothing was stored',
  AUDIT_INVALID_QUERY: 'a query, a filter or a range is invalid',
  AUDIT_INVALID_OPTIONS: 'an option or an argument is unknown, or cannot be used',
  AUDIT_CLOSED: 'the log or the backend is not open: `close()` was called, or `open()` was not',
  AUDIT_OPEN_FAILED: 'the log cannot be opened: a missing folder, a folder in its place, no permission',
  AUDIT_UNSUPPORTED_FORMAT:
    'the file is something else, or was written by a newer version; it was left unchanged',
  AUDIT_WRITE_FAILED: 'the entries of this write were not stored; recording them again makes no duplicate',
  AUDIT_READ_ONLY: 'the log was opened with `readOnly: true`; nothing was stored',
  AUDIT_OVERLOADED:
    'more bytes are waiting than `maxPendingBytes` allows; this entry was not stored, so record it later',
  AUDIT_READ_FAILED: 'the store could not be read',
  AUDIT_BUSY: "another process held the log's lock for too long; nothing was stored",
  AUDIT_OUTCOME_UNKNOWN:
    'the store could not be asked whether the entry was stored; look with `get(error.entryId)` once it can',
  AUDIT_CORRUPT: 'the stored log differs from what was written',
  AUDIT_NOT_FOUND: 'there is no entry with this id, or no tile of this size yet',
  AUDIT_INVALID_KEY: 'the text is not a key, or the kind of key is unknown',
  AUDIT_SIGNING_FAILED: 'the signer threw, or did not return a signature of its key',
  AUDIT_INVALID_NOTE: 'the text is not a signed note (C2SP signed-note)',
  AUDIT_INVALID_CHECKPOINT: 'the signed text is not a checkpoint (C2SP tlog-checkpoint)',
  AUDIT_INVALID_PROOF: 'the text is not a proof (C2SP tlog-proof)',
  AUDIT_UNKNOWN_KEY: 'the note has no signature by a key that must have signed it',
  AUDIT_BAD_SIGNATURE: 'a signature by a known key is false: the text or the signature was changed',
  AUDIT_WRONG_LOG: 'the checkpoint belongs to another log',
  AUDIT_NOT_INCLUDED:
    'the proof does not prove this entry: the entry was changed, came after the checkpoint, or the proof belongs to another one',
  AUDIT_NOT_CONSISTENT: 'the log does not continue the older checkpoint: entries were changed or removed',
  AUDIT_BUDGET_EXCEEDED: 'a scope of a `CostTracker` (`@audit/cost`) has cost more than its budget',
  AUDIT_UNRECORDED_CALL:
    'a request to a provider of models would have gone past every integration (`@audit/capture`); it was not sent',
} as const

/** A key of `ERROR_CODES`. */
export type AuditErrorCode = keyof typeof ERROR_CODES

const BRAND = Symbol.for('@audit/core/AuditError')

/**
 * The one error that this package and its backends throw. Act on `code`; show `message`, which says what to do.
 *
 * @example
 * try { await log.record(input) } catch (error) {
 *   if (error instanceof AuditError && error.code === 'AUDIT_BUSY') await retryLater(input)
 *   else throw error
 * }
 */
export class AuditError extends Error {
  /** Whether a value is an `AuditError`, including one from another copy of this package, such as one inside a bundle. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // A subclass is recognised like any class.
    // biome-ignore lint/complexity/noThisInStatic: the class on the right of `instanceof`, which may be a subclass
    if (this !== AuditError) return Function.prototype[Symbol.hasInstance].call(this, value)
    return typeof value === 'object' && value !== null && BRAND in value
  }

  /** By this, all copies of this package recognise each other's errors. */
  get [BRAND](): true {
    return true
  }
  /** Bundlers rename a class that mentions itself, and Node.js prints this name for an uncaught error. */
  static override readonly name = 'AuditError'
  override readonly name = 'AuditError'
  readonly code: AuditErrorCode
  /** With `AUDIT_OUTCOME_UNKNOWN`: the entry that may have been stored. */
  declare readonly entryId?: string // not an own field, which would be printed with each error

  constructor(
    code: AuditErrorCode,
    message: string,
    { entryId, ...options }: { readonly cause?: unknown; readonly entryId?: string } = {},
  ) {
    super(message, options)
    this.code = code
    if (entryId !== undefined) this.entryId = entryId
  }

  /** Passes an `AuditError` through and wraps anything else, which becomes the `cause`. */
  static wrap(error: unknown, code: AuditErrorCode, message: string): AuditError {
    if (error instanceof AuditError) return error
    const reason = error instanceof Error ? error.message : String(error)
    return new AuditError(code, `${message}: ${reason}`, { cause: error })
  }
}
