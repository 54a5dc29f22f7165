import { AuditError, hashAt, hashCount } from '@audit/core/backend'
import type { Database, DatabaseConstructor, Statement } from './driver.ts'
import type { LogDatabase } from './log-database.ts'
import { assertInPlace, type LogFiles, resolveLinks } from './log-file.ts'
import { createMetadataIndexSql, indexedKeys, isIndexable } from './metadata-index.ts'
import type { Batch, Roots, UnindexedKeys } from './protocol.ts'
import { ROW_COLUMNS, type Row } from './row.ts'
import { assertSchema, FORMAT_VERSION } from './schema.ts'
import { SCHEMA_VERSION_SQL, SIZE_SQL } from './selection-sql.ts'
import { checksumOf } from './stored-row.ts'
import { WalGuard } from './wal-guard.ts'

type RootValues = [{ readonly level: number; readonly place: number; readonly root: Uint8Array }]

/** Appends batches, each in one transaction, and subtree roots. */
export class LogWriter {
  readonly #Database: DatabaseConstructor
  readonly #path: string
  readonly #database: Database
  readonly #files: LogFiles
  readonly #statements: ReturnType<typeof prepare>
  readonly #walGuard: WalGuard
  /** How many entries the log has at least; a smaller log has lost some. */
  #size: number
  /** The version of the schema that was last compared. */
  #schemaVersion: number | undefined

  constructor(Database: DatabaseConstructor, path: string, { database, files }: LogDatabase, size: number) {
    this.#Database = Database
    this.#path = path
    this.#database = database
    this.#files = files
    this.#size = size
    this.#statements = prepare(database)
    this.#walGuard = new WalGuard(database, resolveLinks(path))
  }

  /** Stores all rows or none, and returns the index of the first once a crash cannot undo it. */
  append({ rows, hashes, roots, leastSize }: Batch): number {
    this.#size = Math.max(this.#size, leastSize)
    const first = this.#inTransaction(() => {
      const first = this.#nextIndex()
      for (const [i, values] of rows.entries()) {
        const row: Row = [first + i, ...values]
        this.#insert(row, hashAt(hashes, i))
      }
      this.#insertRoots(roots)
      return first
    })
    this.#size = first + rows.length
    return first
  }

  /** Stores subtree roots that were not written with a batch. */
  keepRoots(roots: readonly Roots[]): void {
    this.#inTransaction(() => this.#insertRoots(roots))
  }

  /** The index of the entry with this id; `null` if there is none. */
  indexOf(entryId: string): number | null {
    return this.#statements.indexOf.get(entryId) ?? null
  }

  /** Which of these keys of the metadata have no index yet, and can have one. */
  unindexed(keys: readonly string[]): UnindexedKeys {
    const indexed = indexedKeys(this.#database)
    const missing = keys.filter(key => isIndexable(key) && !indexed.includes(key))
    return { keys: missing, size: this.#statements.size.get() ?? 0 }
  }

  /** Creates the index of a key of the metadata, unless another process has done so meanwhile. */
  createIndex(key: string): void {
    this.#inTransaction(() => {
      if (!indexedKeys(this.#database).includes(key)) this.#database.exec(createMetadataIndexSql(key))
    })
  }

  #nextIndex(): number {
    const next = this.#statements.size.get() ?? 0
    if (next >= this.#size) return next
    throw new AuditError(
      'AUDIT_CORRUPT',
      `the log has ${next} entries, but had ${this.#size}: the newest are missing; keep a copy of it and of its -wal`,
    )
  }

  #insert(row: Row, hash: Uint8Array): void {
    const { changes } = this.#statements.insert.run(...row, hash, checksumOf(row))
    if (changes !== 1) throw new Error('SQLite did not insert the row and gave no reason')
  }

  #insertRoots(roots: readonly Roots[]): void {
    for (const { level, start, hashes } of roots) {
      for (let i = 0; i < hashCount(hashes); i++) {
        this.#insertRoot(level, start + i, hashAt(hashes, i))
      }
    }
  }

  /** Skips a root that another process has already stored, or whose predecessors are missing. */
  #insertRoot(level: number, place: number, root: Uint8Array): void {
    if (this.#statements.insertRoot.run({ level, place, root }).changes === 1) return
    const stored = this.#statements.root.get(level, place)
    if (stored === undefined || (stored instanceof Uint8Array && Buffer.from(root).equals(stored))) return
    throw new AuditError(
      'AUDIT_CORRUPT',
      `the stored root ${place} of level ${level} does not match the log's entries; run \`log.verify()\``,
    )
  }

  #inTransaction<T>(write: () => T): T {
    this.#walGuard.check('AUDIT_WRITE_FAILED')
    this.#statements.begin.run()
    try {
      this.#assertSchema()
      const result = write()
      assertInPlace(this.#path, this.#files, 'AUDIT_WRITE_FAILED')
      this.#commitOrErase()
      this.#assertStillInPlace()
      return result
    } finally {
      if (this.#database.inTransaction) this.#statements.rollback.run()
    }
  }

  /** Throws if triggers were added or dropped since the log was opened. */
  #assertSchema(): void {
    const version = this.#statements.schemaVersion.get()
    if (version === this.#schemaVersion) return
    assertSchema(this.#Database, this.#database)
    this.#schemaVersion = version
  }

  #commitOrErase(): void {
    try {
      this.#statements.commit.run()
    } catch (error) {
      if (this.#database.inTransaction) this.#statements.rollback.run()
      this.#eraseFailedCommit()
      throw error
    }
  }

  /**
   * Entries in a file that was removed at this moment may be gone, or come back with the file. A check that itself fails
   * does not mean that: SQLite has committed, and the next append checks again before it begins.
   */
  #assertStillInPlace(): void {
    try {
      assertInPlace(this.#path, this.#files, 'AUDIT_OUTCOME_UNKNOWN')
      this.#walGuard.check('AUDIT_OUTCOME_UNKNOWN')
    } catch (error) {
      if (error instanceof AuditError) throw error
    }
  }

  /**
   * If a commit's fsync fails, its pages are in the write-ahead log anyway, complete and valid, and recovery after a crash
   * would treat them as committed. An empty transaction overwrites their start, which invalidates the rest, whether or not
   * its own fsync succeeds.
   */
  #eraseFailedCommit(): void {
    try {
      this.#database.pragma(`user_version = ${FORMAT_VERSION}`)
    } catch {
      // The caller gets the first failure.
    }
  }
}

function prepare(database: Database) {
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
    size: database.prepare<[], number>(SIZE_SQL).pluck(),
    schemaVersion: database.prepare<[], number>(SCHEMA_VERSION_SQL).pluck(),
    indexOf: database.prepare<[string], number>('SELECT "index" FROM audit_log WHERE entry_id = ?').pluck(),
    insert: database.prepare(
      `INSERT INTO audit_log (${ROW_COLUMNS}, leaf_hash, crc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ) as Statement<[...Row, hash: Uint8Array, checksum: number], unknown>, // the columns
    insertRoot: database.prepare<RootValues>(
      `INSERT INTO audit_log_subtrees (level, place, root) SELECT :level, :place, :root
       WHERE :place = (SELECT coalesce(max(place) + 1, 0) FROM audit_log_subtrees WHERE level = :level)`,
    ),
    root: database
      .prepare<[level: number, place: number], unknown>(
        'SELECT root FROM audit_log_subtrees WHERE level = ? AND place = ?',
      )
      .pluck(),
  }
}
