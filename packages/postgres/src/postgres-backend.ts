import {
  type AuditBackend,
  type AuditErrorCode,
  type Finding,
  type IndexingProgress,
  type Leaf,
  LifeCycle,
  type Page,
  type Selection,
  type SubtreeStore,
  type SummaryPart,
  type SummaryRequest,
} from '@audit/core/backend'
import pg from 'pg'
import { Database } from './database.ts'
import { auditErrorOf } from './failure.ts'
import { buildIndexes, noIndexBuilding } from './index-building.ts'
import { inspect } from './inspection.ts'
import { LogReader } from './log-reader.ts'
import { LogWriter } from './log-writer.ts'
import { MetadataIndexes } from './metadata-indexes.ts'
import { migrate } from './migration.ts'
import { checkOptions, type PostgresBackendOptions } from './options.ts'
import { checkLog, checkServer } from './server-check.ts'
import { LogSummary } from './summary.ts'
import { TreeReader } from './tree-reader.ts'

/** How long a call waits for a connection of the backend's own pool. */
const CONNECT_TIMEOUT_MS = 30_000

/**
 * Stores a log in a PostgreSQL database, for any number of processes and machines at once. Acknowledged entries are
 * committed. Call `migrate()` once before the first use of a log.
 *
 * @example
 * const backend = new PostgresBackend({ pool, log: 'chat' })
 * await backend.migrate()
 * const log = new AuditLog({ backend })
 */
export class PostgresBackend implements AuditBackend {
  readonly supports = Object.freeze({ persistence: true, sharing: true })
  readonly subtrees: SubtreeStore
  readonly isReadOnly: boolean
  readonly #log: string
  readonly #pool: pg.Pool
  readonly #ownsPool: boolean
  readonly #database: Database
  readonly #replica: Database | undefined
  readonly #writer: LogWriter
  readonly #reader: LogReader
  readonly #tree: TreeReader
  readonly #summary: LogSummary
  readonly #life: LifeCycle
  readonly #indexes: MetadataIndexes
  readonly #replicaIndexes: MetadataIndexes | undefined
  readonly #onIndexing: (progress: IndexingProgress) => void

  /** @throws AuditError `AUDIT_INVALID_OPTIONS`. Connects to nothing yet. */
  constructor(options: PostgresBackendOptions) {
    const { pool, connectionString, log, replica, readOnly, metadataIndexes, onIndexing } =
      checkOptions(options)
    this.isReadOnly = readOnly
    this.#life = new LifeCycle(readOnly)
    this.#log = log
    this.#ownsPool = pool === undefined
    this.#pool = pool ?? newPool(connectionString)
    this.#database = new Database(this.#pool, readOnly)
    this.#replica = replica && new Database(replica, readOnly)
    this.#writer = new LogWriter(this.#pool, log)
    this.#indexes = new MetadataIndexes(this.#database, metadataIndexes)
    this.#replicaIndexes = this.#replica && new MetadataIndexes(this.#replica, metadataIndexes)
    this.#onIndexing = onIndexing
    this.#reader = new LogReader(this.#replica ?? this.#database, log, this.#replicaIndexes ?? this.#indexes)
    this.#tree = new TreeReader(this.#replica ?? this.#database, log)
    this.#summary = new LogSummary(this.#replica ?? this.#database, log, this.#reader)
    this.subtrees = {
      read: (level, start, end) => this.#read(() => this.#tree.roots(level, start, end)),
      write: (level, start, hashes) => this.#write(() => this.#writer.keepRoots(level, start, hashes)),
    }
  }

