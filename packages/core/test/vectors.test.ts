import { createHash, hash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSigner, createVerifier, verifyCheckpoint, verifyConsistency } from '@audit/core'
import { leafHash, type SubtreeStore } from '@audit/core/backend'
import { afterAll, describe, expect, test } from 'vitest'
import { MerkleAccumulator } from '../src/merkle/accumulator.ts'
import { MerkleTree } from '../src/merkle/merkle-tree.ts'
import { isConsistent, rootFromInclusionProof } from '../src/merkle/proof.ts'
import { nodeHash } from '../src/merkle/tree.ts'
import { decodeCheckpoint, encodeCheckpoint } from '../src/note/checkpoint.ts'
import { decodeConsistencyProof, encodeConsistencyProof } from '../src/note/consistency-proof.ts'
import { openNote, signNote } from '../src/note/signed-note.ts'
import { decodeProof, encodeProof } from '../src/note/tlog-proof.ts'
import { MemorySubtreeStore } from './memory-subtree-store.ts'
import { decodeTilePath, encodeTilePath, tileOf } from './tile-path.ts'

// What nobody outside needs is imported from src: published cases test the parts one by one.

const folder = join(import.meta.dirname, '../../../../shared/vectors')
const isThere = existsSync(folder)
const counts = new Map<string, number>()
const MAX_LEAVES = 65_537

/** Loads a file of cases; the count of its checks is printed in the end. */
function load(file: string) {
  counts.set(file, counts.get(file) ?? 0)
  return JSON.parse(readFileSync(join(folder, file), 'utf8'))
}

/** One check of a file, counted. */
function check(file: string, actual: unknown, expected: unknown, name: string): void {
  counts.set(file, (counts.get(file) ?? 0) + 1)
  expect(actual, `${file}: ${name}`).toEqual(expected)
}

const fromBase64 = (text: string): Uint8Array => Buffer.from(text, 'base64')
const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

function codeOf(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code)
    throw error
  }
}

/** A tree over leaf hashes in memory, with what it stored of subtrees. */
function treeOver(leaves: Uint8Array): { readonly tree: MerkleTree; readonly subtrees: SubtreeStore } {
  const subtrees = new MemorySubtreeStore()
  const read = async (start: number, end: number) => leaves.subarray(start * 32, end * 32)
  return { tree: new MerkleTree(read, subtrees), subtrees }
}

function leavesOf(texts: readonly string[]): Uint8Array {
  return Buffer.concat(texts.map(leafHash))
}

/** The leaves that big-trees.json is made over: "leaf 0", "leaf 1", … */
function manyLeaves(count: number): Uint8Array {
  const leaves = new Uint8Array(count * 32)
  for (let i = 0; i < count; i++) leaves.set(leafHash(`leaf ${i}`), i * 32)
  return leaves
}

