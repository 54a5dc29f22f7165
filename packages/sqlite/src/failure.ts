import { AuditError, type AuditErrorCode } from '@audit/core'

const BUSY = /^SQLITE_(BUSY|LOCKED|PROTOCOL)/
const READ_ONLY = /^SQLITE_READONLY$/
const CORRUPT = /^SQLITE_(CORRUPT|NOTADB|IOERR_CORRUPTFS)/

/** Says what an error of SQLite or of the system means for the log: `code` and `message`, unless it means busy or corrupt. */
export function auditErrorOf(error: unknown, code: AuditErrorCode, message: string): AuditError {
  if (error instanceof AuditError) return error
  const reason = codeOf(error) ?? ''
  if (BUSY.test(reason)) {
    return new AuditError('AUDIT_BUSY', 'another process has held the log locked for too long; try again', {
      cause: error,
    })
  }
  if (CORRUPT.test(reason)) {
    return new AuditError(
      'AUDIT_CORRUPT',
      'the file is damaged; keep a copy of it as it is, then restore a backup, or see `PRAGMA integrity_check`',
      { cause: error },
    )
  }
  if (READ_ONLY.test(reason) && code === 'AUDIT_OPEN_FAILED') {
    return new AuditError(
      code,
      `${message}: the file and its folder must be writable; to read only, open it with readOnly: true`,
      { cause: error },
    )
  }
  return AuditError.wrap(error, code, message)
}

/** The error for a file that is not a log of this format; it was left unchanged. */
export function unsupported(reason: string, cause?: unknown): AuditError {
  return new AuditError(
    'AUDIT_UNSUPPORTED_FORMAT',
    `the file is not an audit log that can be opened: ${reason}`,
    {
      cause,
    },
  )
}

/** Node's own SQLite has numbers where better-sqlite3 has names. */
const NAMES: Readonly<Record<number, string>> = {
  5: 'SQLITE_BUSY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  26: 'SQLITE_NOTADB',
}

/** The stable code of an error of the system or of SQLite: `ENOENT`, `SQLITE_FULL`. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')
    return NAMES[error.errcode & 0xff] ?? 'SQLITE_ERROR'
  return typeof code === 'string' ? code : undefined
}
