import {
  AuditLog,
  createSigner,
  createVerifier,
  generateKey,
  MemoryBackend,
  verifyConsistency,
  verifyProof,
} from '@audit/core'
import { createLeaf, hashAt } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { rootOf } from '../src/merkle/tree.ts'

const { privateKey, publicKey } = generateKey('example.com/audit')
const signer = createSigner(privateKey)
const verifier = createVerifier(publicKey)
const code = (expected: string) => expect.objectContaining({ name: 'AuditError', code: expected })

/** A log with checkpoints at these sizes, opened again without its key. */
async function logWith(...sizes: readonly number[]) {
  const backend = new MemoryBackend()
  const writer = new AuditLog({ backend, signer })
  const checkpoints: string[] = []
  let count = 0
  for (const size of sizes) {
    const missing = Array.from({ length: size - count }, (_, i) => `text ${count + i}`)
    await Promise.all(missing.map(inputText => writer.record({ model: 'm', inputText, outputText: '' })))
    count = size
    checkpoints.push(await writer.checkpoint())
  }
  const entries = await writer.query()
  return { log: new AuditLog({ backend }), writer, entries, checkpoints }
}

test('an entry is proven towards a checkpoint that is at hand, without the key', async () => {
  const { log, entries, checkpoints } = await logWith(300, 700)
  for (const [checkpoint, size] of checkpoints.map((text, i) => [text, [300, 700][i]] as const)) {
    for (const entry of [entries[0], entries[255], entries[299]]) {
      if (!entry) throw new Error('it was recorded')
      const proof = await log.prove(entry.entryId, { checkpoint })
      expect(proof.endsWith(`\n\n${checkpoint}`)).toBe(true)
      expect(verifyProof({ entry, proof, verifier }).size).toBe(size)
    }
  }
})

test('what a checkpoint does not cover, and what does not fit the log, is not proven', async () => {
  const { log, entries, checkpoints } = await logWith(3, 5)
  const [older = '', newer = ''] = checkpoints
  const id = entries[4]?.entryId ?? ''
  await expect(log.prove(id, { checkpoint: older })).rejects.toThrow(code('AUDIT_NOT_INCLUDED'))
  await expect(log.prove('unknown', { checkpoint: newer })).rejects.toThrow(code('AUDIT_NOT_FOUND'))
  await expect(log.prove(id, { checkpoint: 'none' })).rejects.toThrow(code('AUDIT_INVALID_NOTE'))
  await expect(log.prove(id, { checkpoint: 1 as never })).rejects.toThrow(code('AUDIT_INVALID_OPTIONS'))
  await expect(log.prove(id)).rejects.toThrow(code('AUDIT_INVALID_OPTIONS'))
  const other = await logWith(5, 9)
  for (const checkpoint of other.checkpoints) {
    await expect(log.prove(id, { checkpoint })).rejects.toThrow(code('AUDIT_NOT_CONSISTENT'))
    await expect(log.proveConsistency(older, checkpoint)).rejects.toThrow(code('AUDIT_NOT_CONSISTENT'))
  }
})

test('a log with a key proves towards no checkpoint of another log, and none whose signature is false', async () => {
  const { writer, entries, checkpoints } = await logWith(3)
  const [checkpoint = ''] = checkpoints
  const id = entries[0]?.entryId ?? ''
  expect(
    verifyProof({
      entry: (await writer.get(id)) as never,
      proof: await writer.prove(id, { checkpoint }),
      verifier,
    }),
  ).toMatchObject({ size: 3 })
  const forged = checkpoint.replace(/\n3\n/, '\n2\n')
  await expect(writer.prove(id, { checkpoint: forged })).rejects.toThrow(code('AUDIT_BAD_SIGNATURE'))
  await expect(writer.proveConsistency(1, forged)).rejects.toThrow(code('AUDIT_BAD_SIGNATURE'))
  const other = new AuditLog({ signer: createSigner(generateKey('example.com/other').privateKey) })
  await expect(writer.prove(id, { checkpoint: await other.checkpoint() })).rejects.toThrow(
    code('AUDIT_WRONG_LOG'),
  )
})

test('one checkpoint is proven to continue another, or a size, without the key', async () => {
  const { log, checkpoints } = await logWith(300, 700)
  const [older = '', newer = ''] = checkpoints
  const proof = await log.proveConsistency(older, newer)
  expect(verifyConsistency({ older, proof, verifier })).toMatchObject({ size: 700 })
  expect(await log.proveConsistency(300, newer)).toBe(proof)
  await expect(log.proveConsistency(newer, older)).rejects.toThrow(code('AUDIT_NOT_CONSISTENT'))
  await expect(log.proveConsistency(701, newer)).rejects.toThrow(code('AUDIT_NOT_CONSISTENT'))
  await expect(log.proveConsistency(1.5, newer)).rejects.toThrow(code('AUDIT_INVALID_OPTIONS'))
  await expect(log.proveConsistency(300)).rejects.toThrow(code('AUDIT_INVALID_OPTIONS'))
})

test('a size alone is enough for a log that signs: what a witness answers with', async () => {
  const { writer, checkpoints } = await logWith(300, 700)
  const [older = ''] = checkpoints
  const proof = await writer.proveConsistency(300)
  expect(verifyConsistency({ older, proof, verifier })).toMatchObject({ size: 700 })
  await expect(writer.proveConsistency(701)).rejects.toThrow(code('AUDIT_NOT_CONSISTENT'))
  expect(await writer.proveConsistency(0)).toContain('old 0\n')
})

test('a tile has the hashes of its level', async () => {
  const { log, entries } = await logWith(700)
  const leaves = entries.map(({ index: _, ...fields }) => createLeaf(fields).hash)
  const first = await log.tile(0, 0)
  expect(Buffer.from(first).equals(Buffer.concat(leaves.slice(0, 256)))).toBe(true)
  expect(Buffer.from(await log.tile(0, 2, 188)).equals(Buffer.concat(leaves.slice(512, 700)))).toBe(true)
  const roots = await log.tile(1, 0, 2)
  expect(roots).toHaveLength(64)
  expect(Buffer.from(hashAt(roots, 0)).equals(rootOf(first))).toBe(true)
  first.fill(0) // it is the caller's own
  expect(Buffer.from(await log.tile(0, 0)).equals(Buffer.concat(leaves.slice(0, 256)))).toBe(true)
})

test('a tile that is not there yet, and one that cannot be, is refused', async () => {
  const { log } = await logWith(700)
  for (const [level, index, width] of [
    [0, 2, 189],
    [0, 3, 1],
    [1, 0, 3],
    [2, 0, 1],
    [7, 0, 1],
    [0, Number.MAX_SAFE_INTEGER, 1],
    [300, 0, 1],
  ] as const) {
    await expect(log.tile(level, index, width)).rejects.toThrow(code('AUDIT_NOT_FOUND'))
  }
  for (const [level, index, width] of [
    [-1, 0, 1],
    [0, 0.5, 1],
    [0, 0, 0],
    [0, 0, 257],
    ['0', 0, 1],
  ] as const) {
    await expect(log.tile(level as number, index, width)).rejects.toThrow(code('AUDIT_INVALID_OPTIONS'))
  }
})
