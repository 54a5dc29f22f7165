import { HASH_BYTES } from './hashes.ts'
import { EMPTY_ROOT, nodeHash } from './tree.ts'

/**
 * The root that an inclusion proof yields from a leaf (RFC 9162, section 2.1.3.2), or `undefined` if the proof has the
 * wrong length or the index is outside the tree. The leaf is in the tree if this is the tree's root.
 *
 * @param leaf leaf hash, 32 bytes. @param proof hashes of 32 bytes.
 */
export function rootFromInclusionProof(
  leaf: Uint8Array,
  index: bigint,
  size: bigint,
  proof: readonly Uint8Array[],
): Uint8Array | undefined {
  if (index < 0n || index >= size || !areHashes([leaf, ...proof])) return undefined
  let node = index
  let last = size - 1n
  let root = leaf
  for (const sibling of proof) {
    if (last === 0n) return undefined
    if (isOdd(node) || node === last) {
      root = nodeHash(sibling, root)
      while (!isOdd(node) && node !== 0n) {
        node >>= 1n
        last >>= 1n
      }
    } else root = nodeHash(root, sibling)
    node >>= 1n
    last >>= 1n
  }
  return last === 0n ? root : undefined
}

/** Whether a proof shows that a tree of `size` continues one of `oldSize` (RFC 9162, section 2.1.4.2). */
export function isConsistent(
  oldSize: bigint,
  oldRoot: Uint8Array,
  size: bigint,
  root: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (oldSize < 0n || oldSize > size || !areHashes([oldRoot, root, ...proof])) return false
  if (oldSize === 0n) return proof.length === 0 && equalBytes(oldRoot, EMPTY_ROOT)
  if (oldSize === size) return proof.length === 0 && equalBytes(oldRoot, root)

  // A complete old tree is a node of the new one and is left out of the proof.
  const [first, ...rest] = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof
  if (first === undefined) return false
  let node = oldSize - 1n
  let last = size - 1n
  while (isOdd(node)) {
    node >>= 1n
    last >>= 1n
  }
  let oldPath = first
  let path = first
  for (const sibling of rest) {
    if (last === 0n) return false
    if (isOdd(node) || node === last) {
      oldPath = nodeHash(sibling, oldPath)
      path = nodeHash(sibling, path)
      while (!isOdd(node) && node !== 0n) {
        node >>= 1n
        last >>= 1n
      }
    } else path = nodeHash(path, sibling)
    node >>= 1n
    last >>= 1n
  }
  return last === 0n && equalBytes(oldPath, oldRoot) && equalBytes(path, root)
}

/** Whether two byte strings are equal. They are public, so the comparison need not take constant time. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every(hash => hash.length === HASH_BYTES)
}

function isOdd(n: bigint): boolean {
  return (n & 1n) === 1n
}

function isPowerOfTwo(n: bigint): boolean {
  return (n & (n - 1n)) === 0n
}
