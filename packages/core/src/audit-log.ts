import { AppendQueue } from './append-queue.ts'
import type { AuditBackend } from './backend.ts'
import { type AuditEntry, createEntry, type EntryInput, freezeEntry, placeEntry } from './entry.ts'
import { canonicalEntryId } from './entry-id.ts'
import { AuditError } from './errors.ts'
import { describe, isPlainObject } from './json.ts'
import { MemoryBackend } from './memory-backend.ts'
import { createLeaf, type Leaf } from './merkle/leaf.ts'
import { MAX_PAGE, pages } from './paging.ts'
import { type Filter, type Query, type Range, rangeOf, selectionOf, selectionOfFilter } from './query.ts'
import type { Selection } from './selection.ts'

/** What `new AuditLog` takes. */
export interface AuditLogOptions {
  /** Where the log is kept. Default: a new `MemoryBackend`, which forgets when the process ends. */
  readonly backend?: AuditBackend
}

const OPTION_KEYS: readonly string[] = ['backend'] satisfies (keyof AuditLogOptions)[]

/**
 * An append-only log of interactions with language models. Nothing in it can be changed or removed.
 * It opens its backend on first use.
 *
 * @example
 * const log = new AuditLog({ backend: new SqliteBackend({ path: 'audit.db' }) })
 * const entry = await log.record({ model: 'gpt-4o', inputText: 'Capital of France?', outputText: 'Paris.' })
 * const latest = await log.query({ model: 'gpt-4o', order: 'desc', limit: 5 })
 * await log.close()
 */
export class AuditLog implements AsyncDisposable {
  readonly #backend: AuditBackend
  readonly #queue: AppendQueue
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined

  /** @throws AuditError `AUDIT_INVALID_OPTIONS` for an unknown option. Touches no file yet. */
  constructor(options: AuditLogOptions = {}) {
    checkOptions(options)
    this.#backend = options.backend ?? new MemoryBackend()
    this.#queue = new AppendQueue(leaves => this.#append(leaves))
  }

  /**
   * Records one interaction and resolves with its entry once that would survive a crash.
   * Calls need not wait for each other: those that come while a batch is being stored share the next one.
   *
   * @throws AuditError `AUDIT_INVALID_ENTRY` when the input is no entry; `AUDIT_WRITE_FAILED` or `AUDIT_BUSY` when it
   *   was not stored, and is then nowhere, so that recording it again makes no duplicate; `AUDIT_CLOSED`;
   *   and what opening throws.
   */
  async record(input: EntryInput): Promise<AuditEntry> {
    this.#assertOpen()
    const leaf = leafOf(input)
    return placeEntry(leaf.entry, await this.#queue.add(leaf))
  }

  /**
   * The entries that match, oldest first unless `order` says otherwise.
   *
   * @throws AuditError `AUDIT_INVALID_QUERY` when the query is none, or has a key that is unknown or undefined;
   *   `AUDIT_CLOSED`; `AUDIT_READ_FAILED`; `AUDIT_CORRUPT`.
   */
  async query(query: Query = {}): Promise<AuditEntry[]> {
    this.#assertOpen()
    const selection = selectionOf(query)
    if (selection.limit !== undefined && selection.limit <= MAX_PAGE) return this.#find(selection)
    const found: AuditEntry[] = []
    for await (const page of this.#pages(selection)) for (const entry of page) found.push(entry)
    return found
  }

  /**
   * The same as `query`, one entry at a time, in bounded memory. It sees the log as it was when the reading began,
   * and never blocks a writer. Throws what `query` throws, when the reading begins.
   */
  async *stream(query: Query = {}): AsyncGenerator<AuditEntry, void, undefined> {
    this.#assertOpen()
    for await (const page of this.#pages(selectionOf(query))) yield* page
  }

  /** The entry with this id, or `undefined`. A UUID is found however it is spelt. Throws what `query` throws. */
  async get(entryId: string): Promise<AuditEntry | undefined> {
    this.#assertOpen()
    if (typeof entryId !== 'string') {
      throw new AuditError('AUDIT_INVALID_QUERY', `entryId must be a string, not ${describe(entryId)}`)
    }
    const [entry] = await this.#find({ entryId: canonicalEntryId(entryId), order: 'asc', limit: 1 })
    return entry
  }

  /** How many entries match. Its cost grows with the matches; without a filter it does not. Throws what `query` throws. */
  async count(filter: Filter = {}): Promise<number> {
    this.#assertOpen()
    const selection = selectionOfFilter(filter)
    const isFiltered = Object.keys(selection).length > 1 // more than `order`
    return this.#read(() => (isFiltered ? this.#backend.count(selection) : this.#backend.size()))
  }

  /**
   * Entries by their place in the log, from `start` on, as the log was when the reading began: for mirrors and tails,
   * which miss nothing when they go on at the last index + 1. Throws what `query` throws.
   */
  async *entries(range: Range = {}): AsyncGenerator<AuditEntry, void, undefined> {
    this.#assertOpen()
    const { start, end } = rangeOf(range)
    const size = await this.#read(() => this.#backend.size())
    const total = Math.max(0, Math.min(end, size) - start)
    const found = pages(total, async (previous, limit) => {
      const from = previous ? previous.index + 1 : start
      return this.#read(() => this.#readRange(from, from + limit))
    })
    for await (const page of found) yield* page
  }

  /** Stores what was recorded before, then lets go of the backend. What is recorded later rejects. Closing twice is fine. */
  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #finish(): Promise<void> {
    await this.#queue.drained()
    await this.#opening?.catch(() => {}) // whoever waited for the opening was told
    await this.#backend.close()
  }

  async #append(leaves: readonly Leaf[]): Promise<number> {
    await this.#open()
    try {
      return await this.#backend.append(leaves)
    } catch (error) {
      throw AuditError.wrap(error, 'AUDIT_WRITE_FAILED', 'the entry was not stored; record it again')
    }
  }

  #pages(selection: Selection): AsyncGenerator<AuditEntry[], void, undefined> {
    let size: number | undefined
    return pages(selection.limit ?? Number.POSITIVE_INFINITY, async (previous, limit) => {
      size ??= await this.#read(() => this.#backend.size())
      return this.#find({ ...selection, size, limit, ...(previous && { after: previous }) })
    })
  }

