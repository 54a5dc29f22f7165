/** Entries per page. The unused part of a page takes no resident memory, because the system allocates it on first use. */
const PAGE = 65_536

/** Where the line of an entry is in the file, and its digest. */
export interface KnownLine {
  /** Where it begins, in bytes. */
  readonly offset: number
  /** Its bytes, without the newline. */
  readonly length: number
  /** 32 bits of its digest. */
  readonly digest: number
  /** Whether it is the canonical line of its entry, byte for byte. */
  readonly isCanonical: boolean
}

interface TablePage {
  readonly offsets: Float64Array
  readonly lengths: Uint32Array
  readonly digests: Uint32Array
  readonly areCanonical: Uint8Array
}

/** The line of each entry, in 17 bytes per entry. */
export class LineTable {
  readonly #pages: TablePage[] = []
  #size = 0

  /** Adds the line of the next index. */
  add({ offset, length, digest, isCanonical }: KnownLine): void {
    const slot = this.#size++ % PAGE
    if (slot === 0) this.#pages.push(newPage())
    const page = this.#pages.at(-1)
    if (!page) return
    page.offsets[slot] = offset
    page.lengths[slot] = length
    page.digests[slot] = digest
    page.areCanonical[slot] = Number(isCanonical)
  }

  /** How many lines it holds. */
  get size(): number {
    return this.#size
  }

  /** The line of an entry. Throws a `RangeError` for an index beyond the size. */
  at(index: number): KnownLine {
    const page = this.#pages[Math.floor(index / PAGE)]
    if (!page || index >= this.#size) throw new RangeError(`there is no entry ${index}`)
    const slot = index % PAGE
    return {
      offset: page.offsets[slot] ?? 0,
      length: page.lengths[slot] ?? 0,
      digest: page.digests[slot] ?? 0,
      isCanonical: page.areCanonical[slot] === 1,
    }
  }
}

function newPage(): TablePage {
  return {
    offsets: new Float64Array(PAGE),
    lengths: new Uint32Array(PAGE),
    digests: new Uint32Array(PAGE),
    areCanonical: new Uint8Array(PAGE),
  }
}
