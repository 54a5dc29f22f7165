import { createHash } from 'node:crypto'
import { leafHash } from '@audit/core/backend'
import { describe, expect, test } from 'vitest'
import { MerkleAccumulator } from '../src/merkle/accumulator.ts'
import { MerkleTree } from '../src/merkle/merkle-tree.ts'
import { isConsistent, rootFromInclusionProof } from '../src/merkle/proof.ts'
import { rootOf } from '../src/merkle/tree.ts'
import { MemorySubtreeStore } from './memory-subtree-store.ts'

// Trees, proofs and the checks of proofs, each against its definition in RFC 9162, written down as plainly as it stands
// there: by recursion, over lists of hashes.

const SIZES = Array.from({ length: 21 }, (_, size) => size)
const LEAVES = Array.from({ length: 600 }, (_, i) => Buffer.from(leafHash(`leaf ${i}`)))

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const node = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.of(1), left, right)
const EMPTY = sha256()

/** The largest power of two that is smaller than n. */
function largestPower(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** Section 2.1.1: the hash of a tree. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  const [first = EMPTY] = leaves
  if (leaves.length < 2) return first
  const k = largestPower(leaves.length)
  return node(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)))
}

/** Section 2.1.3.1: the inclusion proof of a leaf. */
function path(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return []
  const k = largestPower(leaves.length)
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)]
  return index < k ? [...path(index, left), treeHash(right)] : [...path(index - k, right), treeHash(left)]
}

/** Section 2.1.4.1: the proof that a tree continues its first `oldSize` leaves. */
function subproof(oldSize: number, leaves: readonly Buffer[], isOldTree: boolean): Buffer[] {
  if (oldSize === leaves.length) return isOldTree ? [] : [treeHash(leaves)]
  const k = largestPower(leaves.length)
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)]
  return oldSize <= k
    ? [...subproof(oldSize, left, isOldTree), treeHash(right)]
    : [...subproof(oldSize - k, right, false), treeHash(left)]
}

function consistency(oldSize: number, leaves: readonly Buffer[]): Buffer[] {
  return oldSize === 0 ? [] : subproof(oldSize, leaves, true)
}

/** The root to which a path leads, when it has the length of one. */
function rootOfPath(leaf: Buffer, index: number, size: number, proof: readonly Buffer[]): Buffer | undefined {
  if (index < 0 || index >= size) return undefined
  if (size === 1) return proof.length === 0 ? leaf : undefined
  const k = largestPower(size)
  const [sibling, rest] = [proof.at(-1), proof.slice(0, -1)]
  const below = index < k ? rootOfPath(leaf, index, k, rest) : rootOfPath(leaf, index - k, size - k, rest)
  if (!below || !sibling) return undefined
  return index < k ? node(below, sibling) : node(sibling, below)
}

/** Both roots to which a consistency proof leads, when it has the length of one. */
function rootsOfSubproof(
  oldSize: number,
  size: number,
  oldTree: Buffer | undefined,
  proof: readonly Buffer[],
): { readonly old: Buffer; readonly now: Buffer } | undefined {
  if (oldSize === size) {
    const [root, ...more] = oldTree ? [oldTree, ...proof] : proof
    return root && more.length === 0 ? { old: root, now: root } : undefined
  }
  const k = largestPower(size)
  const [sibling, rest] = [proof.at(-1), proof.slice(0, -1)]
  const isLeft = oldSize <= k
  const below = isLeft
    ? rootsOfSubproof(oldSize, k, oldTree, rest)
    : rootsOfSubproof(oldSize - k, size - k, undefined, rest)
  if (!below || !sibling) return undefined
  if (isLeft) return { old: below.old, now: node(below.now, sibling) }
  return { old: node(sibling, below.old), now: node(sibling, below.now) }
}

function continues(oldSize: number, oldRoot: Buffer, size: number, root: Buffer, proof: readonly Buffer[]) {
  if (oldSize < 0 || oldSize > size) return false
  if (oldSize === 0) return proof.length === 0 && oldRoot.equals(EMPTY)
  const roots = rootsOfSubproof(oldSize, size, oldRoot, proof)
  return roots?.old.equals(oldRoot) === true && roots.now.equals(root)
}

