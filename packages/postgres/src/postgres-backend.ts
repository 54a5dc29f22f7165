import {
  type AuditBackend,
  type AuditEntry,
  AuditError,
  type AuditErrorCode,
  type Finding,
  HASH_BYTES,
  type Leaf,
  matches,
  type Selection,
  type SubtreeStore,
} from '@audit/core'
import pg from 'pg'
import { appendBatch } from './append.ts'
import { auditErrorOf, isRolledBack, stateOf } from './failure.ts'
import { inspect } from './inspection.ts'
import { checkOptions, type PostgresBackendOptions } from './options.ts'
import { entryOf, type Row } from './row.ts'
import { FORMAT_VERSION, migrationSql, OLDEST_SERVER } from './schema.ts'
import { countSql, findSql, ROW_COLUMNS, type Sql } from './selection-sql.ts'

const DEFAULT_LOG = 'default'
/** How long a call waits for a connection of the backend's own pool. */
const CONNECT_TIMEOUT_MS = 30_000
/** Rows that are fetched at once where a metadata filter may refuse some of them. */
const PAGE = 1000
const MIGRATION_TRIES = 5

/**
 * Keeps logs in a PostgreSQL database, for any number of processes and machines at once. What is acknowledged was
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
  readonly #log: string
  readonly #pool: pg.Pool
  readonly #readPool: pg.Pool
  readonly #ownsPool: boolean
  readonly #running = new Set<Promise<unknown>>()
  #isOpen = false
  #closing: Promise<void> | undefined

  /** @throws AuditError `AUDIT_INVALID_OPTIONS`. Connects to nothing yet. */
  constructor(options: PostgresBackendOptions) {
    checkOptions(options)
    this.#log = options.log ?? DEFAULT_LOG
    this.#ownsPool = options.pool === undefined
    this.#pool = options.pool ?? ownPool(options.connectionString)
    this.#readPool = options.replica ?? this.#pool
    this.subtrees = {
      read: (level, start, end) => this.#run('AUDIT_READ_FAILED', () => this.#roots(level, start, end)),
      write: (level, start, hashes) =>
        this.#run('AUDIT_WRITE_FAILED', () => this.#keepRoots(level, start, hashes)),
    }
  }

  /**
   * Creates the schema `audit` with its tables, and this log in it. Doing so again is fine. It needs the right to create
   * schemas; without it, have `migrationSql` run.
   *
   * @throws AuditError `AUDIT_OPEN_FAILED`; `AUDIT_UNSUPPORTED_FORMAT` for tables of a newer version.
   */
  async migrate(): Promise<void> {
    await this.#whileRunning(this.#migrate())
  }

  /**
   * Connects and looks whether the tables and the log are there.
   *
   * @throws AuditError `AUDIT_OPEN_FAILED` when the server cannot be reached or refuses, when the tables or the log are
   *   missing, and for a server older than 14; `AUDIT_UNSUPPORTED_FORMAT` for tables of a newer version; `AUDIT_BUSY`.
   */
  async open(): Promise<void> {
    if (this.#closing) throw closed()
    await this.#whileRunning(this.#check())
    this.#isOpen = true
  }

  /**
   * Appends the leaves and resolves once they are committed. Where the connection breaks in the meantime, it finds out
   * whether they were.
   *
   * @throws AuditError `AUDIT_WRITE_FAILED`; `AUDIT_BUSY` when the log was locked for 30 seconds: nothing was stored;
   *   `AUDIT_OUTCOME_UNKNOWN` when the server could not be asked for a minute whether it was stored.
   */
  append(leaves: readonly Leaf[]): Promise<number> {
    return this.#run('AUDIT_WRITE_FAILED', () => appendBatch(this.#pool, this.#log, leaves))
  }

  size(): Promise<number> {
    return this.#run('AUDIT_READ_FAILED', async () => {
      const text = 'SELECT coalesce(max(index) + 1, 0) AS size FROM audit.entries WHERE log = $1'
      const [row] = await this.#rows<{ size: string }>({ text, values: [this.#log] })
      return Number(row?.size)
    })
  }

  read(start: number, end: number): Promise<AuditEntry[]> {
    return this.#run('AUDIT_READ_FAILED', async () => {
      const text = `SELECT ${ROW_COLUMNS} FROM audit.entries WHERE log = $1 AND index >= $2 AND index < $3 ORDER BY index`
      return (await this.#rows<Row>({ text, values: [this.#log, start, end] })).map(entryOf)
    })
  }

  find(selection: Selection): Promise<AuditEntry[]> {
    return this.#run('AUDIT_READ_FAILED', async () => {
      if (!selection.metadata) return (await this.#rows<Row>(findSql(this.#log, selection))).map(entryOf)
      const found: AuditEntry[] = []
      for await (const page of this.#matching(selection)) for (const entry of page) found.push(entry)
      return found.slice(0, selection.limit)
    })
  }

  count(selection: Selection): Promise<number> {
    return this.#run('AUDIT_READ_FAILED', async () => {
      if (!selection.metadata) {
        const [row] = await this.#rows<{ count: string }>(countSql(this.#log, selection))
        return Number(row?.count)
      }
      let count = 0
      for await (const page of this.#matching(selection)) count += page.length
      return count
    })
  }

  leafHashes(start: number, end: number): Promise<Uint8Array> {
    return this.#run('AUDIT_READ_FAILED', async () => {
      const text = `SELECT string_agg(leaf_hash, ''::bytea ORDER BY index) AS joined
        FROM audit.entries WHERE log = $1 AND index >= $2 AND index < $3`
      const [row] = await this.#rows<{ joined: Buffer | null }>({ text, values: [this.#log, start, end] })
      return new Uint8Array(row?.joined ?? [])
    })
  }

  /** Looks for triggers and functions that are missing, disabled or changed. */
  inspect(): Promise<readonly Finding[]> {
    return this.#run('AUDIT_READ_FAILED', () => inspect(this.#pool))
  }

  /** Waits for what is under way. A pool that was given is left as it is. */
  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  async #finish(): Promise<void> {
    await Promise.allSettled(this.#running)
    if (this.#ownsPool) await this.#pool.end()
  }

  async #migrate(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const client = await this.#connect()
      try {
        await refuseNewer(client)
        await client.query(migrationSql(this.#log))
        return
      } catch (error) {
        await client.query('ROLLBACK').catch(() => {}) // the connection may be gone
        if (isRace(error) && tries < MIGRATION_TRIES) continue
        throw auditErrorOf(error, 'AUDIT_OPEN_FAILED', 'the tables could not be created')
      } finally {
        client.release()
      }
    }
  }

  async #check(): Promise<void> {
    const client = await this.#connect()
    try {
      const { rows } = await client.query<{ version: string; encoding: string }>(
        `SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding`,
      )
      const [server] = rows
      if (Number(server?.version) < OLDEST_SERVER) {
        throw new AuditError('AUDIT_OPEN_FAILED', 'the server is older than PostgreSQL 14; update it')
      }
      if (server?.encoding !== 'UTF8') {
        throw new AuditError(
          'AUDIT_OPEN_FAILED',
          `the database stores ${server?.encoding}; create one with UTF8`,
        )
      }
      await refuseNewer(client)
      const { rowCount } = await client.query('SELECT FROM audit.logs WHERE log = $1', [this.#log])
      if (rowCount === 1) return
      throw new AuditError(
        'AUDIT_OPEN_FAILED',
        `there is no log ${JSON.stringify(this.#log)} in this database: call migrate(), or run migrationSql()`,
      )
    } catch (error) {
      throw auditErrorOf(error, 'AUDIT_OPEN_FAILED', 'the log could not be opened')
    } finally {
      client.release()
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect()
    } catch (error) {
      throw auditErrorOf(error, 'AUDIT_OPEN_FAILED', 'no connection to the database')
    }
  }

  /** The entries of a selection with metadata, page by page: the database narrows down, and core's rule decides. */
  async *#matching(selection: Selection): AsyncGenerator<AuditEntry[], void, undefined> {
    let remaining = selection.limit ?? Number.POSITIVE_INFINITY
    let after = selection.after
    while (remaining > 0) {
      const rows = await this.#rows<Row>(
        findSql(this.#log, { ...selection, limit: PAGE, ...(after && { after }) }),
      )
      const found = rows.map(entryOf).filter(entry => matches(selection, entry))
      yield found
      remaining -= found.length
      const last = rows.at(-1)
      if (!last || rows.length < PAGE) return
      after = { timestamp: last.timestamp, index: Number(last.index) }
    }
  }

  async #roots(level: number, start: number, end: number): Promise<Uint8Array> {
    const text = `SELECT place, root FROM audit.subtrees
      WHERE log = $1 AND level = $2 AND place >= $3 AND place < $4 ORDER BY place`
    const rows = await this.#rows<{ place: string; root: Buffer }>({
      text,
      values: [this.#log, level, start, end],
    })
    const gap = rows.findIndex(({ place }, i) => Number(place) !== start + i)
    return Buffer.concat(rows.slice(0, gap < 0 ? rows.length : gap).map(({ root }) => root))
  }

  async #keepRoots(level: number, start: number, hashes: Uint8Array): Promise<void> {
    const text = `INSERT INTO audit.subtrees
      SELECT $1, $2, $3::bigint + n, substr($4::bytea, n * ${HASH_BYTES} + 1, ${HASH_BYTES})
      FROM generate_series(0, $5::integer - 1) AS n ON CONFLICT DO NOTHING`
    await this.#pool.query(text, [this.#log, level, start, Buffer.from(hashes), hashes.length / HASH_BYTES])
  }

  async #rows<R extends object>({ text, values }: Sql): Promise<R[]> {
    for (;;) {
      try {
        return (await this.#readPool.query<R>(text, [...values])).rows
      } catch (error) {
        if (!isRolledBack(error)) throw error // a replica cancels what is in the way of its recovery
      }
    }
  }

  async #run<T>(
    code: Extract<AuditErrorCode, 'AUDIT_WRITE_FAILED' | 'AUDIT_READ_FAILED'>,
    operation: () => Promise<T>,
  ): Promise<T> {
    if (!this.#isOpen || this.#closing) throw closed()
    try {
      return await this.#whileRunning(operation())
    } catch (error) {
      const what = code === 'AUDIT_WRITE_FAILED' ? 'nothing was stored' : 'the log could not be read'
      throw auditErrorOf(error, code, what)
    }
  }

  async #whileRunning<T>(operation: Promise<T>): Promise<T> {
    this.#running.add(operation)
    try {
      return await operation
    } finally {
      this.#running.delete(operation)
    }
  }
}

function ownPool(connectionString: string | undefined): pg.Pool {
  const pool = new pg.Pool({
    ...(connectionString !== undefined && { connectionString }),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    allowExitOnIdle: true,
  })
  pool.on('error', () => {}) // an idle connection that breaks is replaced by the next call
  return pool
}

async function refuseNewer(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('audit.format') IS NOT NULL AS exists`,
  )
  if (!rows[0]?.exists) return
  const found = await client.query<{ version: number | null }>(
    'SELECT max(version) AS version FROM audit.format',
  )
  const version = found.rows[0]?.version ?? FORMAT_VERSION
  if (version <= FORMAT_VERSION) return
  throw new AuditError(
    'AUDIT_UNSUPPORTED_FORMAT',
    `the tables have version ${version}, and this package knows ${FORMAT_VERSION}; update it`,
  )
}

/** Whether another process was creating the same things at the same moment. */
function isRace(error: unknown): boolean {
  return isRolledBack(error) || /^(23505|42P0[67]|42710|42723|XX000)$/.test(stateOf(error) ?? '')
}

function closed(): AuditError {
  return new AuditError('AUDIT_CLOSED', 'the backend is not open')
}
