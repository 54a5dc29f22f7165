import {
  type AuditError,
  flagFrom,
  type IndexingProgress,
  invalidOptions,
  metadataIndexesFrom,
  optionsOf,
} from '@audit/core/backend'
import type pg from 'pg'

/** What `new PostgresBackend` takes: a pool, or how to connect. */
export interface PostgresBackendOptions {
  /** A pool of the application. The backend uses it and never closes it. */
  readonly pool?: pg.Pool
  /** `postgres://user:password@host:port/database`. The backend then creates its own pool, and closes it. */
  readonly connectionString?: string
  /**
   * Which log of the database. Each has its own indexes from 0 on and its own tree. 1 to 200 characters, none of them
   * a control character. Default: `'default'`.
   */
  readonly log?: string
  /**
   * A pool on a replica, which then answers all queries. It may lag: an entry that was just recorded may not be found
   * yet. Default: `pool` answers queries too.
   */
  readonly replica?: pg.Pool
  /**
   * With `true`, nothing changes, and PostgreSQL enforces it: each statement runs in a read-only transaction. The log must
   * exist; `migrate` and `record` reject with `AUDIT_READ_ONLY`. Works on a standby, and for a role that may only read.
   * Default: `false`.
   */
  readonly readOnly?: boolean
  /**
   * Keys on the top level of the metadata by whose values entries are found at once. `migrate` and `open` create an index
   * for each, unless it exists, the role may not create it, or nothing may change. Queries scan where it is missing.
   * Default: none.
   */
  readonly metadataIndexes?: readonly string[]
  /** Is told how far the creation of an index is, at least when it begins and when it ends. Default: nobody is. */
  readonly onIndexing?: (progress: IndexingProgress) => void
}

const KEYS = [
  'pool',
  'connectionString',
  'log',
  'replica',
  'readOnly',
  'metadataIndexes',
  'onIndexing',
] as const satisfies readonly (keyof PostgresBackendOptions)[]
const OWNER = 'PostgresBackend'
const LOG_NAME = /^\P{Cc}{1,200}$/u
const DEFAULT_LOG = 'default'

/** The checked options. */
export interface CheckedOptions {
  readonly pool: pg.Pool | undefined
  readonly connectionString: string | undefined
  readonly log: string
  readonly replica: pg.Pool | undefined
  readonly readOnly: boolean
  readonly metadataIndexes: readonly string[]
  readonly onIndexing: (progress: IndexingProgress) => void
}

/** Checks the options. Throws AuditError `AUDIT_INVALID_OPTIONS`, whose message never contains the connection string. */
export function checkOptions(options: unknown): CheckedOptions {
  const given = optionsOf(options, KEYS, OWNER)
  const { pool, connectionString, replica, metadataIndexes, onIndexing = () => {} } = given
  const log = 'log' in given ? given.log : DEFAULT_LOG // `undefined` would record into another log than was meant
  const readOnly = flagFrom(given, 'readOnly', OWNER)
  if ((pool === undefined) === (connectionString === undefined)) {
    throw invalid('give either a pool or a connectionString')
  }
  if (pool !== undefined) checkPool('pool', pool)
  if (replica !== undefined) checkPool('replica', replica)
  if (connectionString !== undefined && !isConnectionString(connectionString)) {
    throw invalid('connectionString must be like postgres://user:password@host:port/database')
  }
  if (typeof log !== 'string' || !log.isWellFormed() || !LOG_NAME.test(log)) {
    throw invalid('log must be a name of 1 to 200 characters, without control characters')
  }
  if (!isCallback(onIndexing)) throw invalid('onIndexing must be a function')
  const keys = metadataIndexesFrom(metadataIndexes, OWNER)
  return { pool, connectionString, log, replica, readOnly, metadataIndexes: keys, onIndexing }
}

function isCallback(value: unknown): value is CheckedOptions['onIndexing'] {
  return typeof value === 'function'
}

function checkPool(name: string, value: unknown): asserts value is pg.Pool {
  const isPool = typeof value === 'object' && value !== null && 'Client' in value && 'options' in value
  // This says whether a connection is in a transaction; the client on libpq does not have it.
  const client: unknown = isPool && typeof value.Client === 'function' ? value.Client.prototype : undefined
  if (typeof client !== 'object' || client === null || !('getTransactionStatus' in client)) {
    throw invalid(`${name} must be a Pool of the package pg, version 8.23 or newer, and not of pg.native`)
  }
  const { options }: { readonly options?: unknown } = Object(value)
  if (typeof options === 'object' && options !== null && 'binary' in options && options.binary) {
    throw invalid(`${name} must not have the option binary, which changes how values are written`)
  }
}

function isConnectionString(value: unknown): value is string {
  return typeof value === 'string' && /^postgres(ql)?:\/\//.test(value) && URL.canParse(value)
}

function invalid(reason: string): AuditError {
  return invalidOptions(OWNER, reason)
}
