import {
  type AuditEntry,
  AuditLog,
  createSigner,
  createVerifier,
  generateKey,
  verifyProof,
} from '@audit/core'
import { createLeaf } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { nodeHash } from '../src/merkle/tree.ts'
import { encodeCheckpoint } from '../src/note/checkpoint.ts'
import { signNote } from '../src/note/signed-note.ts'
import { encodeProof } from '../src/note/tlog-proof.ts'

const { privateKey, publicKey } = generateKey('example.com/audit')
const verifier = createVerifier(publicKey)
const code = (expected: string) => expect.objectContaining({ name: 'AuditError', code: expected })

async function receipt() {
  const log = new AuditLog({ signer: createSigner(privateKey) })
  const entry = await log.record({ model: 'm', inputText: 'a', outputText: 'b', metadata: { a: 1 } })
  return { entry, proof: await log.prove(entry.entryId) }
}

test.each<[string, (entry: AuditEntry) => object]>([
  ['metadata with a toJSON', entry => ({ ...entry, metadata: { b: 2, toJSON: () => entry.metadata } })],
  [
    'metadata with an inherited toJSON',
    entry => ({ ...entry, metadata: Object.create({ toJSON: () => entry.metadata }) }),
  ],
  ['metadata that is a Map', entry => ({ ...entry, metadata: new Map([['a', 1]]) })],
  ['a function in metadata', entry => ({ ...entry, metadata: { a: 1, f() {} } })],
  ['undefined in metadata', entry => ({ ...entry, metadata: { a: 1, b: undefined } })],
  ['a symbol in metadata', entry => ({ ...entry, metadata: { a: 1, [Symbol('b')]: 2 } })],
  ['a Date in metadata', entry => ({ ...entry, metadata: { a: new Date(0) } })],
  ['a text object in metadata', entry => ({ ...entry, metadata: { a: Object(1) } })],
  ['a user that is a String object', entry => ({ ...entry, user: Object(entry.user) })],
  ['a user with a toJSON', entry => ({ ...entry, user: { toJSON: () => entry.user } })],
  ['a lone surrogate', entry => ({ ...entry, inputText: 'a\ud800' })],
  ['a lone surrogate in metadata', entry => ({ ...entry, metadata: { a: '\ud800' } })],
  ['a cost in text', entry => ({ ...entry, costUsd: '0' })],
  ['a cost of NaN', entry => ({ ...entry, costUsd: Number.NaN })],
  ['a cost that is undefined', entry => ({ ...entry, costUsd: undefined })],
  ['an index in text', entry => ({ ...entry, index: `${entry.index}` })],
  ['a negative index', entry => ({ ...entry, index: -1 })],
  ['an index of -0.5', entry => ({ ...entry, index: -0.5 })],
  ['an index that is a fraction', entry => ({ ...entry, index: 0.5 })],
  ['an index of NaN', entry => ({ ...entry, index: Number.NaN })],
  ['an index beyond 2^53', entry => ({ ...entry, index: 2 ** 53 })],
  ['no index', ({ index: _, ...rest }) => rest],
  ['no cost', ({ costUsd: _, ...rest }) => rest],
  ['no metadata', ({ metadata: _, ...rest }) => rest],
  ['a further key', entry => ({ ...entry, note: 'trust me' })],
  ['a missing key', ({ user: _, ...rest }) => rest],
  ['keys that are inherited', entry => Object.create(entry)],
  ['an array', entry => [entry]],
])('what is no entry is refused before it is encoded: %s', async (_, change) => {
  const { entry, proof } = await receipt()
  expect(verifyProof({ entry, proof, verifier }).size).toBe(1)
  const changed = change(entry) as AuditEntry // what a JavaScript caller may pass
  expect(() => verifyProof({ entry: changed, proof, verifier })).toThrow(code('AUDIT_INVALID_ENTRY'))
})

/** A proof of the log's own key over any tree, as a log that lies would make it. */
async function forged(index: number, size: number, root: Uint8Array, hashes: readonly Uint8Array[]) {
  const text = encodeCheckpoint({ origin: 'example.com/audit', size, root, extensions: [] })
  const checkpoint = await signNote(text, createSigner(privateKey))
  return encodeProof({ index, hashes, checkpoint })
}

test('an entry behind the end of the log is not proved by hashes that lead to the root', async () => {
  const { entry } = await receipt()
  const { hash } = createLeaf(entry)
  expect(verifyProof({ entry, proof: await forged(0, 1, hash, []), verifier }).size).toBe(1)
  for (const [index, size] of [
    [1, 1],
    [2, 1],
    [0, 0],
  ] as const) {
    const proof = await forged(index, size, hash, [])
    expect(() => verifyProof({ entry: { ...entry, index }, proof, verifier })).toThrow(
      code('AUDIT_NOT_INCLUDED'),
    )
  }
  const other = createLeaf({ ...entry, user: 'eve' }).hash
  for (const [index, size, root] of [
    [2, 2, nodeHash(other, hash)],
    [3, 2, nodeHash(other, hash)],
    [0, 1, nodeHash(hash, other)],
    [1, 1, nodeHash(other, hash)],
    [0, 0, nodeHash(hash, other)],
  ] as const) {
    const proof = await forged(index, size, root, [other])
    expect(() => verifyProof({ entry: { ...entry, index }, proof, verifier })).toThrow(
      code('AUDIT_NOT_INCLUDED'),
    )
  }
})

test('a proof of one place does not prove the same entry in another', async () => {
  const { entry } = await receipt()
  const { hash } = createLeaf(entry)
  const root = nodeHash(hash, hash)
  expect(verifyProof({ entry, proof: await forged(0, 2, root, [hash]), verifier }).size).toBe(2)
  const proof = await forged(1, 2, root, [hash])
  expect(() => verifyProof({ entry, proof, verifier })).toThrow(code('AUDIT_NOT_INCLUDED'))
})
