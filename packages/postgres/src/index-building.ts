import { setTimeout as pause } from 'node:timers/promises'
import { AuditError, type IndexingProgress } from '@audit/core/backend'
import type pg from 'pg'
import { Connection } from './connection.ts'
import { isOutcomeKnown, isRolledBack, sqlStateOf } from './failure.ts'
import type { MetadataIndexes } from './metadata-indexes.ts'
import { createMetadataIndex, metadataIndexName } from './sql/metadata-index.ts'
import { PLAIN_STRINGS, SAFE_PATH, settingSql } from './sql/sql-function.ts'
import { rowsOf } from './sql/statement.ts'

const TRIES = 5
const POLL_MS = 200
/** How long to wait for others if nobody is seen to build an index. */
const WAIT_MS = 60_000
/** `AUDI`, the advisory lock of those who build. Two at once on one table would lock each other out. */
const BUILDING_LOCK = 0x41554449
/** `pg` ends a statement after the pool's limit, unless it is given its own. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

/** An SQL condition: an index of the entries is being built. */
const IS_BUILDING = `EXISTS (SELECT FROM pg_stat_progress_create_index WHERE relid = to_regclass('audit.entries'))`

type OnIndexing = (progress: IndexingProgress) => void

/**
 * Creates the indexes that are missing, and completes those that a killed process left, while others read and write. Does
 * nothing for a role that may not create them, and on a standby.
 *
 * @throws AuditError `AUDIT_BUSY` if somebody holds the lock of the builders and builds nothing; what `pg` throws.
 */
export async function buildIndexes(
  pool: pg.Pool,
  indexes: MetadataIndexes,
  onIndexing: OnIndexing,
): Promise<void> {
  for (let tries = 1; (await indexes.states()).some(isToBeBuilt); tries++) {
    try {
      return await tryBuild(pool, indexes, onIndexing)
    } catch (error) {
      const mayPass = isRolledBack(error) || !isOutcomeKnown(error)
      if (error instanceof AuditError || !mayPass || tries === TRIES) throw error
    }
  }
}

/** Waits until no index of the entries is being built: a migration that ran meanwhile would abort it. */
export async function noIndexBuilding(pool: pg.Pool): Promise<void> {
  for (;;) {
    const [row] = await Connection.use(pool, client =>
      rowsOf<{ busy: string }>(client, { text: `SELECT ${IS_BUILDING} AS busy`, values: [] }),
    )
    if (row?.busy !== 't') return
    await pause(POLL_MS)
  }
}

async function tryBuild(pool: pg.Pool, indexes: MetadataIndexes, onIndexing: OnIndexing): Promise<void> {
  const connection = await Connection.take(pool)
  const { client } = connection
  try {
    const [table] = await rowsOf<{ partitioned: string; mine: string }>(client, { text: RIGHTS, values: [] })
    if (table?.mine !== 't') return
    await prepare(client)
    for (const { key } of (await indexes.states()).filter(isToBeBuilt)) {
      await build(pool, client, { key, isPartitioned: table.partitioned === 't' }, onIndexing)
    }
    await indexes.states()
  } finally {
    connection.discard() // with its lock and its settings
  }
}

/** Whether this session may create an index of the entries. */
const RIGHTS = `SELECT relkind = 'p' AS partitioned, NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'
    AND pg_has_role(relowner, 'USAGE') AND has_schema_privilege(relnamespace, 'CREATE') AS mine
  FROM pg_class WHERE oid = 'audit.entries'::regclass`

function isToBeBuilt({ state }: { readonly state: string }): boolean {
  return state === 'missing' || state === 'incomplete'
}

/** Gives the session what it needs, and waits for its turn. */
async function prepare(client: pg.PoolClient): Promise<void> {
  for (const setting of [SAFE_PATH, PLAIN_STRINGS]) await client.query(settingSql(setting))
  await client.query(
    `SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout', 'transaction_timeout')`,
  )
  let deadline = performance.now() + WAIT_MS
  for (;;) {
    // Not `pg_advisory_lock`: whoever waits in a statement holds a snapshot, and the builder waits for its end.
    const [row] = await rowsOf<{ locked: string; busy: string }>(client, {
      text: `SELECT pg_try_advisory_lock(${BUILDING_LOCK}) AS locked, ${IS_BUILDING} AS busy`,
      values: [],
    })
    if (row?.busy === 't') deadline = performance.now() + WAIT_MS
    else if (row?.locked === 't') return
    else if (performance.now() > deadline) throw held()
    await pause(POLL_MS)
  }
}

async function build(
  pool: pg.Pool,
  client: pg.PoolClient,
  { key, isPartitioned }: { readonly key: string; readonly isPartitioned: boolean },
  onIndexing: OnIndexing,
): Promise<void> {
  const run = (text: string) => rowsOf(client, { text, values: [], timeoutMs: NO_TIMEOUT_MS })
  const [table] = await rowsOf<{ total: string }>(client, { text: TOTAL, values: [] })
  const total = Number(table?.total)
  // PostgreSQL builds none on partitions concurrently. On an empty table there is nothing to wait for.
  const how = isPartitioned || total === 0 ? '' : 'CONCURRENTLY'
  const drop = () => run(`DROP INDEX ${how} IF EXISTS audit.${metadataIndexName(key)}`)
  await drop() // nobody builds, so one that is there was never completed
  onIndexing({ key, done: 0, total })
  const watching = new AbortController()
  const watched = watch(pool, watching.signal, share => {
    onIndexing({ key, done: Math.floor(share * total), total })
  })
  try {
    await run(createMetadataIndex(key, how))
  } catch (error) {
    if (!sqlStateOf(error)?.startsWith('22')) throw error
    await drop() // somebody changed metadata to what is no JSON: queries scan, and `verify` reports it
    return
  } finally {
    watching.abort()
    await watched
  }
  onIndexing({ key, done: total, total })
}

/** How many entries the table holds, of all its logs. */
const TOTAL = `SELECT coalesce(sum((SELECT max(index) + 1 FROM audit.entries WHERE entries.log = logs.log)), 0) AS total FROM audit.logs`

/** The share of the first pass that is done, and of the second, which checks what came meanwhile. */
const PROGRESS = `SELECT CASE WHEN phase LIKE 'building index: scanning table%' THEN 0.6 * blocks_done / greatest(blocks_total, 1)
    WHEN phase LIKE 'building index%' THEN 0.6
    WHEN phase = 'index validation: scanning table' THEN 0.8 + 0.2 * blocks_done / greatest(blocks_total, 1) END::float8 AS share
  FROM pg_stat_progress_create_index WHERE relid = to_regclass('audit.entries')`

/** Reports the share that is done, on another connection, and only where the pool has more than one. */
async function watch(pool: pg.Pool, signal: AbortSignal, report: (share: number) => void): Promise<void> {
  if (pool.options.max < 2) return
  let reported = 0
  try {
    for (;;) {
      await pause(POLL_MS, undefined, { signal })
      const [row] = await Connection.use(pool, client =>
        rowsOf<{ share: string | null }>(client, { text: PROGRESS, values: [] }),
      )
      const share = Number(row?.share ?? 0)
      if (signal.aborted || share <= reported) continue
      reported = share
      report(share)
    }
  } catch {
    // Aborted, or the progress could not be read: the index is built all the same.
  }
}

function held(): AuditError {
  return new AuditError(
    'AUDIT_BUSY',
    'another session holds the lock of those who build indexes of the log, and builds none: end it, and open the log again',
  )
}
