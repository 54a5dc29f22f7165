import {
  type AuditBackend,
  type AuditEntry,
  AuditError,
  compareEntries,
  decodeLine,
  type EntryFields,
  type Leaf,
  matches,
  placeEntry,
  type Selection,
  type SubtreeStore,
} from '@audit/core'

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
  readonly subtrees: SubtreeStore
  readonly #store: Stored[]
  #isOpen = false

  constructor(store: Stored[], roots: StoredRoots = new Map()) {
    this.#store = store
    this.subtrees = {
      read: async (level, start, end) => {
        this.#assertOpen()
        return Buffer.concat((roots.get(level) ?? []).slice(start, end))
      },
      write: async (level, start, hashes) => {
        this.#assertOpen()
        const stored = roots.get(level) ?? []
        roots.set(level, stored)
        for (let i = 0; i < hashes.length / 32; i++) stored[start + i] = hashes.slice(i * 32, (i + 1) * 32)
      },
    }
  }

  async open(): Promise<void> {
    this.#isOpen = true
  }

  async append(leaves: readonly Leaf[]): Promise<number> {
    this.#assertOpen()
    const first = this.#store.length
    const taken = leaves.map(({ line, hash }) => ({ entry: decodeLine(line), hash: new Uint8Array(hash) }))
    for (const stored of taken) this.#store.push(stored)
    return first
  }

  async size(): Promise<number> {
    this.#assertOpen()
    return this.#store.length
  }

  async read(start: number, end: number): Promise<AuditEntry[]> {
    this.#assertOpen()
    return this.#store.slice(start, end).map(({ entry }, i) => placeEntry(entry, start + i))
  }

  async find(selection: Selection): Promise<AuditEntry[]> {
    return this.select(selection, entry => matches(selection, entry))
  }

  async count(selection: Selection): Promise<number> {
    return (await this.find(selection)).length
  }

  async leafHashes(start: number, end: number): Promise<Uint8Array> {
    this.#assertOpen()
    return Buffer.concat(this.#store.slice(start, end).map(({ hash }) => hash))
  }

  async close(): Promise<void> {
    this.#isOpen = false
  }

  /** `find` with another idea of what matches, or of the order. */
  async select(
    { order, limit }: Selection,
    isMatch: (entry: AuditEntry) => boolean,
    compare: (a: AuditEntry, b: AuditEntry) => number = order === 'asc'
      ? compareEntries
      : (a, b) => compareEntries(b, a),
  ): Promise<AuditEntry[]> {
    return (await this.read(0, this.#store.length)).filter(isMatch).sort(compare).slice(0, limit)
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new AuditError('AUDIT_CLOSED', 'not open')
  }
}
