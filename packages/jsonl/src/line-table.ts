/** Entries a page; pages that are not full cost no resident memory, since the system gives it out on first use. */
const PAGE = 65_536

/** Where the line of each entry stands in the file, in 12 bytes an entry. */
export class LineTable {
  readonly #offsets: Float64Array[] = []
  readonly #lengths: Uint32Array[] = []
  #size = 0

  /** Adds the line of the next place. */
  add(offset: number, length: number): void {
    const slot = this.#size++ % PAGE
    if (slot === 0) {
      this.#offsets.push(new Float64Array(PAGE))
      this.#lengths.push(new Uint32Array(PAGE))
    }
    const offsets = this.#offsets.at(-1)
    const lengths = this.#lengths.at(-1)
    if (offsets) offsets[slot] = offset
    if (lengths) lengths[slot] = length
  }

  /** How many lines it holds. */
  get size(): number {
    return this.#size
  }

  /** Where the line begins, in bytes. */
  offset(place: number): number {
    return this.#offsets[Math.floor(place / PAGE)]?.[place % PAGE] ?? 0
  }

  /** Its bytes, without the newline. */
  length(place: number): number {
    return this.#lengths[Math.floor(place / PAGE)]?.[place % PAGE] ?? 0
  }
}
