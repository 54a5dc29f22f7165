import { type AuditEntry, placeEntry } from '../entry/entry.ts'
import { joinHashes } from '../merkle/hashes.ts'
import type { Leaf } from '../merkle/leaf.ts'
import { matches, type Selection } from '../query/selection.ts'
import type { AuditBackend } from './backend.ts'
import { EntryIndex } from './entry-index.ts'
import { LifeCycle } from './life-cycle.ts'

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
  readonly #index = new EntryIndex()

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
    if (selection.metadata === undefined && selection.entryId === undefined)
      return this.#indexed().count(selection)
    return Array.from(this.#matching(selection)).length
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
