import {
  type AuditEntry,
  createSigner,
  createVerifier,
  verifyCheckpoint,
  verifyConsistency,
  verifyProof,
} from '@audit/core'
import { createLeaf, decodeLine, encodeLine, placeEntry } from '@audit/core/backend'
import { describe, expect, test } from 'vitest'
import { MerkleAccumulator } from '../src/merkle/accumulator.ts'
import { MerkleTree } from '../src/merkle/merkle-tree.ts'
import { isConsistent, rootFromInclusionProof } from '../src/merkle/proof.ts'
import { rootOf } from '../src/merkle/tree.ts'
import { encodeCheckpoint } from '../src/note/checkpoint.ts'
import { decodeConsistencyProof, encodeConsistencyProof } from '../src/note/consistency-proof.ts'
import { signNote } from '../src/note/signed-note.ts'
import { decodeProof, encodeProof } from '../src/note/tlog-proof.ts'
import { ENTRIES, goldenEntries } from './golden/entries.ts'
import {
  type GoldenNotes,
  type GoldenTree,
  goldenLogOf,
  PRIVATE_KEY,
  readGolden,
} from './golden/golden-log.ts'
import { MemorySubtreeStore } from './memory-subtree-store.ts'

// The files in golden/ were made once, and checked by golden/check.py, which shares no code with this package. A log that
// was written years ago must still have these bytes: where one of these tests fails, the code is wrong and not the file.

const text = readGolden('log.jsonl')
const lines = text.split('\n').slice(0, -1)
const tree: GoldenTree = JSON.parse(readGolden('tree.json'))
const notes: GoldenNotes = JSON.parse(readGolden('notes.json'))
const hashes = tree.leafHashes.map(fromBase64)
const verifier = createVerifier(readGolden('public-key.txt'))
const signer = createSigner(PRIVATE_KEY)