describe.skipIf(!isThere)('published cases (need the vectors beside the checkout)', () => {
  afterAll(() => {
    for (const [file, count] of counts) console.log(`${file}: ${count} checks`)
  })

  test('every file is run', () => {
    expect(readdirSync(folder).toSorted()).toEqual([
      'big-trees.json',
      'checkpoint.json',
      'consistency-proofs.json',
      'cosignature.json',
      'inclusion-proofs.json',
      'jcs', // in lines.test.ts
      'rfc6962-roots.json',
      'signed-note.json',
      'tessera-log.json',
      'tile-paths.json',
      'tlog-proof.json',
      'witness-transcript.json',
    ])
  })

  test('roots of RFC 6962', async () => {
    const file = 'rfc6962-roots.json'
    const { leaves_hex, node_hashes_hex_by_level: levels, roots_hex_by_size_0_to_8: roots } = load(file)
    const hashes = leaves_hex.map((hex: string) => hash('sha256', Buffer.from(`00${hex}`, 'hex'), 'buffer'))
    const { tree } = treeOver(Buffer.concat(hashes))
    const accumulator = new MerkleAccumulator()
    for (const [size, root] of roots.entries()) {
      check(file, toHex(await tree.root(size)), root, `root of ${size}`)
      check(file, toHex(accumulator.root()), root, `accumulated root of ${size}`)
      if (size < hashes.length) accumulator.add(hashes[size])
    }
    let level: Uint8Array[] = hashes
    for (const [height, expected] of levels.entries()) {
      check(file, level.map(toHex), expected, `level ${height}`)
      level = level.flatMap((left, i) => (i % 2 === 0 ? [nodeHash(left, level[i + 1] ?? left)] : []))
    }
  })

  test('inclusion proofs, valid and forged', () => {
    const file = 'inclusion-proofs.json'
    for (const { leafHash: leaf, leafIdx, treeSize, proof, root, wantErr, desc, file: name } of load(file)
      .cases) {
      const hashes = (proof ?? []).map(fromBase64)
      const found = rootFromInclusionProof(fromBase64(leaf), BigInt(leafIdx), BigInt(treeSize), hashes)
      check(
        file,
        found !== undefined && toBase64(found) === toBase64(fromBase64(root ?? '')),
        !wantErr,
        `${name} ${desc}`,
      )
    }
  })

  test('consistency proofs, valid and forged', () => {
    const file = 'consistency-proofs.json'
    for (const { size1, root1, size2, root2, proof, wantErr, desc, file: name } of load(file).cases) {
      const hashes = (proof ?? []).map(fromBase64)
      const [oldRoot, root] = [fromBase64(root1 ?? ''), fromBase64(root2 ?? '')]
      check(
        file,
        isConsistent(BigInt(size1), oldRoot, BigInt(size2), root, hashes),
        !wantErr,
        `${name} ${desc}`,
      )
    }
  })

  test('trees round 256 and 65,536', async () => {
    const file = 'big-trees.json'
    const { max_size, roots, inclusion, consistency, tiles } = load(file)
    expect(max_size).toBe(MAX_LEAVES)
    const leaves = manyLeaves(MAX_LEAVES)
    const { tree, subtrees } = treeOver(leaves)
    for (const { size, root } of roots) check(file, toBase64(await tree.root(size)), root, `root of ${size}`)
    for (const { index, size, proof } of inclusion) {
      check(
        file,
        (await tree.inclusionProof(index, size)).map(toBase64),
        proof,
        `inclusion ${index} in ${size}`,
      )
    }
    for (const { old, new: size, old_root, proof } of consistency) {
      check(
        file,
        (await tree.consistencyProof(old, size)).map(toBase64),
        proof,
        `consistency ${old} to ${size}`,
      )
      check(file, toBase64(await tree.root(old)), old_root, `old root of ${old}`)
    }
    for (const { size, rightmost_tiles } of tiles) {
      for (const { path, bytes, sha256 } of rightmost_tiles) {
        const { level, index, width } = decodeTilePath(path) ?? { level: 0, index: 0, width: 0 }
        const [start, end] = [index * 256, index * 256 + width]
        const tile =
          level === 0 ? leaves.subarray(start * 32, end * 32) : await subtrees.read(Number(level), start, end)
        check(file, [tile.length, hash('sha256', tile)], [bytes, sha256], `${path} of ${size}`)
      }
    }
  })

  test('all roots of small trees', async () => {
    const file = 'big-trees.json'
    const { rolled_roots } = load(file)
    const leaves = manyLeaves(rolled_roots.k + 1)
    const { tree } = treeOver(leaves)
    const rolled = createHash('sha256')
    const accumulator = new MerkleAccumulator()
    for (let size = 0; size <= rolled_roots.k; size++) {
      const root = await tree.root(size)
      rolled.update(root)
      expect(toHex(accumulator.root())).toBe(toHex(root))
      accumulator.add(leaves.subarray(size * 32, (size + 1) * 32))
    }
    check(file, rolled.digest('hex'), rolled_roots.sha256, 'all roots')
  })

  test('all inclusion proofs in small trees', async () => {
    const file = 'big-trees.json'
    const { rolled_inclusion } = load(file)
    const { tree } = treeOver(manyLeaves(rolled_inclusion.k))
    const proofs = createHash('sha256')
    for (let size = 1; size <= rolled_inclusion.k; size++) {
      for (let i = 0; i < size; i++)
        for (const node of await tree.inclusionProof(i, size)) proofs.update(node)
    }
    check(file, proofs.digest('hex'), rolled_inclusion.sha256, 'all inclusion proofs')
  }, 300_000) // 45,150 proofs

  test('all consistency proofs of small trees', async () => {
    const file = 'big-trees.json'
    const { rolled_consistency } = load(file)
    const { tree } = treeOver(manyLeaves(rolled_consistency.k))
    const proofs = createHash('sha256')
    for (let size = 1; size <= rolled_consistency.k; size++) {
      for (let old = 1; old <= size; old++) {
        for (const node of await tree.consistencyProof(old, size)) proofs.update(node)
      }
    }
    check(file, proofs.digest('hex'), rolled_consistency.sha256, 'all consistency proofs')
  }, 300_000) // 45,150 proofs

  test('signed notes', async () => {
    const file = 'signed-note.json'
    const { keys, sign, open_valid, open_invalid, vkey_invalid } = load(file)
    check(file, createSigner(keys.peter_skey).publicKey, keys.peter_vkey, 'public key of a private one')
    check(file, createVerifier(keys.enoch_vkey).name, 'EnochRoot', 'name of a key')
    for (const { skey, text, note } of sign)
      check(file, await signNote(text, createSigner(skey)), note, 'signing')
    for (const { vkeys, note, text, verified, unverified } of open_valid) {
      const opened = openNote(note, vkeys.map(createVerifier))
      const names = [opened.verified, opened.unverified].map(signatures => signatures.map(({ name }) => name))
      check(file, [opened.text, ...names], [text, verified, unverified], verified.join())
    }
    for (const { name, note, vkeys, error } of open_invalid) {
      const code = error === 'unverified' ? 'AUDIT_UNKNOWN_KEY' : 'AUDIT_INVALID_NOTE'
      check(
        file,
        codeOf(() => openNote(note, vkeys.map(createVerifier))),
        code,
        name,
      )
    }
    for (const { name, vkey } of vkey_invalid) {
      check(
        file,
        codeOf(() => createVerifier(vkey)),
        'AUDIT_INVALID_KEY',
        name,
      )
    }
  })

  test('checkpoints', () => {
    const file = 'checkpoint.json'
    const { body_valid, body_invalid, signed_pair_with_consistency: pair } = load(file)
    for (const { desc, text, origin, size, ext } of body_valid) {
      const decoded = decodeCheckpoint(text)
      check(file, [decoded.origin, String(decoded.size), decoded.extensions], [origin, size, ext], desc)
      check(file, encodeCheckpoint(decoded), text, `${desc}, written again`)
    }
    for (const { desc, text } of body_invalid) {
      check(
        file,
        codeOf(() => decodeCheckpoint(text)),
        'AUDIT_INVALID_CHECKPOINT',
        desc,
      )
    }
    const verifier = createVerifier(pair.vkey)
    const oldSize = verifyCheckpoint({ checkpoint: pair.a, verifier }).size
    const hashes = pair.consistency_hex.map((hex: string) => Buffer.from(hex, 'hex'))
    const proof = encodeConsistencyProof({ oldSize, hashes, checkpoint: pair.b })
    check(file, verifyConsistency({ older: pair.a, proof, verifier }).size, 8, 'a pair of signed ones')
    const forged = encodeConsistencyProof({ oldSize, hashes: hashes.toReversed(), checkpoint: pair.b })
    const verifyForged = () => verifyConsistency({ older: pair.a, proof: forged, verifier })
    check(file, codeOf(verifyForged), 'AUDIT_NOT_CONSISTENT', 'a pair of signed ones, forged')
  })

  test('cosignatures', () => {
    const file = 'cosignature.json'
    for (const { vkey, checkpoint, timestamp } of load(file).cases) {
      const witness = createVerifier(vkey)
      const { verified, unverified } = openNote(checkpoint, [witness])
      check(
        file,
        [verified.length, unverified.length],
        [1, 1],
        'a cosignature beside another kind of signature',
      )
      // The log signs by ECDSA, which is not built in, so a verifier that believes it stands in.
      const [log] = unverified
      const verifier = { name: log?.name ?? '', keyHash: log?.keyHash ?? Buffer.of(), verify: () => true }
      const { cosignatures } = verifyCheckpoint({ checkpoint, verifier, witnesses: [witness] })
      check(file, cosignatures, [{ name: witness.name, time: new Date(timestamp * 1000) }], 'its time')
      const changed = checkpoint.replace('\n300\n', '\n301\n')
      check(
        file,
        codeOf(() => openNote(changed, [witness])),
        'AUDIT_BAD_SIGNATURE',
        'changed text',
      )
    }
  })

  test('proofs as text', () => {
    const file = 'tlog-proof.json'
    const { vkey, format_valid, format_invalid, verify_valid, verify_invalid } = load(file)
    for (const { name, index, hashes, extra_utf8, checkpoint, text } of format_valid) {
      const decoded = decodeProof(text)
      const extra = decoded.extra ? Buffer.from(decoded.extra).toString() : null
      const found = [String(decoded.index), decoded.hashes.map(toBase64), extra, decoded.checkpoint]
      check(file, found, [index, hashes, extra_utf8, checkpoint], name)
      check(file, encodeProof(decoded), text, `${name}, written again`)
    }
    for (const { name, text } of format_invalid) {
      check(
        file,
        codeOf(() => decodeProof(text)),
        'AUDIT_INVALID_PROOF',
        name,
      )
    }
    const verifier = createVerifier(vkey)
    const isIncluded = (proof: string, leaf: string) => {
      const { index, hashes, checkpoint } = decodeProof(proof)
      const { size, root } = verifyCheckpoint({ checkpoint, verifier })
      const found = rootFromInclusionProof(leafHash(leaf), BigInt(index), BigInt(size), hashes)
      return found !== undefined && toHex(found) === toHex(root)
    }
    for (const { index, size, leaf_utf8, proof } of verify_valid) {
      check(file, isIncluded(proof, leaf_utf8), true, `leaf ${index} of ${size}`)
    }
    for (const { name, leaf_utf8, proof } of verify_invalid)
      check(file, isIncluded(proof, leaf_utf8), false, name)
  })

  test('a log that Tessera wrote', async () => {
    const file = 'tessera-log.json'
    const { skey, vkey, leaves_utf8, states } = load(file)
    const signer = createSigner(skey)
    check(file, signer.publicKey, vkey, 'its key')
    const leaves = leavesOf(leaves_utf8)
    const { tree } = treeOver(leaves)
    for (const { size, checkpoint, tile_path, tile_hex, entries_path, entries_hex } of states) {
      const origin = createVerifier(vkey).name
      const text = encodeCheckpoint({ origin, size, root: await tree.root(size), extensions: [] })
      check(file, await signNote(text, signer), checkpoint, `checkpoint of ${size}`)
      if (size === 0) continue
      check(file, encodeTilePath(tileOf(0, size - 1, size)), tile_path, `path of the tile of ${size}`)
      check(file, toHex(leaves.subarray(0, size * 32)), tile_hex, `tile of ${size}`)
      check(
        file,
        encodeTilePath(tileOf('entries', size - 1, size)),
        entries_path,
        `path of the entries of ${size}`,
      )
      const entries = leaves_utf8.slice(0, size).map((leaf: string) => {
        const bytes = Buffer.from(leaf)
        return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes])
      })
      check(file, toHex(Buffer.concat(entries)), entries_hex, `entries of ${size}`)
    }
  })

  test('paths of tiles', async () => {
    const file = 'tile-paths.json'
    const { encode, entries_for_index, parse_invalid, layout_70000: layout } = load(file)
    for (const { level, index, p, path } of encode) {
      const tile = { level, index: Number(index), width: p === 0 ? 256 : p }
      check(file, encodeTilePath(tile), path, path)
      check(file, decodeTilePath(path), tile, `${path}, read`)
    }
    for (const { seq, size, path } of entries_for_index) {
      check(
        file,
        encodeTilePath(tileOf('entries', Number(seq), Number(size))),
        path,
        `entry ${seq} of ${size}`,
      )
    }
    for (const path of parse_invalid) check(file, decodeTilePath(`tile/${path}`), undefined, path)
    const { tree, subtrees } = treeOver(manyLeaves(70_000))
    await tree.root(70_000)
    const stored = async (level: number) => (await subtrees.read(level, 0, 70_000)).length / 32
    const found = {
      full_l0: await stored(1),
      partial_l0: 70_000 % 256,
      full_l1: await stored(2),
      partial_l1: (await stored(1)) % 256,
      partial_l2: await stored(2),
    }
    check(file, found, layout, 'what a log of 70,000 entries stores')
  })

  test('what a witness was asked', () => {
    const file = 'witness-transcript.json'
    const { log_vkey, requests } = load(file)
    const verifier = createVerifier(log_vkey)
    const [first, ...later] = requests
    const begun = decodeConsistencyProof(first.body)
    const { size } = verifyCheckpoint({ checkpoint: begun.checkpoint, verifier })
    check(file, [begun.oldSize, begun.hashes.length, size], [0, 0, 1], 'the first request')
    const codes: Readonly<Record<number, string>> = {
      403: 'AUDIT_INVALID_NOTE', // the forged signature's base64 has stray bits, which that witness takes
      404: 'AUDIT_UNKNOWN_KEY',
      422: 'AUDIT_NOT_CONSISTENT',
    }
    for (const { body, status, assert } of later) {
      const verify = () => verifyConsistency({ older: begun.checkpoint, proof: body, verifier })
      check(file, codeOf(verify), codes[status], `${status} ${assert}`)
    }
  })
})
