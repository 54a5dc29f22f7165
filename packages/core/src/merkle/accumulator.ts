import { EMPTY_ROOT, nodeHash } from './tree.ts'

/** The root of a growing tree in O(log n) memory: leaf hashes come one by one, in order. */
export class MerkleAccumulator {
  /** Roots of complete subtrees, the largest first: one for each 1 in the binary form of the size. */
  readonly #subtrees: Uint8Array[] = []
  #size = 0

  /** How many leaves were added. */
  get size(): number {
    return this.#size
  }

  /** Adds a leaf hash, 32 bytes. */
  add(leaf: Uint8Array): void {
    let root = leaf
    for (let size = this.#size++; size % 2 === 1; size = Math.floor(size / 2)) {
      root = nodeHash(this.#subtrees.pop() ?? EMPTY_ROOT, root)
    }
    this.#subtrees.push(root)
  }

  /** The root over all leaves so far, 32 bytes (RFC 9162, section 2.1.1). */
  root(): Uint8Array {
    return (
      this.#subtrees.reduceRight<Uint8Array | undefined>(
        (right, left) => (right ? nodeHash(left, right) : left),
        undefined,
      ) ?? EMPTY_ROOT
    )
  }
}
