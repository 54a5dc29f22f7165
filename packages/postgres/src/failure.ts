import { AuditError, type AuditErrorCode } from '@audit/core'

// PostgreSQL, appendix A: error codes.
const REASONS: readonly (readonly [pattern: RegExp, code: AuditErrorCode, advice: string])[] = [
  [/^28/, 'AUDIT_OPEN_FAILED', 'the server refuses this user or password'],
  [/^3D000$/, 'AUDIT_OPEN_FAILED', 'the server has no database of this name'],
  [
    /^(3F000|42P01|42883)$/,
    'AUDIT_OPEN_FAILED',
    'the tables are missing: call migrate(), or run migrationSql()',
  ],
  [/^AU002$/, 'AUDIT_OPEN_FAILED', 'there is no log of this name: call migrate(), or run migrationSql()'],
  [/^(55P03|57014|53300)$/, 'AUDIT_BUSY', 'the server or the log was busy for too long; try again'],
  [/^XX00[12]$/, 'AUDIT_CORRUPT', 'the server says that its data is damaged'],
]

/** Says what an error of the server or the connection means for the log; `code` and `message` where it says nothing special. */
export function auditErrorOf(error: unknown, code: AuditErrorCode, message: string): AuditError {
  if (error instanceof AuditError) return error
  const state = stateOf(error) ?? ''
  const [, known, advice] = REASONS.find(([pattern]) => pattern.test(state)) ?? []
  if (known && advice) return new AuditError(known, advice, { cause: error })
  if (isPoolTimeout(error)) {
    return new AuditError('AUDIT_BUSY', 'no connection of the pool was free in time; try again', {
      cause: error,
    })
  }
  return AuditError.wrap(error, code, message)
}

/** The SQLSTATE of the server's error, or the code of the system's: `40001`, `ECONNREFUSED`. */
export function stateOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/**
 * Whether the server rolled the transaction back for the sake of another one, so that it may be sent again. Under a
 * stricter isolation than READ COMMITTED the index is taken from before the lock, and then collides.
 */
export function isRolledBack(error: unknown): boolean {
  const state = stateOf(error) ?? ''
  if (state !== '23505') return /^40(001|P01)$/.test(state)
  return error instanceof Error && 'constraint' in error && error.constraint === 'entries_pkey'
}

/**
 * Whether the connection broke while the server worked, so that nobody knows whether it committed. An error that the
 * server itself sent about a statement, on a connection that stays, is none of these.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  if (error instanceof AuditError) return false
  const state = stateOf(error)
  if (state === undefined) return !isPoolTimeout(error) // pg's own: the connection ended
  return /^(57P0[1-5]|08...|40003|E[A-Z_]+)$/.test(state)
}

function isPoolTimeout(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('timeout exceeded when trying to connect')
}
