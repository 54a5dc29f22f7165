import {
  type AuditBackend,
  type AuditEntry,
  AuditError,
  compareEntries,
  decodeLine,
  digestsOf,
  type EntryDigests,
  type EntryFields,
  type Finding,
  type Leaf,
  matches,
  PAGE_BYTES,
  type Page,
  partialPage,
  placeEntry,
  type Selection,
  type SubtreeStore,
  Summarizer,
  type SummaryPart,
  type SummaryRequest,
} from '@audit/core/backend'

/** What stands in one place of a log. */
export interface Stored {
  entry: EntryFields
  readonly hash: Uint8Array
}

/** Roots of complete subtrees, by level. */
export type StoredRoots = Map<number, Uint8Array[]>

/** A correct backend over an array that several instances share: what the broken ones are made from. */
export class ArrayBackend implements AuditBackend {
  readonly supports = { persistence: true, sharing: true }
  readonly isReadOnly: boolean
  readonly subtrees: SubtreeStore
  /** The keys that this instance has named; what it finds does not depend on them. */
  readonly metadataIndexes: readonly string[]
  readonly #store: Stored[]
  #isOpen = false

  constructor(
    store: Stored[],
    roots: StoredRoots = new Map(),
    isReadOnly = false,
    metadataIndexes: readonly string[] = [],
  ) {
    this.metadataIndexes = metadataIndexes
    this.#store = store
    this.isReadOnly = isReadOnly
    this.subtrees = {
      read: async (level, start, end) => {
        this.#assertOpen()
        return Buffer.concat((roots.get(level) ?? []).slice(start, end))
      },
      write: async (level, start, hashes) => {
        this.#assertWritable()
        const stored = roots.get(level) ?? []
        roots.set(level, stored)
        for (let i = 0; i < hashes.length / 32; i++) stored[start + i] = hashes.slice(i * 32, (i + 1) * 32)
      },
    }
  }

  async open(): Promise<void> {
    if (this.isReadOnly && this.#store.length === 0) throw new AuditError('AUDIT_OPEN_FAILED', 'no log')
    this.#isOpen = true
  }

  async append(leaves: readonly Leaf[]): Promise<number> {
    this.#assertWritable()
    const first = this.#store.length
    const taken = leaves.map(({ line, hash }) => ({ entry: decodeLine(line), hash: new Uint8Array(hash) }))
    for (const stored of taken) this.#store.push(stored)
    return first
  }

  async size(): Promise<number> {
    this.#assertOpen()
    return this.#store.length
  }

  async read(start: number, end: number): Promise<Page> {
    return pageOf(this.#all(start, end))
  }

  async find(selection: Selection): Promise<Page> {
    return pageOf(await this.select(selection, entry => matches(selection, entry)))
  }

  async count(selection: Selection): Promise<number> {
    return (await this.select(selection, entry => matches(selection, entry))).length
  }

  async leafHashes(start: number, end: number): Promise<Uint8Array> {
    this.#assertOpen()
    return Buffer.concat(this.#store.slice(start, end).map(({ hash }) => hash))
  }

  async digests(start: number, end: number): Promise<EntryDigests> {
    const page = await this.read(start, end)
    return digestsOf(page, page.isPartial === true)
  }

  async summarize({ selection, by }: SummaryRequest): Promise<readonly SummaryPart[]> {
    return this.sum(by, await this.select(selection, entry => matches(selection, entry)))
  }

  async inspect(): Promise<readonly Finding[]> {
    this.#assertOpen()
    return []
  }

  async close(): Promise<void> {
    this.#isOpen = false
  }

  /** All that match, with another idea of what matches, or of the order. */
  async select(
    { order, limit }: Selection,
    isMatch: (entry: AuditEntry) => boolean,
    compare: (a: AuditEntry, b: AuditEntry) => number = order === 'asc'
      ? compareEntries
      : (a, b) => compareEntries(b, a),
  ): Promise<AuditEntry[]> {
    return this.#all(0, this.#store.length).filter(isMatch).sort(compare).slice(0, limit)
  }

  /** The sums of these entries. */
  sum(by: SummaryRequest['by'], entries: readonly AuditEntry[]): readonly SummaryPart[] {
    const summarizer = new Summarizer(by)
    for (const entry of entries) summarizer.add(entry)
    return summarizer.parts()
  }

  #all(start: number, end: number): AuditEntry[] {
    this.#assertOpen()
    return this.#store.slice(start, end).map(({ entry }, i) => placeEntry(entry, start + i))
  }

  #assertWritable(): void {
    this.#assertOpen()
    if (this.isReadOnly) throw new AuditError('AUDIT_READ_ONLY', 'read-only')
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new AuditError('AUDIT_CLOSED', 'not open')
  }
}

/** Ends where the texts weigh enough for a page. */
function pageOf(entries: readonly AuditEntry[]): Page {
  let bytes = 0
  const beyond = entries.findIndex(({ inputText }, i) => {
    bytes += Buffer.byteLength(inputText)
    return i > 0 && bytes > PAGE_BYTES
  })
  return beyond < 0 ? [...entries] : partialPage(entries.slice(0, beyond))
}
