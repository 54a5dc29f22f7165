import { HASH_BYTES } from './leaf.ts'

/**
 * Keeps roots of complete subtrees: level 1 over 256 leaves, level 2 over 65,536, and so on. They are derived from
 * the leaf hashes, so losing them costs time alone, and a verifier never trusts them. Core writes those of a level in order
 * and without gaps; where several processes do, each may write what another has written.
 */
export interface SubtreeStore {
  /** Roots of a level by place, 32 bytes each, joined, up to the first that is not stored. */
  read(level: number, start: number, end: number): Promise<Uint8Array>
  /** Stores roots of a level, 32 bytes each, joined, from place `start` on. Writing the same again is fine. */
  write(level: number, start: number, hashes: Uint8Array): Promise<void>
}

/** What core uses for a backend that keeps no subtree roots: computed anew by each process. */
export class MemorySubtreeStore implements SubtreeStore {
  readonly #levels = new Map<number, Uint8Array[]>()

  async read(level: number, start: number, end: number): Promise<Uint8Array> {
    return Buffer.concat((this.#levels.get(level) ?? []).slice(start, end))
  }

  async write(level: number, start: number, hashes: Uint8Array): Promise<void> {
    const roots = this.#levels.get(level) ?? []
    this.#levels.set(level, roots)
    for (let i = 0; i * HASH_BYTES < hashes.length; i++) {
      roots[start + i] = hashes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES)
    }
  }
}
