import { HASH_BYTES, type Leaf } from '@audit/core'
import type pg from 'pg'
import { appendBatch } from './append.ts'

/** Appends to one log. */
export class LogWriter {
  readonly #pool: pg.Pool
  readonly #log: string

  constructor(pool: pg.Pool, log: string) {
    this.#pool = pool
    this.#log = log
  }

  append(leaves: readonly Leaf[]): Promise<number> {
    return appendBatch(this.#pool, this.#log, leaves)
  }

  /** Stores subtree roots of a level, 32 bytes each, joined, from a place on. Those that are there stay as they are. */
  async keepRoots(level: number, start: number, hashes: Uint8Array): Promise<void> {
    const text = `INSERT INTO audit.subtrees
      SELECT $1, $2, $3::bigint + n, substr($4::bytea, n * ${HASH_BYTES} + 1, ${HASH_BYTES})
      FROM generate_series(0, $5::integer - 1) AS n ON CONFLICT DO NOTHING`
    const count = hashes.length / HASH_BYTES
    await this.#pool.query(text, [this.#log, level, start, Buffer.from(hashes), count])
  }
}
