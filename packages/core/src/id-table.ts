import { hash, randomBytes } from 'node:crypto'
import { canonicalEntryId } from './entry-id.ts'
import { grown } from './time-order.ts'

const FREE = 0

/**
 * From an entry's id to its place, in 10 to 15 bytes an entry: an open-addressing table of 32-bit hashes.
 * Different ids may share a hash, so what it finds is to be compared. The hash has a key of its own, so that nobody can
 * make a file of ids that all share one.
 */
export class IdTable {
  readonly #key = randomBytes(16).toString('base64')
  /** The id that was hashed last: it is mostly looked up and then added. */
  #lastId: string | undefined
  #lastHash = 0
  #hashes = new Uint32Array(64)
  #size = 0
  /** Places + 1, since 0 marks a free slot; a power of two, at most three quarters full. */
  #slots = new Uint32Array(64)

  /** Adds the id of the next place. */
  add(entryId: string): void {
    const place = this.#size++
    if (place === this.#hashes.length) this.#hashes = grown(this.#hashes)
    this.#hashes[place] = this.#hashOf(entryId)
    if (this.#size > this.#slots.length * 0.75) this.#rebuild(this.#slots.length * 2)
    else this.#insert(place)
  }

  /** The places of all ids with the same hash, in no particular order. */
  places(entryId: string): number[] {
    const wanted = this.#hashOf(entryId)
    const mask = this.#slots.length - 1
    const found: number[] = []
    for (let slot = wanted & mask; this.#slots[slot] !== FREE; slot = (slot + 1) & mask) {
      const place = (this.#slots[slot] ?? FREE) - 1
      if (this.#hashes[place] === wanted) found.push(place)
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
    // As a string of bytes: a new Buffer for each id costs twice as much as its hash.
    const digest = hash('sha256', this.#key + canonicalEntryId(entryId), 'binary')
    return [0, 1, 2, 3].reduce((sum, i) => sum * 256 + digest.charCodeAt(i), 0)
  }

  #insert(place: number): void {
    const mask = this.#slots.length - 1
    let slot = (this.#hashes[place] ?? 0) & mask
    while (this.#slots[slot] !== FREE) slot = (slot + 1) & mask
    this.#slots[slot] = place + 1
  }

  #rebuild(length: number): void {
    this.#slots = new Uint32Array(length)
    for (let place = 0; place < this.#size; place++) this.#insert(place)
  }
}
