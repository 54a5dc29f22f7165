/** A number for each entry: 0 until it is set. Takes no memory for the entries after the last that was set. */
export class Column<A extends Uint32Array | Float64Array = Uint32Array> {
  #values: A

  /** @param values an empty array of the type that holds the numbers. */
  constructor(values: A) {
    this.#values = values
  }

  /** The number of an entry. */
  at(index: number): number {
    return this.#values[index] ?? 0
  }

  /** Sets the number of an entry. */
  set(index: number, value: number): void {
    if (index >= this.#values.length) this.#values = grown(this.#values, index + 1)
    this.#values[index] = value
  }
}

/** The same array with room for a quarter more, and for `length` at least, so that little is unused. */
export function grown<A extends Uint32Array | Float64Array>(array: A, length = array.length + 1): A {
  const larger = new (array.constructor as new (length: number) => A)(
    // the constructor of an A makes an A
    Math.ceil(Math.max(array.length * 1.25, length)) + 4,
  )
  larger.set(array)
  return larger
}