function fromBase64(base64: string): Uint8Array {
  return Buffer.from(base64, 'base64')
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function rootAt(size: number): Uint8Array {
  return fromBase64(tree.roots[size] ?? '')
}

function entryAt(index: number): AuditEntry {
  return placeEntry(decodeLine(lines[index] ?? ''), index)
}

function newTree(): { readonly merkle: MerkleTree; readonly subtrees: MemorySubtreeStore } {
  const subtrees = new MemorySubtreeStore()
  return {
    merkle: new MerkleTree(async (from, to) => Buffer.concat(hashes.slice(from, to)), subtrees),
    subtrees,
  }
}

/** A checkpoint with any root, signed by the golden key. */
function forgedCheckpoint(size: number, root: Uint8Array): Promise<string> {
  return signNote(encodeCheckpoint({ origin: verifier.name, size, root, extensions: [] }), signer)
}

describe('the lines', () => {
  test('entries are encoded to them', () => {
    expect(goldenEntries().map(encodeLine)).toEqual(lines)
    expect(lines).toHaveLength(ENTRIES)
  })

  test('they are decoded to the entries, and those encoded to them again', () => {
    const decoded = lines.map(decodeLine)
    expect(decoded).toEqual(goldenEntries())
    expect(decoded.map(entry => `${encodeLine(entry)}\n`).join('')).toBe(text)
  })

  test('they have the leaf hashes', () => {
    const leaves = lines.map(line => createLeaf(decodeLine(line)))
    expect(leaves.map(({ hash }) => toBase64(hash))).toEqual(tree.leafHashes)
  })
})

describe('the tree', () => {
  test('has the root of every size, whichever was asked for before', async () => {
    const { merkle } = newTree()
    for (const [size, root] of [...tree.roots.entries()].toReversed()) {
      expect(toBase64(await merkle.root(size))).toBe(root)
    }
    const roots = tree.roots.map(async (_, size) => toBase64(await newTree().merkle.root(size)))
    expect(await Promise.all(roots)).toEqual(tree.roots)
  })

  test('has these roots when its leaves come one by one', () => {
    const accumulator = new MerkleAccumulator()
    const roots = [toBase64(accumulator.root())]
    for (const hash of hashes) {
      accumulator.add(hash)
      roots.push(toBase64(accumulator.root()))
    }
    expect(roots).toEqual(tree.roots)
  })

  test('has the roots of subtrees, and stores those of 256 leaves', async () => {
    for (const { start, end, root } of tree.subtrees) {
      expect(toBase64(rootOf(Buffer.concat(hashes.slice(start, end))))).toBe(root)
    }
    const { merkle, subtrees } = newTree()
    await merkle.root(ENTRIES)
    const stored = tree.subtrees.filter(({ start, end }) => end - start === 256).map(({ root }) => root)
    const bytes = Buffer.from(await subtrees.read(1, 0, stored.length))
    expect(stored).toEqual([toBase64(bytes.subarray(0, 32)), toBase64(bytes.subarray(32))])
  })
})

describe('the log', () => {
  test.each(notes.checkpoints)('signs and accepts its checkpoint of $size', async ({ size, checkpoint }) => {
    await using log = await goldenLogOf(lines, size)
    expect(await log.checkpoint()).toBe(checkpoint)
    const { root } = verifyCheckpoint({ checkpoint, verifier })
    expect(toBase64(root)).toBe(tree.roots[size])
  })

  test('is whole by each of its checkpoints', async () => {
    await using log = await goldenLogOf(lines, ENTRIES)
    for (const { checkpoint } of notes.checkpoints) {
      expect(await log.verify({ checkpoint })).toMatchObject({ ok: true, size: ENTRIES, findings: [] })
    }
  })

  test('is not whole by any of them once its first entry is another', async () => {
    const others = [lines[1] ?? '', ...lines.slice(1)]
    await using log = await goldenLogOf(others, ENTRIES)
    for (const { checkpoint } of notes.checkpoints) expect((await log.verify({ checkpoint })).ok).toBe(false)
  })
})

describe('inclusion proofs', () => {
  test.each(notes.inclusion)('of entry $index among $size', async ({ index, size, proof }) => {
    await using log = await goldenLogOf(lines, size)
    const entry = entryAt(index)
    expect(await log.prove(entry.entryId)).toBe(proof)
    expect(verifyProof({ entry, proof, verifier })).toMatchObject({ size, root: rootAt(size) })
  })

  // In a tree of a power of two, the hashes of the first leaf lead to the root from the index behind the last one as well.
  test.each(notes.inclusion)(
    'of entry $index prove nothing behind the last of $size',
    ({ index, size, proof }) => {
      for (const claimed of [size, size + 1, 2 * size]) {
        const decoded = decodeProof(proof)
        const forged = encodeProof({ ...decoded, index: claimed })
        const entry = { ...entryAt(index), index: claimed }
        expect(codeOf(() => verifyProof({ entry, proof: forged, verifier }))).toBe('AUDIT_NOT_INCLUDED')
        const leaf = hashes[index] ?? Buffer.of()
        expect(rootFromInclusionProof(leaf, BigInt(claimed), BigInt(size), decoded.hashes)).toBeUndefined()
      }
    },
  )

  test.each(notes.inclusion)('of entry $index among $size are of no other entry', ({ index, proof }) => {
    const entry = { ...entryAt((index + 1) % ENTRIES), index }
    expect(codeOf(() => verifyProof({ entry, proof, verifier }))).toBe('AUDIT_NOT_INCLUDED')
  })
})

describe('consistency proofs', () => {
  test.each(notes.consistency)('from $oldSize to $size', async ({ oldSize, size, proof }) => {
    await using log = await goldenLogOf(lines, size)
    const older = checkpointOf(oldSize)
    expect(await log.proveConsistency(older)).toBe(proof)
    expect(verifyConsistency({ older, proof, verifier })).toMatchObject({ size, root: rootAt(size) })
  })

  test.each(notes.consistency)(
    'from $oldSize to $size are of no other old root',
    async ({ oldSize, size, proof }) => {
      const right = rootAt(oldSize)
      const flipped = right.map((byte, i) => (i === 31 ? byte ^ 1 : byte))
      for (const wrong of [flipped, rootAt(oldSize - 1), rootAt(size), new Uint8Array(32)]) {
        const older = await forgedCheckpoint(oldSize, wrong)
        expect(codeOf(() => verifyConsistency({ older, proof, verifier }))).toBe('AUDIT_NOT_CONSISTENT')
        const { hashes: path } = decodeConsistencyProof(proof)
        expect(isConsistent(BigInt(oldSize), wrong, BigInt(size), rootAt(size), path)).toBe(false)
      }
    },
  )

  test.each(notes.consistency)(
    'from $oldSize to $size are of no other new root',
    async ({ oldSize, size, proof }) => {
      const checkpoint = await forgedCheckpoint(size, rootAt(size - 1))
      const forged = encodeConsistencyProof({ ...decodeConsistencyProof(proof), checkpoint })
      const verify = () => verifyConsistency({ older: checkpointOf(oldSize), proof: forged, verifier })
      expect(codeOf(verify)).toBe('AUDIT_NOT_CONSISTENT')
    },
  )
})

function checkpointOf(size: number): string {
  const found = notes.checkpoints.find(note => note.size === size)
  if (!found) throw new Error(`there is no golden checkpoint of ${size}`)
  return found.checkpoint
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code)
    throw error
  }
}
