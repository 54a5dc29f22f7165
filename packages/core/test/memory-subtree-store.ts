import { HASH_BYTES, type SubtreeStore } from '@audit/core/backend'

/** Keeps subtree roots in memory, as a backend would keep them on disk. */
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
