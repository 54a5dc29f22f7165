import type { AuditBackend } from './backend.ts'
import { type AuditEntry, placeEntry } from './entry.ts'
import { EntryIndex } from './entry-index.ts'
import { AuditError } from './errors.ts'
import { HASH_BYTES, type Leaf } from './merkle/leaf.ts'
import { matches, type Selection } from './selection.ts'

/**
 * Keeps the log in memory: for tests, for trying things out, and for what need not outlive the process.
 *
 * @example
 * const log = new AuditLog({ backend: new MemoryBackend() }) // what new AuditLog() does
 */
export class MemoryBackend implements AuditBackend {
  readonly supports = { persistence: false, sharing: false }
  readonly #entries: AuditEntry[] = []
  readonly #hashes: Uint8Array[] = []
  readonly #index = new EntryIndex()
  #state: 'new' | 'open' | 'closed' = 'new'

  async open(): Promise<void> {
    if (this.#state === 'closed') throw closed()
    this.#state = 'open'
  }

  async append(leaves: readonly Leaf[]): Promise<number> {
    this.#assertOpen()
    const first = this.#entries.length
    // Everything is read before anything is kept, so that a leaf which throws leaves nothing of its batch.
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

  async size(): Promise<number> {
    this.#assertOpen()
    return this.#entries.length
  }

  async read(start: number, end: number): Promise<AuditEntry[]> {
    this.#assertOpen()
    return this.#entries.slice(start, end)
  }

  async find(selection: Selection): Promise<AuditEntry[]> {
    this.#assertOpen()
    return [...this.#matching(selection)]
  }

  async count(selection: Selection): Promise<number> {
    this.#assertOpen()
    if (selection.metadata === undefined && selection.entryId === undefined)
      return this.#indexed().count(selection)
    return Array.from(this.#matching(selection)).length
  }

  async leafHashes(start: number, end: number): Promise<Uint8Array> {
    this.#assertOpen()
    const hashes = this.#hashes.slice(start, end)
    const joined = new Uint8Array(hashes.length * HASH_BYTES)
    hashes.forEach((hash, i) => {
      joined.set(hash, i * HASH_BYTES)
    })
    return joined
  }

  async close(): Promise<void> {
    this.#state = 'closed'
  }

  *#matching(selection: Selection): Generator<AuditEntry, void, undefined> {
    let remaining = selection.limit ?? Number.POSITIVE_INFINITY
    if (remaining === 0) return
    for (const place of this.#indexed().places(selection)) {
      const entry = this.#entries[place]
      if (!entry || !matches(selection, entry)) continue
      yield entry
      if (--remaining === 0) return
    }
  }

  /** The index, brought up to date: recording does not pay for it. */
  #indexed(): EntryIndex {
    for (const entry of this.#entries.slice(this.#index.size)) this.#index.add(entry)
    return this.#index
  }

  #assertOpen(): void {
    if (this.#state !== 'open') throw closed()
  }
}

function closed(): AuditError {
  return new AuditError('AUDIT_CLOSED', 'the backend is not open')
}
