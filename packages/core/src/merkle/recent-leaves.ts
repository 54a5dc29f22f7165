/** Beyond this many, they are forgotten, because their consumer has failed. */
const MAX_LEAVES = 65_536

/** Leaf hashes that were stored a moment ago, so that they need not be read back. */
export class RecentLeaves {
  #start = 0
  #hashes: Uint8Array[] = []

  /** Adds hashes of 32 bytes that were stored from this index on. */
  add(first: number, hashes: readonly Uint8Array[]): void {
    if (first !== this.#start + this.#hashes.length || this.#hashes.length > MAX_LEAVES) {
      this.#start = first
      this.#hashes = []
    }
    for (const hash of hashes) this.#hashes.push(hash)
  }

  /** The hashes of these indexes, joined, if all of them are remembered. */
  read(start: number, end: number): Uint8Array | undefined {
    if (start < this.#start || end > this.#start + this.#hashes.length) return undefined
    return Buffer.concat(this.#hashes.slice(start - this.#start, end - this.#start))
  }

  /** Forgets those before an index. */
  forgetBefore(index: number): void {
    const count = Math.min(Math.max(0, index - this.#start), this.#hashes.length)
    this.#hashes = this.#hashes.slice(count)
    this.#start += count
  }
}