function flipped(hash: Buffer, bit = 0): Buffer {
  const copy = Buffer.from(hash)
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return copy
}

/** What somebody may make of a proof: a hash flipped, dropped, doubled, moved or added, at every place. */
function forgeries(proof: readonly Buffer[], more: readonly Buffer[]): readonly (readonly Buffer[])[] {
  const same = Buffer.concat(proof)
  return [...edits(proof, more)].filter(edited => !Buffer.concat(edited).equals(same))
}

function* edits(proof: readonly Buffer[], more: readonly Buffer[]): Generator<readonly Buffer[]> {
  for (const [i, hash] of proof.entries()) {
    yield proof.with(i, flipped(hash, (i * 37) % 256))
    yield proof.toSpliced(i, 1)
    yield proof.toSpliced(i, 0, hash)
    yield proof.slice(0, i)
    yield proof.toSpliced(i, 2, ...proof.slice(i, i + 2).toReversed())
    for (const other of more) yield proof.with(i, other)
  }
  for (const other of more) {
    yield [...proof, other]
    yield [other, ...proof]
  }
}

/** Proofs in which one hash has not 32 bytes. */
function* misshapen(proof: readonly Buffer[]): Generator<readonly Buffer[]> {
  for (const [i, hash] of proof.entries()) {
    yield proof.with(i, hash.subarray(1))
    yield proof.with(i, Buffer.concat([hash, Buffer.of(0)]))
    yield proof.with(i, Buffer.of())
  }
}

const hex = (hash: Uint8Array | undefined) => hash && Buffer.from(hash).toString('hex')
const tree = () =>
  new MerkleTree(async (start, end) => Buffer.concat(LEAVES.slice(start, end)), new MemorySubtreeStore())

/** Sizes up to 20, and some round the tiles of 256 hashes. */
const LARGE = [255, 256, 257, 258, 300, 511, 512, 513, 600]

test.each([...SIZES, ...LARGE])('the root of %i leaves is that of the definition', async size => {
  const leaves = LEAVES.slice(0, size)
  const expected = hex(treeHash(leaves))
  const accumulator = new MerkleAccumulator()
  for (const leaf of leaves) accumulator.add(leaf)
  expect(hex(rootOf(Buffer.concat(leaves)))).toBe(expected)
  expect(hex(await tree().root(size))).toBe(expected)
  expect([hex(accumulator.root()), accumulator.size]).toEqual([expected, size])
})

test('an accumulator takes whole subtrees, and leaves the one that it begins as alone', () => {
  for (const size of SIZES) {
    for (const width of [1, 2, 4, 8]) {
      const base = new MerkleAccumulator()
      const subtrees = Math.floor(size / width)
      for (let i = 0; i < subtrees; i++) {
        base.add(treeHash(LEAVES.slice(i * width, (i + 1) * width)), width)
      }
      const longer = new MerkleAccumulator(base)
      for (const leaf of LEAVES.slice(subtrees * width, size)) longer.add(leaf)
      expect([longer.size, hex(longer.root())]).toEqual([size, hex(treeHash(LEAVES.slice(0, size)))])
      expect([base.size, hex(base.root())]).toEqual([
        subtrees * width,
        hex(treeHash(LEAVES.slice(0, subtrees * width))),
      ])
    }
  }
})

test('the proofs of a tree are those of the definition', async () => {
  const whole = tree()
  for (const size of [...SIZES, ...LARGE]) {
    const leaves = LEAVES.slice(0, size)
    const step = size > 20 ? 51 : 1
    for (let i = 0; i < size; i += step) {
      expect((await whole.inclusionProof(i, size)).map(hex)).toEqual(path(i, leaves).map(hex))
    }
    for (let old = 0; old <= size; old += step) {
      expect((await whole.consistencyProof(old, size)).map(hex)).toEqual(consistency(old, leaves).map(hex))
    }
  }
})