  /**
   * Creates the schema `audit` with its tables, this log in it, and the indexes of `metadataIndexes`. You can call it again. It needs permission to create
   * schemas; without it, have somebody run `migrationSql`.
   *
   * @throws AuditError `AUDIT_OPEN_FAILED`; `AUDIT_UNSUPPORTED_FORMAT` for tables of a newer version, or if the schema holds
   *   something else, which is left unchanged; `AUDIT_BUSY` if others hold a lock for longer than `lock_timeout`, or else
   *   30 seconds; `AUDIT_READ_ONLY`.
   */
  migrate(): Promise<void> {
    return this.#life.runUnopened(() =>
      attempt('AUDIT_OPEN_FAILED', 'the tables could not be created', async () => {
        await checkServer(this.#database)
        await noIndexBuilding(this.#pool)
        await migrate(this.#pool, this.#log)
        await buildIndexes(this.#pool, this.#indexes, this.#onIndexing)
      }),
    )
  }

  /**
   * Connects, checks that the tables and the log exist, and creates missing indexes of `metadataIndexes`.
   *
   * @throws AuditError `AUDIT_OPEN_FAILED` if the server cannot be reached or refuses the connection, if the tables or the
   *   log are missing, or if the server is older than 14, does not sync its disk, or its database is not UTF-8;
   *   `AUDIT_UNSUPPORTED_FORMAT` for tables of a newer version or of somebody else; `AUDIT_BUSY`.
   */
  open(): Promise<void> {
    return this.#life.open(() =>
      attempt('AUDIT_OPEN_FAILED', 'the log could not be opened', async () => {
        await checkServer(this.#database)
        await checkLog(this.#database, this.#log)
        if (this.#replica) await checkServer(this.#replica)
        if (!this.isReadOnly) await buildIndexes(this.#pool, this.#indexes, this.#onIndexing)
      }),
    )
  }

  /**
   * Appends the leaves and resolves once they are committed. If the connection breaks meanwhile, it finds out whether they
   * were.
   *
   * @throws AuditError `AUDIT_WRITE_FAILED`; `AUDIT_BUSY` if the log was locked, or no connection free, for 30 seconds;
   *   `AUDIT_READ_ONLY`. In all these cases, nothing was stored. `AUDIT_OUTCOME_UNKNOWN` if the server stayed unreachable
   *   for a minute.
   */
  append(leaves: readonly Leaf[]): Promise<number> {
    return this.#write(() => this.#writer.append(leaves))
  }

  size(): Promise<number> {
    return this.#read(() => this.#tree.size())
  }

  read(start: number, end: number): Promise<Page> {
    return this.#read(() => this.#reader.read(start, end))
  }

  find(selection: Selection): Promise<Page> {
    return this.#read(() => this.#reader.find(selection))
  }

  count(selection: Selection): Promise<number> {
    return this.#read(() => this.#reader.count(selection))
  }

  /** Sums up on the server what it can add up exactly. */
  summarize(request: SummaryRequest): Promise<readonly SummaryPart[]> {
    return this.#read(() => this.#summary.parts(request))
  }

  leafHashes(start: number, end: number): Promise<Uint8Array> {
    return this.#read(() => this.#tree.leafHashes(start, end))
  }

  /** Reports objects of the schema that are missing, changed or added, and rows before index 0. */
  inspect(): Promise<readonly Finding[]> {
    return this.#read(() => inspect(this.#pool, this.#log))
  }

  /** Waits for pending calls. Leaves the application's pool open. */
  close(): Promise<void> {
    return this.#life.close(async () => {
      if (this.#ownsPool) await this.#pool.end()
    })
  }

  #read<T>(operation: () => Promise<T>): Promise<T> {
    return this.#life.run(() => attempt('AUDIT_READ_FAILED', 'the log could not be read', operation))
  }

  #write<T>(operation: () => Promise<T>): Promise<T> {
    return this.#life.write(() => attempt('AUDIT_WRITE_FAILED', 'nothing was stored', operation))
  }
}

async function attempt<T>(code: AuditErrorCode, message: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    throw auditErrorOf(error, code, message)
  }
}

function newPool(connectionString: string | undefined): pg.Pool {
  const pool = new pg.Pool({
    ...(connectionString !== undefined && { connectionString }),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    allowExitOnIdle: true,
  })
  pool.on('error', () => {}) // the next call replaces a broken idle connection
  return pool
}
