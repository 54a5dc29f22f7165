import { setImmediate as nextTurn } from 'node:timers/promises'
import { type AuditEntry, placeEntry } from '../entry/entry.ts'
import { joinHashes } from '../merkle/hashes.ts'
import type { Leaf } from '../merkle/leaf.ts'
import { optionsOf } from '../options.ts'
import { matches, type Selection } from '../query/selection.ts'
import { Summarizer } from '../summary/summarizer.ts'
import type { SummaryPart, SummaryRequest } from '../summary/summary-part.ts'
import type { AuditBackend } from './backend.ts'
import { EntryIndex } from './entry-index.ts'
import { LifeCycle } from './life-cycle.ts'
import { metadataIndexesFrom } from './metadata-indexes.ts'

/** A summary that reads entries lets other calls have a turn after so many. */
const STEP_ENTRIES = 4096

/** What `new MemoryBackend` takes. */
export interface MemoryBackendOptions {
  /**
   * Keys of the metadata, on its top level, by whose values entries are found at once. Each takes memory for every entry that
   * has it. Default: none.
   */
  readonly metadataIndexes?: readonly string[] | undefined
}

/**
 * Holds the log in memory: for tests, for experiments, and for logs that need not outlive the process.
 *
 * @example
 * const log = new AuditLog({ backend: new MemoryBackend() }) // what new AuditLog() does
 */
export class MemoryBackend implements AuditBackend {
  readonly supports = { persistence: false, sharing: false }
  readonly #life = new LifeCycle()
  readonly #entries: AuditEntry[] = []
  readonly #hashes: Uint8Array[] = []
  readonly #index: EntryIndex

  /** @throws AuditError `AUDIT_INVALID_OPTIONS`. */
  constructor(options: MemoryBackendOptions = {}) {
    const { metadataIndexes } = optionsOf(options, ['metadataIndexes'], 'MemoryBackend')
    this.#index = new EntryIndex({ metadataIndexes: metadataIndexesFrom(metadataIndexes, 'MemoryBackend') })
  }

  open(): Promise<void> {
    return this.#life.open(async () => {})
  }

  append(leaves: readonly Leaf[]): Promise<number> {
    return this.#life.write(async () => this.#append(leaves))
  }

  size(): Promise<number> {
    return this.#life.run(async () => this.#entries.length)
  }

  read(start: number, end: number): Promise<AuditEntry[]> {
    return this.#life.run(async () => this.#entries.slice(start, end))
  }

  find(selection: Selection): Promise<AuditEntry[]> {
    return this.#life.run(async () => [...this.#matching(selection)])
  }

  count(selection: Selection): Promise<number> {
    return this.#life.run(async () => this.#count(selection))
  }

  summarize(request: SummaryRequest): Promise<readonly SummaryPart[]> {
    return this.#life.run(() => this.#summarize(request))
  }

  leafHashes(start: number, end: number): Promise<Uint8Array> {
    return this.#life.run(async () => joinHashes(this.#hashes.slice(start, end)))
  }

  close(): Promise<void> {
    return this.#life.close(async () => {})
  }

  #append(leaves: readonly Leaf[]): number {
    const first = this.#entries.length
    // Reads everything before it stores anything, so that a leaf that throws leaves nothing of its batch.
    const taken = leaves.map(({ entry, hash }, i) => ({
      entry: placeEntry(entry, first + i),
      hash: new Uint8Array(hash),
    }))
    for (const { entry, hash } of taken) {
      this.#entries.push(entry)
      this.#hashes.push(hash)
    }
    return first
  }

  #count(selection: Selection): number {
    const index = this.#indexed()
    return index.covers(selection) ? index.count(selection) : Array.from(this.#matching(selection)).length
  }

  async #summarize(request: SummaryRequest): Promise<readonly SummaryPart[]> {
    const summary = this.#indexed().summary(request, index => this.#entryAt(index))
    if (!summary) return this.#summarizeEntries(request)
    while (summary.advance()) await nextTurn()
    return summary.parts()
  }

  async #summarizeEntries({ selection, by }: SummaryRequest): Promise<readonly SummaryPart[]> {
    const summarizer = new Summarizer(by)
    let added = 0
    for (const entry of this.#matching(selection)) {
      summarizer.add(entry)
      if (++added % STEP_ENTRIES === 0) await nextTurn()
    }
    return summarizer.parts()
  }

  #entryAt(index: number): AuditEntry {
    const entry = this.#entries[index]
    if (!entry) throw new RangeError(`there is no entry ${index}`)
    return entry
  }

  *#matching(selection: Selection): Generator<AuditEntry, void, undefined> {
    let remaining = selection.limit ?? Number.POSITIVE_INFINITY
    if (remaining === 0) return
    for (const index of this.#indexed().indexes(selection)) {
      const entry = this.#entries[index]
      if (!entry || !matches(selection, entry)) continue
      yield entry
      if (--remaining === 0) return
    }
  }

  /** The up-to-date index, built on demand so that recording does not pay for it. */
  #indexed(): EntryIndex {
    for (const entry of this.#entries.slice(this.#index.size)) this.#index.add(entry)
    return this.#index
  }
}
