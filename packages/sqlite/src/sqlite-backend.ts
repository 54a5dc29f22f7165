import { availableParallelism } from 'node:os'
import {
  type AuditBackend,
  AuditError,
  type EntryDigests,
  type Finding,
  type IndexingProgress,
  joinHashes,
  type Leaf,
  LifeCycle,
  type Page,
  partialPage,
  type Selection,
  type SubtreeStore,
  type SummaryPart,
  type SummaryRequest,
} from '@audit/core/backend'
import { driverAnchors } from './driver-anchors.ts'
import { checkOptions, type SqliteBackendOptions } from './options.ts'
import type { KnownLog, Operations, RowPage, WorkerSetup } from './protocol.ts'
import { entryOf, newRowOf } from './row.ts'
import type { EntryRange } from './selection-sql.ts'
import { SubtreeTable } from './subtree-table.ts'
import { ThreadDied, WorkerConnection } from './worker-connection.ts'

/** A long summary is shared out among this many threads. */
const MOST_THREADS = 4

/**
 * Stores the log in one SQLite file, for any number of processes at once. Acknowledged entries are on the disk. Two worker
 * threads use the database: one appends, and one answers queries, from the first query on.
 *
 * @example
 * const log = new AuditLog({ backend: new SqliteBackend({ path: 'audit.db' }) })
 */
export class SqliteBackend implements AuditBackend {
  readonly supports = { persistence: true, sharing: true }
  /** Whether it was made with `readOnly: true`. */
  readonly isReadOnly: boolean
  readonly subtrees: SubtreeStore
  readonly #subtrees: SubtreeTable
  readonly #path: string
  readonly #metadataIndexes: readonly string[]
  readonly #onIndexing: (progress: IndexingProgress) => void
  readonly #writer: WorkerConnection
  readonly #reader: WorkerConnection
  readonly #life: LifeCycle
  /** The files that were opened; no worker may use others. */
  #known: KnownLog | undefined
  /** How many entries were counted or stored; a log with fewer has lost some. */
  #leastSize = 0
  #reopening: Promise<void> | undefined

