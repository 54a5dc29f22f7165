import { EMPTY_ROOT, nodeHash } from './tree.ts'

/** The root of a growing tree in O(log n) memory: leaf hashes come one by one, in order, or as whole subtrees. */
export class MerkleAccumulator {
  /** Roots of complete subtrees, the largest first: one for each 1 in the binary form of the size. */
  readonly #subtrees: Uint8Array[]
  #size: number

  /** @param base the tree to start from; it is not changed. Default: the empty tree. */
  constructor(base?: MerkleAccumulator) {
    this.#subtrees = base ? [...base.#subtrees] : []
    this.#size = base?.size ?? 0
  }

  /** How many leaves were added. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds a leaf hash, or the root of a complete subtree, 32 bytes.
   *
   * @param width how many leaves it has: a power of two that divides the size.
   */
  add(root: Uint8Array, width = 1): void {
    let joined = root
    for (let count = this.#size / width; count % 2 === 1; count = Math.floor(count / 2)) {
      joined = nodeHash(this.#subtrees.pop() ?? EMPTY_ROOT, joined)
    }
    this.#subtrees.push(joined)
    this.#size += width
  }

  /** The root over all leaves so far, 32 bytes (RFC 9162, section 2.1.1). */
  root(): Uint8Array {
    const root = this.#subtrees.reduceRight<Uint8Array | undefined>(
      (right, left) => (right ? nodeHash(left, right) : left),
      undefined,
    )
    return Uint8Array.from(root ?? EMPTY_ROOT) // a copy, because the root may be shared
  }
}
