import { AuditError, HASH_BYTES, hashCount, type Leaf } from '@audit/core/backend'
import type pg from 'pg'
import { appendBatch } from './append.ts'
import { Connection } from './connection.ts'
import { Database } from './database.ts'
import { isRolledBack, sqlStateOf } from './failure.ts'
import { ROOT_MISSING } from './sql/sql-states.ts'
import { TreeReader } from './tree-reader.ts'

/** How often to send roots if another writer's come in between. */
const TRIES = 5

/** Appends to one log. */
export class LogWriter {
  readonly #pool: pg.Pool
  readonly #log: string
  /** Not the pool of a replica, which may not have the rows yet. */
  readonly #reader: TreeReader

  constructor(pool: pg.Pool, log: string) {
    this.#pool = pool
    this.#log = log
    this.#reader = new TreeReader(new Database(pool, false), log)
  }

  append(leaves: readonly Leaf[]): Promise<number> {
    return appendBatch(this.#pool, this.#log, leaves)
  }

  /**
   * Stores subtree roots of a level, 32 bytes each, joined, from a position on. Stored roots stay unchanged. It does not
   * wait for the disk, because what a crash of the server takes can be computed anew, and appends wait for the disk anyway.
   *
   * @throws AuditError `AUDIT_CORRUPT` if a different root is stored, or the stored leaf hashes have a different one.
   */
  async keepRoots(level: number, start: number, hashes: Uint8Array): Promise<void> {
    const text = `WITH settings AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
      INSERT INTO audit.subtrees (log, level, place, root)
      SELECT $1, $2, $3::bigint + n, substr($4::bytea, n * ${HASH_BYTES} + 1, ${HASH_BYTES})
      FROM settings, generate_series(0, $5::integer - 1) AS n ON CONFLICT DO NOTHING`
    const count = hashCount(hashes)
    const values = [this.#log, level, start, Buffer.from(hashes), count]
    try {
      if ((await this.#insert(text, values)) === count) return
    } catch (error) {
      if (sqlStateOf(error) === ROOT_MISSING) return // somebody removed the roots before them, which costs nothing but time
      throw error
    }
    const there = await this.#reader.roots(level, start, start + count)
    if (Buffer.from(hashes).equals(there)) return
    throw new AuditError(
      'AUDIT_CORRUPT',
      `a stored root of level ${level} from ${start} on does not match the leaf hashes; run \`log.verify()\` to see which`,
    )
  }

  /** How many rows were inserted. */
  async #insert(text: string, values: readonly unknown[]): Promise<number> {
    for (let tries = 1; ; tries++) {
      try {
        return (await Connection.use(this.#pool, client => client.query(text, [...values]))).rowCount ?? 0
      } catch (error) {
        if (!isRolledBack(error) || tries === TRIES) throw error
      }
    }
  }
}
