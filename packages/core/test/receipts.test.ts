import {
  type AuditEntry,
  AuditLog,
  createSigner,
  createVerifier,
  generateKey,
  verifyProof,
} from '@audit/core'
import { expect, test } from 'vitest'

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
