import { AuditError, type AuditErrorCode } from '@audit/core'
import { LeftInTransaction } from './connection.ts'
import { FALSE_ROOT, FOREIGN_SCHEMA, NEWER_FORMAT, NO_SUCH_LOG, OTHER_ENCODING } from './sql/sql-states.ts'

const MIGRATE = 'call migrate(), or run migrationSql()'

/** By SQLSTATE (PostgreSQL, appendix A). */
const REASONS: readonly (readonly [states: RegExp, code: AuditErrorCode, advice: string])[] = [
  [/^28...$/, 'AUDIT_OPEN_FAILED', 'the server refuses this user or password'],
  [/^3D000$/, 'AUDIT_OPEN_FAILED', 'the server has no database of this name'],
  [/^(3F000|42P01|42883)$/, 'AUDIT_OPEN_FAILED', `the tables are missing: ${MIGRATE}`],
  [RegExp(`^${NO_SUCH_LOG}$`), 'AUDIT_OPEN_FAILED', `there is no log of this name: ${MIGRATE}`],
  [
    RegExp(`^${NEWER_FORMAT}$`),
    'AUDIT_UNSUPPORTED_FORMAT',
    'the tables were made by a newer version of this package: update it',
  ],
  [
    RegExp(`^${FOREIGN_SCHEMA}$`),
    'AUDIT_UNSUPPORTED_FORMAT',
    'the schema audit holds something else under the names of the log, and was left as it is: use another database',
  ],
  [
    RegExp(`^${FALSE_ROOT}$`),
    'AUDIT_CORRUPT',
    'a subtree root is not that of the leaf hashes that are stored below it; verify() tells which entries differ',
  ],
  [
    /^(55P03|57014|53300|40001|40P01)$/,
    'AUDIT_BUSY',
    'the log or the server was busy for too long; try again',
  ],
  [/^XX00[12]$/, 'AUDIT_CORRUPT', 'the server says that its data is damaged'],
]

/** Says what an error of the server or the connection means for the log: `code` and `message`, unless it means more. */
export function auditErrorOf(error: unknown, code: AuditErrorCode, message: string): AuditError {
  if (error instanceof AuditError) return error
  const state = sqlStateOf(error) ?? ''
  const [, known, advice] = REASONS.find(([states]) => states.test(state)) ?? []
  if (known && advice) return new AuditError(known, advice, { cause: error })
  if (isPoolTimeout(error)) {
    return new AuditError('AUDIT_BUSY', 'no connection of the pool was free in time; try again', {
      cause: error,
    })
  }
  return AuditError.wrap(error, code, message)
}

/** The SQLSTATE of an error that the server sent; `undefined` for an error of the connection, the system or `pg`. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const isState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && code !== 'EPIPE' // EPIPE is the system's
  return isState ? code : undefined
}

/**
 * Whether an error means that the transaction was rolled back: the server sent it about a statement, on a connection that
 * survives. After any other error, the transaction may have been committed.
 */
export function isOutcomeKnown(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state !== undefined && !/^(57P0[1-5]|08...|40003)$/.test(state)
}

/**
 * Whether the server rolled the transaction back in favour of another one, so that it may be sent again. Under a stricter
 * isolation than READ COMMITTED, the index is read as of before the lock, and then collides.
 */
export function isRolledBack(error: unknown): boolean {
  const state = sqlStateOf(error) ?? ''
  if (state !== '23505') return /^40(001|P01)$/.test(state)
  const constraint = error instanceof Error && 'constraint' in error ? error.constraint : undefined
  return typeof constraint === 'string' && /^entries.*_pkey/.test(constraint) // or a partition's
}

/**
 * Whether the session is at fault, and another one may succeed; nothing was stored. It is read-only, like all sessions that
 * began while the server was a standby; or somebody left it in a transaction, or changed its role or its encoding.
 */
export function isSessionSpent(error: unknown): boolean {
  if (error instanceof LeftInTransaction) return true
  return RegExp(`^(25...|42501|${OTHER_ENCODING})$`).test(sqlStateOf(error) ?? '')
}

/** Whether the pool or the server did not answer in time. */
export function isTimeout(error: unknown): boolean {
  if (error instanceof AuditError) return error.code === 'AUDIT_BUSY'
  return isPoolTimeout(error) || (error instanceof Error && error.message === 'Query read timeout')
}

function isPoolTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'timeout exceeded when trying to connect'
}
