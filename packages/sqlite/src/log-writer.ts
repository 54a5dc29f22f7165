import { HASH_BYTES } from '@audit/core'
import { checksumOf } from './checksum.ts'
import type { Database, Statement } from './driver.ts'
import { assertInPlace, type LogDatabase } from './log-database.ts'
import type { FileIdentity } from './log-file.ts'
import type { Batch, Roots, Row } from './protocol.ts'
import { FORMAT_VERSION } from './schema.ts'
import { ROW_COLUMNS } from './selection-sql.ts'

type RootValues = [{ readonly level: number; readonly place: number; readonly root: Uint8Array }]

/** Appends batches, each in one transaction, and subtree roots. */
export class LogWriter {
  readonly #path: string
  readonly #database: Database
  readonly #identity: FileIdentity
  readonly #begin: Statement<[], unknown>
  readonly #nextIndex: Statement<[], number>
  readonly #insert: Statement<[...Row, hash: Uint8Array, checksum: number], unknown>
  readonly #insertRoot: Statement<RootValues, unknown>
  readonly #commit: Statement<[], unknown>
  readonly #rollback: Statement<[], unknown>

  constructor(path: string, { database, identity }: LogDatabase) {
    this.#path = path
    this.#database = database
    this.#identity = identity
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#nextIndex = database
      .prepare<[], number>('SELECT coalesce(max("index") + 1, 0) FROM audit_log')
      .pluck()
    this.#insert = database.prepare(
      `INSERT INTO audit_log (${ROW_COLUMNS}, leaf_hash, crc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    // Another process may have stored it before, and what is derived must not make a batch fail.
    this.#insertRoot = database.prepare(
      `INSERT INTO audit_log_subtrees (level, place, root) SELECT :level, :place, :root
       WHERE :place = (SELECT coalesce(max(place) + 1, 0) FROM audit_log_subtrees WHERE level = :level)`,
    )
    this.#commit = database.prepare('COMMIT')
    this.#rollback = database.prepare('ROLLBACK')
  }

  /** Stores all or nothing, and returns the index of the first once a crash cannot undo it. */
  append({ rows, hashes, roots }: Batch): number {
    return this.#inTransaction(() => {
      const first = this.#nextIndex.get() ?? 0
      for (const [i, values] of rows.entries()) {
        const row: Row = [first + i, ...values]
        this.#insert.run(...row, hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES), checksumOf(row))
      }
      this.#insertRoots(roots)
      return first
    })
  }

  /** Stores subtree roots that no batch took along. */
  keepRoots(roots: readonly Roots[]): void {
    this.#inTransaction(() => this.#insertRoots(roots))
  }

  #insertRoots(roots: readonly Roots[]): void {
    for (const { level, start, hashes } of roots) {
      for (let i = 0; i * HASH_BYTES < hashes.length; i++) {
        const root = hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)
        this.#insertRoot.run({ level, place: start + i, root })
      }
    }
  }

  #inTransaction<T>(write: () => T): T {
    this.#begin.run()
    try {
      const result = write()
      assertInPlace(this.#path, this.#identity, 'AUDIT_WRITE_FAILED')
      this.#commitOrErase()
      return result
    } finally {
      if (this.#database.inTransaction) this.#rollback.run()
    }
  }

  #commitOrErase(): void {
    try {
      this.#commit.run()
    } catch (error) {
      if (this.#database.inTransaction) this.#rollback.run()
      this.#eraseFailedCommit()
      throw error
    }
  }

  /**
   * When a commit's fsync fails, its pages stand in the write-ahead log all the same, whole and valid, and recovery
   * after a crash would take them for committed. A transaction that changes nothing is written over their beginning,
   * which makes the rest invalid, whether or not its own fsync succeeds.
   */
  #eraseFailedCommit(): void {
    try {
      this.#database.pragma(`user_version = ${FORMAT_VERSION}`)
    } catch {
      // The caller hears of the first failure.
    }
  }
}
