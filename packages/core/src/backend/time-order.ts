import { grown } from './column.ts'

/** An entry this near to the end of the order is put into its position at once. */
const NEAR = 1024

/**
 * Indexes of entries in the order of time, then of index. Processes whose clocks differ, or that wait for each other,
 * add entries that are a little late, which costs little; what is far from its position is sorted in when it is needed.
 */
export class TimeOrder {
  readonly #timeOf: (index: number) => number
  #indexes = new Uint32Array(4)
  #length = 0
  #sorted = 0
  #version = 0

  /** @param timeOf the time of an entry, in milliseconds. */
  constructor(timeOf: (index: number) => number) {
    this.#timeOf = timeOf
  }

  /** How many indexes it holds. */
  get length(): number {
    return this.#length
  }

  /** Changes whenever an index moves; what is added at the end moves none. */
  get version(): number {
    this.#sort()
    return this.#version
  }

  /** Adds an index higher than all before. */
  push(index: number): void {
    if (this.#length === this.#indexes.length) this.#indexes = grown(this.#indexes)
    this.#indexes[this.#length++] = index
    if (this.#sorted < this.#length - 1) return
    const position = this.#positionNearEnd(this.#timeOf(index))
    if (position === undefined) return
    this.#sorted = this.#length
    if (position === this.#length - 1) return
    this.#indexes.copyWithin(position + 1, position, this.#length - 1)
    this.#indexes[position] = index
    this.#version++
  }

  /** The index at a position of the order. */
  at(position: number): number {
    this.#sort()
    return this.#indexes[position] ?? 0
  }

  /** How many indexes stand before (time, index) in the order. */
  rank(time: number, index: number): number {
    this.#sort()
    return this.#rankWithin(this.#length, time, index)
  }

  #rankWithin(length: number, time: number, index: number): number {
    let low = 0
    let high = length
    while (low < high) {
      const middle = (low + high) >>> 1
      const candidate = this.#indexes[middle] ?? 0
      const candidateTime = this.#timeOf(candidate)
      if (candidateTime < time || (candidateTime === time && candidate < index)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Where the last index belongs by its time, unless that is far from the end. */
  #positionNearEnd(time: number): number | undefined {
    const nearest = Math.max(0, this.#length - 1 - NEAR)
    let position = this.#length - 1
    while (position > nearest && this.#timeOf(this.#indexes[position - 1] ?? 0) > time) position--
    return position > nearest || position === 0 ? position : undefined
  }

  /** Sorts the newest indexes, from the first that one of them belongs before. */
  #sort(): void {
    if (this.#sorted === this.#length) return
    let earliest = Number.POSITIVE_INFINITY
    for (let i = this.#sorted; i < this.#length; i++)
      earliest = Math.min(earliest, this.#timeOf(this.#indexes[i] ?? 0))
    const start = this.#rankWithin(this.#sorted, earliest, Number.POSITIVE_INFINITY)
    // The sort is stable, and of two indexes with the same time the lower one stands first already.
    this.#indexes.subarray(start, this.#length).sort((a, b) => this.#timeOf(a) - this.#timeOf(b))
    this.#sorted = this.#length
    this.#version++
  }
}
