import { hashAt, hashCount } from './hashes.ts'

/**
 * Stores roots of complete subtrees: level 1 over 256 leaves, level 2 over 65,536, and so on. They are derived from the
 * leaf hashes, so losing them costs only time, and a verifier never trusts them. Core writes the roots of a level in order
 * and without gaps. Several processes may write the same roots.
 */
export interface SubtreeStore {
  /** Roots of a level by index, 32 bytes each, joined, up to the first that is not stored. */
  read(level: number, start: number, end: number): Promise<Uint8Array>
  /** Stores roots of a level, 32 bytes each, joined, from index `start` on. Writing the same again is fine. */
  write(level: number, start: number, hashes: Uint8Array): Promise<void>
}

/** In place of the store of a backend that stores no subtree roots, or that may only read. */
export const NO_SUBTREES: SubtreeStore = {
  read: async () => new Uint8Array(),
  write: async () => {},
}

/** The store of a read-only backend: each process computes missing roots itself and writes none. */
export function withoutWrites(store: SubtreeStore): SubtreeStore {
  return { read: (level, start, end) => store.read(level, start, end), write: NO_SUBTREES.write }
}

/** Subtree roots in memory: 32 bytes for 256 entries. */
export class SubtreeCache {
  readonly #levels = new Map<number, Map<number, Uint8Array>>()

  /** Adds roots of a level, 32 bytes each, joined, from index `start` on. */
  add(level: number, start: number, hashes: Uint8Array): void {
    const roots = this.#levels.get(level) ?? new Map<number, Uint8Array>()
    this.#levels.set(level, roots)
    for (let i = 0; i < hashCount(hashes); i++) roots.set(start + i, hashAt(hashes, i).slice())
  }

  /** The root at an index of a level, 32 bytes. */
  get(level: number, index: number): Uint8Array | undefined {
    return this.#levels.get(level)?.get(index)
  }
}
