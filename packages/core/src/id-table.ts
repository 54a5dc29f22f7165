import { canonicalEntryId } from './entry-id.ts'
import { grown } from './time-order.ts'

const FREE = 0

/**
 * From an entry's id to its place, in 10 to 15 bytes an entry: an open-addressing table of 32-bit hashes.
 * Different ids may share a hash, so what it finds is to be compared.
 */
export class IdTable {
  #hashes = new Uint32Array(64)
  #size = 0
  /** Places + 1, since 0 marks a free slot; a power of two, at most three quarters full. */
  #slots = new Uint32Array(64)

  /** Adds the id of the next place. */
  add(entryId: string): void {
    const place = this.#size++
    if (place === this.#hashes.length) this.#hashes = grown(this.#hashes)
    this.#hashes[place] = hashOf(entryId)
    if (this.#size > this.#slots.length * 0.75) this.#rebuild(this.#slots.length * 2)
    else this.#insert(place)
  }

  /** The places of all ids with the same hash, in no particular order. */
  places(entryId: string): number[] {
    const hash = hashOf(entryId)
    const mask = this.#slots.length - 1
    const found: number[] = []
    for (let slot = hash & mask; this.#slots[slot] !== FREE; slot = (slot + 1) & mask) {
      const place = (this.#slots[slot] ?? FREE) - 1
      if (this.#hashes[place] === hash) found.push(place)
    }
    return found
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

/** FNV-1a over the UTF-16 code units, with a final mix so that the low bits serve as the slot. */
function hashOf(entryId: string): number {
  const text = canonicalEntryId(entryId)
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
