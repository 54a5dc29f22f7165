import { AuditError } from '@audit/core'
import type pg from 'pg'

/** What `new PostgresBackend` takes: a pool, or how to connect. */
export interface PostgresBackendOptions {
  /** A pool that the application has. It is used, and never closed. */
  readonly pool?: pg.Pool
  /** `postgres://user:password@host:port/database`. The backend then makes a pool of its own, and closes it. */
  readonly connectionString?: string
  /**
   * Which log of the database. Each has its own indexes from 0 on and its own tree. 1 to 200 characters, none of them
   * a control character. Default: `'default'`.
   */
  readonly log?: string
  /**
   * A pool on a replica, which then answers all queries. It may lag: an entry that was just recorded may not be found
   * yet. Default: the queries go where the entries go.
   */
  readonly replica?: pg.Pool
}

const KEYS: readonly string[] = [
  'pool',
  'connectionString',
  'log',
  'replica',
] satisfies (keyof PostgresBackendOptions)[]
const LOG_NAME = /^\P{Cc}{1,200}$/u

/** Throws an AuditError `AUDIT_INVALID_OPTIONS` unless these are options. No message repeats a connection string. */
export function checkOptions(given: unknown): asserts given is PostgresBackendOptions {
  if (typeof given !== 'object' || given === null) throw invalid('give { pool } or { connectionString }')
  for (const key of Object.keys(given)) {
    if (!KEYS.includes(key)) {
      throw invalid(`unknown option ${JSON.stringify(key)}; there are ${KEYS.join(', ')}`)
    }
  }
  const { pool, connectionString, log, replica }: Partial<Record<keyof PostgresBackendOptions, unknown>> =
    given
  if ((pool === undefined) === (connectionString === undefined)) {
    throw invalid('give either a pool or a connectionString')
  }
  if (pool !== undefined) checkPool('pool', pool)
  if (replica !== undefined) checkPool('replica', replica)
  if (connectionString !== undefined && !isConnectionString(connectionString)) {
    throw invalid('connectionString must be like postgres://user:password@host:port/database')
  }
  if (log !== undefined && !(typeof log === 'string' && log.isWellFormed() && LOG_NAME.test(log))) {
    throw invalid('log must be a name of 1 to 200 characters, without control characters')
  }
}

function checkPool(name: string, value: unknown): void {
  const isPool = typeof value === 'object' && value !== null && 'Client' in value && 'options' in value
  // What tells whether a connection is in the middle of a transaction; the client on libpq does not.
  const client: unknown = isPool && typeof value.Client === 'function' ? value.Client.prototype : undefined
  if (typeof client !== 'object' || client === null || !('getTransactionStatus' in client)) {
    throw invalid(
      `${name} must be a Pool of the package pg, of its version 8.23 or newer, and not of pg.native`,
    )
  }
  const { options }: { readonly options?: unknown } = Object(value)
  if (typeof options === 'object' && options !== null && 'binary' in options && options.binary) {
    throw invalid(`${name} must not have the option binary, which changes how values are written`)
  }
}

function isConnectionString(value: unknown): boolean {
  return typeof value === 'string' && /^postgres(ql)?:\/\//.test(value) && URL.canParse(value)
}

function invalid(reason: string): AuditError {
  return new AuditError('AUDIT_INVALID_OPTIONS', `PostgresBackend: ${reason}`)
}