  #find(selection: Selection): Promise<AuditEntry[]> {
    return this.#read(async () => (await this.#backend.find(selection)).map(freezeEntry))
  }

  /** All entries of a range that lies within the log: it never shrinks, so one that is not there is gone. */
  async #readRange(start: number, end: number): Promise<AuditEntry[]> {
    const entries = await this.#backend.read(start, end)
    for (let i = 0; i < end - start; i++) {
      if (entries[i]?.index !== start + i) {
        throw new AuditError(
          'AUDIT_CORRUPT',
          `entry ${start + i} is missing from the log; look for it in a backup`,
        )
      }
    }
    return entries.map(freezeEntry)
  }

  async #read<T>(operation: () => Promise<T>): Promise<T> {
    await this.#open()
    try {
      return await operation()
    } catch (error) {
      throw AuditError.wrap(error, 'AUDIT_READ_FAILED', 'the log could not be read')
    }
  }

  /** A failed opening is tried again by the next call. */
  #open(): Promise<void> {
    this.#opening ??= this.#backend.open().catch(error => {
      this.#opening = undefined
      throw AuditError.wrap(error, 'AUDIT_OPEN_FAILED', 'the log could not be opened')
    })
    return this.#opening
  }

  #assertOpen(): void {
    if (this.#closing) throw new AuditError('AUDIT_CLOSED', 'the log is closed; make a new AuditLog to go on')
  }
}

function checkOptions(options: AuditLogOptions): void {
  if (!isPlainObject(options)) {
    throw new AuditError('AUDIT_INVALID_OPTIONS', `the options are an object, not ${describe(options)}`)
  }
  for (const key of Object.keys(options)) {
    if (!OPTION_KEYS.includes(key)) {
      throw new AuditError(
        'AUDIT_INVALID_OPTIONS',
        `unknown option ${JSON.stringify(key)}; there is ${OPTION_KEYS.join(', ')}`,
      )
    }
  }
}

function leafOf(input: EntryInput): Leaf {
  try {
    return createLeaf(createEntry(input))
  } catch (error) {
    // Beyond about 500 million characters JavaScript has no string for the line.
    throw AuditError.wrap(error, 'AUDIT_INVALID_ENTRY', 'the entry cannot be encoded')
  }
}
