import { randomBytes } from 'node:crypto'
import { sha256Binary } from '../crypto/sha256.ts'
import { canonicalEntryId } from '../entry/entry-id.ts'
import { grown } from './column.ts'

const FREE = 0

/**
 * Maps an entry's id to its index, in 10 to 15 bytes per entry: an open-addressing table of 32-bit hashes. Different ids may
 * share a hash, so compare what it finds. The hash is keyed, so that nobody can create a file of ids that all share one.
 */
export class IdTable {
  readonly #key = randomBytes(16).toString('base64')
  /** The id that was hashed last, since an id is usually looked up and then added. */
  #lastId: string | undefined
  #lastHash = 0
  #hashes = new Uint32Array(64)
  #size = 0
  /** Indexes + 1, since 0 marks a free slot; a power of two, at most three quarters full. */
  #slots = new Uint32Array(64)

  /** Adds the id of the next index. */
  add(entryId: string): void {
    const index = this.#size++
    if (index === this.#hashes.length) this.#hashes = grown(this.#hashes)
    this.#hashes[index] = this.#hashOf(entryId)
    if (this.#size > this.#slots.length * 0.75) this.#rebuild(this.#slots.length * 2)
    else this.#insert(index)
  }

  /** The indexes of all ids with the same hash, in no particular order. */
  indexes(entryId: string): number[] {
    const wanted = this.#hashOf(entryId)
    const mask = this.#slots.length - 1
    const found: number[] = []
    for (let slot = wanted & mask; this.#slots[slot] !== FREE; slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] ?? FREE) - 1
      if (this.#hashes[index] === wanted) found.push(index)
    }
    return found
  }

  #hashOf(entryId: string): number {
    if (entryId === this.#lastId) return this.#lastHash
    this.#lastId = entryId
    this.#lastHash = this.#keyedHash(entryId)
    return this.#lastHash
  }

  #keyedHash(entryId: string): number {
    const digest = sha256Binary(this.#key + canonicalEntryId(entryId))
    return [0, 1, 2, 3].reduce((sum, i) => sum * 256 + digest.charCodeAt(i), 0)
  }

  #insert(index: number): void {
    const mask = this.#slots.length - 1
    let slot = (this.#hashes[index] ?? 0) & mask
    while (this.#slots[slot] !== FREE) slot = (slot + 1) & mask
    this.#slots[slot] = index + 1
  }

  #rebuild(length: number): void {
    this.#slots = new Uint32Array(length)
    for (let index = 0; index < this.#size; index++) this.#insert(index)
  }
}