describe('inclusion', () => {
  const check = (leaf: Buffer, index: number, size: number, proof: readonly Buffer[]) =>
    rootFromInclusionProof(leaf, BigInt(index), BigInt(size), proof)

  test.each(SIZES)('each leaf of %i leads to the root, and no other place does', size => {
    const leaves = LEAVES.slice(0, size)
    const root = hex(treeHash(leaves))
    for (const [index, leaf] of leaves.entries()) {
      const proof = path(index, leaves)
      for (let other = -3; other <= size + 3; other++) {
        expect(hex(check(leaf, other, size, proof)) === root).toBe(other === index)
      }
      expect(hex(check(flipped(leaf), index, size, proof))).not.toBe(root)
    }
  })

  test.each(SIZES)('a forged proof in a tree of %i does not lead to the root', size => {
    const leaves = LEAVES.slice(0, size)
    const root = treeHash(leaves)
    for (const [index, leaf] of leaves.entries()) {
      for (const proof of forgeries(path(index, leaves), [leaf, root, EMPTY])) {
        expect(hex(check(leaf, index, size, proof))).not.toBe(hex(root))
      }
    }
  })

  test('any list of hashes leads where the definition says, for any index and size', () => {
    for (const size of SIZES) {
      for (let index = -1; index <= size + 2; index++) {
        for (let length = 0; length <= 7; length++) {
          const proof = LEAVES.slice(100, 100 + length)
          const [leaf = EMPTY] = LEAVES
          expect(hex(check(leaf, index, size, proof))).toBe(hex(rootOfPath(leaf, index, size, proof)))
        }
      }
    }
  })

  test('the index one behind the end is in no tree, whatever the proof', () => {
    for (const size of SIZES) {
      const leaves = LEAVES.slice(0, size)
      for (const leaf of [...leaves, treeHash(leaves)]) {
        for (const proof of [[], ...leaves.map((_, i) => path(i, leaves))]) {
          for (const index of [size, size + 1, -1]) {
            expect(check(leaf, index, size, proof)).toBeUndefined()
          }
        }
      }
    }
  })

  test('what has not 32 bytes is no hash of a proof, and no leaf hash', () => {
    for (const size of SIZES) {
      const leaves = LEAVES.slice(0, size)
      for (const [index, leaf] of leaves.entries()) {
        const proof = path(index, leaves)
        for (const wrong of misshapen(proof)) expect(check(leaf, index, size, wrong)).toBeUndefined()
        expect(check(leaf.subarray(1), index, size, proof)).toBeUndefined()
        expect(check(Buffer.concat([leaf, leaf]), index, size, proof)).toBeUndefined()
      }
    }
  })

  test('sizes beyond 2^53 are counted exactly', () => {
    const [leaf = EMPTY] = LEAVES
    const size = 2n ** 63n
    const proof = LEAVES.slice(1, 64)
    expect(rootFromInclusionProof(leaf, size - 1n, size, proof)).toBeDefined()
    expect(rootFromInclusionProof(leaf, size, size, proof)).toBeUndefined()
    expect(hex(rootFromInclusionProof(leaf, 2n ** 53n, size, proof))).not.toBe(
      hex(rootFromInclusionProof(leaf, 2n ** 53n + 1n, size, proof)),
    )
  })
})