  /** @throws AuditError `AUDIT_INVALID_OPTIONS` for an unknown or an invalid option. Touches no file yet. */
  constructor(options: SqliteBackendOptions) {
    const { path, readOnly, metadataIndexes, onIndexing } = checkOptions(options)
    this.#path = path
    this.#metadataIndexes = metadataIndexes
    this.#onIndexing = onIndexing
    this.isReadOnly = readOnly
    this.#life = new LifeCycle(readOnly)
    this.#writer = new WorkerConnection(() => this.#setup('writer'))
    this.#reader = new WorkerConnection(() => this.#setup(readOnly ? 'auditor' : 'reader'))
    this.#subtrees = new SubtreeTable(this.#life, (level, start, end) =>
      this.#ask('roots', [level, start, end]),
    )
    this.subtrees = this.#subtrees
  }

  /**
   * Opens the file, or creates it, and creates the indexes that are missing. After a failure, nothing stays open.
   *
   * @throws AuditError `AUDIT_OPEN_FAILED` for a missing folder, something that is not a file, a file with a second name, or
   *   a missing permission; `AUDIT_UNSUPPORTED_FORMAT` for a file of another format, which is left unchanged;
   *   `AUDIT_CORRUPT`; `AUDIT_BUSY`.
   */
  open(): Promise<void> {
    return this.#life.open(() => this.#open())
  }

  async #open(): Promise<void> {
    const connection = this.isReadOnly ? this.#reader : this.#writer
    try {
      if (this.isReadOnly) await this.#reader.request('openReadOnly', [])
      else {
        const files = await this.#writer.request('open', [])
        await this.#createIndexes()
        this.#known = { files, size: 0 }
      }
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  async #createIndexes(): Promise<void> {
    if (this.#metadataIndexes.length === 0) return
    const { keys, size: total } = await this.#writer.request('unindexed', [this.#metadataIndexes])
    for (const key of keys) {
      this.#onIndexing({ key, done: 0, total })
      await this.#writer.request('createIndex', [key])
      this.#onIndexing({ key, done: total, total })
    }
  }

  append(leaves: readonly Leaf[]): Promise<number> {
    return this.#life.write(() => this.#append(leaves))
  }

  async #append(leaves: readonly Leaf[]): Promise<number> {
    await this.#withWriter()
    const roots = this.#subtrees.waiting
    const rows = leaves.map(({ entry }) => newRowOf(entry))
    const hashes = joinHashes(leaves.map(({ hash }) => hash))
    const batch = { rows, hashes, roots, leastSize: this.#leastSize }
    const first = await this.#writer.request('append', [batch], [batch.hashes.buffer]).catch(error => {
      if (!(error instanceof ThreadDied)) throw error
      return this.#outcomeOf(leaves, error)
    })
    this.#subtrees.stored(roots)
    this.#leastSize = Math.max(this.#leastSize, first + leaves.length)
    return first
  }

  async size(): Promise<number> {
    const least = this.#leastSize
    const size = await this.#ask('size', [])
    if (size < least) throw new AuditError('AUDIT_CORRUPT', `the log has ${size} entries, but had ${least}`)
    this.#leastSize = Math.max(this.#leastSize, size)
    return size
  }

  async read(start: number, end: number): Promise<Page> {
    return pageOf(await this.#ask('read', [start, end]))
  }

  digests(start: number, end: number): Promise<EntryDigests> {
    return this.#ask('digests', [start, end])
  }

  async find(selection: Selection): Promise<Page> {
    return pageOf(await this.#ask('find', [selection]))
  }

  async count(selection: Selection): Promise<number> {
    return this.#ask('count', [selection])
  }

  async leafHashes(start: number, end: number): Promise<Uint8Array> {
    return this.#ask('leafHashes', [start, end])
  }

  /** Reads more than a few entries in threads of its own, so that other queries do not wait for it. */
  summarize(request: SummaryRequest): Promise<readonly SummaryPart[]> {
    return this.#life.run(() => this.#summarize(request))
  }

  /**
   * Reports differences in the schema, rows before index 0, and what `PRAGMA integrity_check` finds. It reads the whole file,
   * in a thread of its own.
   */
  inspect(): Promise<readonly Finding[]> {
    return this.#life.run(() => this.#inspect())
  }

  /** Waits for pending calls, then ends the threads. The last process to close the log moves the `-wal` into the file. */
  close(): Promise<void> {
    return this.#life.close(() => this.#finish())
  }

  async #ask<K extends keyof Operations>(
    operation: K,
    args: Parameters<Operations[K]>,
  ): Promise<ReturnType<Operations[K]>> {
    return this.#life.run(async () => {
      await this.#withWriter()
      return this.#reader.request(operation, args)
    })
  }

  /** Starts another writer if one has died. The writer says which files are the log's now, for the readers too. */
  async #withWriter(): Promise<void> {
    if (this.isReadOnly || this.#writer.isRunning) return
    this.#reopening ??= this.#writer.request('open', []).then(files => {
      this.#known = { files, size: this.#leastSize }
    })
    try {
      await this.#reopening
    } catch (error) {
      await this.#writer.close()
      throw error
    } finally {
      this.#reopening = undefined
    }
  }

  /** A batch is stored whole or not at all, and a dead thread stores nothing more. */
  async #outcomeOf(leaves: readonly Leaf[], error: ThreadDied): Promise<number> {
    const [first] = leaves
    if (!first) throw error
    let index: number | null
    try {
      await this.#withWriter()
      index = await this.#writer.request('indexOf', [first.entry.entryId])
    } catch (cause) {
      const message =
        "the database's thread has died, and the file cannot be read to see what it stored; look for the entry before you record it again"
      throw new AuditError('AUDIT_OUTCOME_UNKNOWN', message, { cause })
    }
    if (index === null) throw error
    return index
  }

  async #summarize(request: SummaryRequest): Promise<readonly SummaryPart[]> {
    await this.#withWriter()
    const { size, isLong, isCopied } = await this.#reader.request('extent', [request])
    const end = Math.min(size, request.selection.size ?? size)
    if (!isLong) return this.#reader.request('summarize', [request, [0, end]])
    const threads = isCopied || request.countsOnly ? 1 : Math.min(MOST_THREADS, availableParallelism())
    const outcomes = await Promise.allSettled(
      shares(end, threads).map(range =>
        this.#inOwnThread(thread => thread.request('summarize', [request, range])),
      ),
    )
    return outcomes.flatMap(outcome => {
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    })
  }

  async #inspect(): Promise<readonly Finding[]> {
    await this.#withWriter()
    return this.#inOwnThread(thread => thread.request('inspect', []))
  }

  async #inOwnThread<T>(ask: (thread: WorkerConnection) => Promise<T>): Promise<T> {
    const thread = new WorkerConnection(() => this.#setup(this.isReadOnly ? 'auditor' : 'reader'))
    try {
      return await ask(thread)
    } finally {
      await thread.close()
    }
  }

  async #finish(): Promise<void> {
    await this.#keepWaitingRoots()
    await this.#reader.close() // first: a reader that closes last could not clean up after the writer
    await this.#writer.close()
  }

  async #keepWaitingRoots(): Promise<void> {
    const { waiting } = this.#subtrees
    if (waiting.length === 0 || !this.#writer.isRunning) return
    await this.#writer.request('keepRoots', [waiting]).catch(() => {}) // lost ones are recomputed
  }

  #setup(role: WorkerSetup['role']): WorkerSetup {
    return {
      role,
      path: this.#path,
      anchors: driverAnchors(),
      ...(this.#known && { known: this.#known }),
    }
  }
}

function pageOf({ rows, isPartial }: RowPage): Page {
  const entries = rows.map(row => entryOf(row))
  return isPartial ? partialPage(entries) : entries
}

/** The ranges of indexes that threads read at the same time. */
function shares(end: number, threads: number): readonly EntryRange[] {
  return Array.from({ length: threads }, (_, i) => [
    Math.floor((end * i) / threads),
    Math.floor((end * (i + 1)) / threads),
  ])
}
