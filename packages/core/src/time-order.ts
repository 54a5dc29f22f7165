/** Places of entries in the order of time, then of place. Kept in order lazily: an append costs next to nothing. */
export class TimeOrder {
  readonly #timeOf: (place: number) => number
  #places = new Uint32Array(4)
  #length = 0
  #sorted = 0

  /** @param timeOf the time of an entry, in milliseconds. */
  constructor(timeOf: (place: number) => number) {
    this.#timeOf = timeOf
  }

  /** How many places it holds. */
  get length(): number {
    return this.#length
  }

  /** Adds a place higher than all before. */
  push(place: number): void {
    if (this.#length === this.#places.length) this.#places = grown(this.#places)
    const inOrder =
      this.#sorted === this.#length &&
      (this.#length === 0 || this.#timeOf(this.#last()) <= this.#timeOf(place))
    this.#places[this.#length++] = place
    if (inOrder) this.#sorted = this.#length
  }

  /** The places in order. What is pushed later does not change what was returned. */
  ordered(): Uint32Array {
    if (this.#sorted < this.#length) this.#sort()
    return this.#places.subarray(0, this.#length)
  }

  /** How many places stand before (time, place) in the order. */
  rank(time: number, place: number): number {
    return this.#rankWithin(this.ordered(), time, place)
  }

  #rankWithin(places: Uint32Array, time: number, place: number): number {
    let low = 0
    let high = places.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const candidate = places[middle] ?? 0
      const candidateTime = this.#timeOf(candidate)
      if (candidateTime < time || (candidateTime === time && candidate < place)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Clocks that disagree put only the newest places out of order, so only those are sorted. */
  #sort(): void {
    let earliest = Number.POSITIVE_INFINITY
    for (let i = this.#sorted; i < this.#length; i++)
      earliest = Math.min(earliest, this.#timeOf(this.#places[i] ?? 0))
    const start = this.#rankWithin(this.#places.subarray(0, this.#sorted), earliest, Number.POSITIVE_INFINITY)
    this.#places = this.#places.slice() // what `ordered` returned before stays as it was
    this.#places.subarray(start, this.#length).sort((a, b) => this.#timeOf(a) - this.#timeOf(b) || a - b)
    this.#sorted = this.#length
  }

  #last(): number {
    return this.#places[this.#length - 1] ?? 0
  }
}

/** The same array with room for a quarter more, so that little is unused. */
export function grown<A extends Uint32Array | Float64Array>(array: A): A {
  const larger = new (array.constructor as new (length: number) => A)(
    // the constructor of an A makes an A
    Math.ceil(array.length * 1.25) + 4,
  )
  larger.set(array)
  return larger
}