describe('consistency', () => {
  const check = (oldSize: number, oldRoot: Buffer, size: number, root: Buffer, proof: readonly Buffer[]) =>
    isConsistent(BigInt(oldSize), oldRoot, BigInt(size), root, proof)
  const pairs = SIZES.flatMap(size => SIZES.filter(old => old <= size).map(old => [old, size] as const))
  const at = (oldSize: number, size: number) => ({
    oldRoot: treeHash(LEAVES.slice(0, oldSize)),
    root: treeHash(LEAVES.slice(0, size)),
    proof: consistency(oldSize, LEAVES.slice(0, size)),
  })

  test('each tree continues each smaller one, and no other', () => {
    for (const [oldSize, size] of pairs) {
      const { oldRoot, root, proof } = at(oldSize, size)
      expect(check(oldSize, oldRoot, size, root, proof)).toBe(true)
      // Another old root of the right length, another new one, both the same, and exchanged.
      const others = [flipped(oldRoot, 255), EMPTY, root, Buffer.alloc(32)]
      for (const other of others.filter(hash => !hash.equals(oldRoot))) {
        expect(check(oldSize, other, size, root, proof)).toBe(false)
      }
      // What continues an empty tree, nobody can tell.
      const isProved = oldSize > 0
      for (const other of [flipped(root, 255), EMPTY, oldRoot].filter(hash => !hash.equals(root))) {
        expect(check(oldSize, oldRoot, size, other, proof)).toBe(!isProved)
      }
    }
  })

  test('another old size, or another size, is as the definition has it', () => {
    for (const [oldSize, size] of pairs) {
      const { oldRoot, root, proof } = at(oldSize, size)
      for (let other = -1; other <= 22; other++) {
        expect(check(other, oldRoot, size, root, proof)).toBe(continues(other, oldRoot, size, root, proof))
        expect(check(oldSize, oldRoot, other, root, proof)).toBe(
          continues(oldSize, oldRoot, other, root, proof),
        )
      }
    }
  })

  test('a forged proof shows nothing', () => {
    for (const [oldSize, size] of pairs) {
      const { oldRoot, root, proof } = at(oldSize, size)
      for (const forged of forgeries(proof, [oldRoot, root, EMPTY])) {
        expect(check(oldSize, oldRoot, size, root, forged)).toBe(false)
      }
    }
  })

  test('a forged proof that leads to one of the roots alone shows nothing', () => {
    for (const [oldSize, size] of pairs) {
      // A log with another past, whose proofs hold within itself.
      const changed = [flipped(LEAVES[0] ?? EMPTY), ...LEAVES.slice(1, size)]
      if (oldSize === 0 || oldSize === size) continue
      const { oldRoot, root, proof } = at(oldSize, size)
      const forged = consistency(oldSize, changed)
      const [otherOld, other] = [treeHash(changed.slice(0, oldSize)), treeHash(changed)]
      expect(check(oldSize, otherOld, size, other, forged)).toBe(true)
      expect(check(oldSize, oldRoot, size, other, forged)).toBe(false)
      expect(check(oldSize, otherOld, size, root, proof)).toBe(false)
      expect(check(oldSize, oldRoot, size, other, proof)).toBe(false)
    }
  })

  test('any list of hashes shows what the definition says, with the roots that it leads to', () => {
    for (const size of SIZES) {
      for (let oldSize = 0; oldSize <= size + 1; oldSize++) {
        for (let length = 0; length <= 7; length++) {
          const proof = LEAVES.slice(100, 100 + length)
          const [first = EMPTY] = LEAVES
          // The roots to which it leads where it has the right length, so that nothing else can be what is refused.
          const led =
            oldSize > 0 && oldSize <= size ? rootsOfSubproof(oldSize, size, first, proof) : undefined
          const oldRoot = led?.old ?? first
          const root = led?.now ?? first
          expect(check(oldSize, oldRoot, size, root, proof)).toBe(
            continues(oldSize, oldRoot, size, root, proof),
          )
        }
      }
    }
  })

  test('what has not 32 bytes is no hash of a proof, and no root', () => {
    for (const [oldSize, size] of pairs) {
      const { oldRoot, root, proof } = at(oldSize, size)
      for (const wrong of misshapen(proof)) expect(check(oldSize, oldRoot, size, root, wrong)).toBe(false)
      expect(check(oldSize, oldRoot, size, root.subarray(1), proof)).toBe(false)
      expect(check(oldSize, oldRoot.subarray(1), size, root, proof)).toBe(false)
    }
    const none = Buffer.of()
    expect(check(5, none, 5, none, [])).toBe(false)
    expect(check(0, EMPTY, 5, none, [])).toBe(false)
  })
})
