import {
  type AuditBackend,
  AuditLog,
  type AuditLogOptions,
  createSigner,
  createVerifier,
  generateKey,
  MemoryBackend,
  type Signer,
  verifyCheckpoint,
  verifyConsistency,
  verifyProof,
} from '@audit/core'
import { afterEach, expect, test } from 'vitest'

const { privateKey, publicKey } = generateKey('example.com/audit')
const signer = createSigner(privateKey)
const verifier = createVerifier(publicKey)
const input = { model: 'm', inputText: '', outputText: '' }
const code = (expected: string) => expect.objectContaining({ name: 'AuditError', code: expected })

/** What the types forbid, as a JavaScript caller can do it. */
function untyped<T>(value: unknown): T {
  return value as T
}

afterEach(() => {
  for (const key of ['user', 'limit', 'backend', 'witnesses', 'checkpoint'])
    Reflect.deleteProperty(Object.prototype, key)
})

test.each<[string, unknown]>([
  ['undefined', { backend: undefined }],
  ['null', { backend: null }],
  ['a class', { backend: MemoryBackend }],
  ['an object without methods', { backend: {} }],
  ['a misspelt option', { bakend: new MemoryBackend() }],
  ...['open', 'append', 'size', 'read', 'find', 'count', 'leafHashes', 'close'].map(
    (method): [string, unknown] => [
      `a backend without ${method}`,
      { backend: Object.assign(new MemoryBackend(), { [method]: undefined }) },
    ],
  ),
  ['a signer that is a text', { signer: privateKey }],
  ['a signer that is null', { signer: null }],
  ['no object', 'audit.db'],
  ['an array', []],
])('new AuditLog refuses as backend or options: %s', (_, options) => {
  expect(() => new AuditLog(untyped<AuditLogOptions>(options))).toThrow(code('AUDIT_INVALID_OPTIONS'))
})

test.each<[string, object]>([
  ['a misspelt option', { witneses: [] }],
  ['witnesses that are undefined', { witnesses: undefined }],
  ['a witness that is a text', { witnesses: [publicKey] }],
  ['one witness in the place of a list', { witnesses: verifier }],
  ['a text among witnesses', { witnesses: [verifier, publicKey] }],
  ['a witness without a key hash', { witnesses: [{ ...verifier, keyHash: undefined }] }],
  ['a verifier whose key hash is a text', { verifier: { ...verifier, keyHash: '12345678' } }],
  ['a verifier without a name', { verifier: { ...verifier, name: undefined } }],
  ['a verifier that cannot verify', { verifier: { ...verifier, verify: true } }],
  ['a verifier that is a text', { verifier: publicKey }],
  ['a verifier that is undefined', { verifier: undefined }],
])('what checks a checkpoint refuses %s', async (_, wrong) => {
  const log = new AuditLog({ signer })
  const entry = await log.record(input)
  const checkpoint = await log.checkpoint()
  const proof = await log.prove(entry.entryId)
  const continued = await log.proveConsistency(checkpoint)
  const options = [
    () => verifyCheckpoint(untyped({ checkpoint, verifier, ...wrong })),
    () => verifyProof(untyped({ entry, proof, verifier, ...wrong })),
    () => verifyConsistency(untyped({ older: checkpoint, proof: continued, verifier, ...wrong })),
  ]
  for (const check of options) expect(check).toThrow(code('AUDIT_INVALID_OPTIONS'))
})

test.each<[string, object]>([
  ['a misspelt option', { chekpoint: '' }],
  ['a checkpoint that is undefined', { checkpoint: undefined }],
  ['verifiers that are undefined', { verifiers: undefined }],
  ['verifiers that are texts', { verifiers: [publicKey] }],
  ['onProgress that is no function', { onProgress: 1 }],
  ['a signal that is none', { signal: {} }],
])('verify refuses %s', async (_, options) => {
  await expect(new AuditLog({ signer }).verify(untyped(options))).rejects.toThrow(
    code('AUDIT_INVALID_OPTIONS'),
  )
})

test('what stands on Object.prototype is nobody’s field, filter or option', async () => {
  const log = new AuditLog({ signer })
  await log.record(input)
  const checkpoint = await log.checkpoint()
  Object.assign(Object.prototype, {
    user: 'mallory',
    limit: 0,
    backend: {},
    witnesses: 'mallory',
    checkpoint: '',
  })
  expect(await log.record(input)).toMatchObject({ user: 'anonymous' })
  expect(await log.count()).toBe(2)
  expect(await log.query()).toHaveLength(2)
  expect((await log.verify()).ok).toBe(true)
  expect((await new AuditLog().record(input)).index).toBe(0)
  expect(verifyCheckpoint({ checkpoint, verifier }).size).toBe(1)
})

test.each(['limit', 'order', 'after'])('%s may be undefined in a query', async key => {
  const log = new AuditLog()
  await log.record(input)
  expect(await log.query({ [key]: undefined })).toHaveLength(1)
})

test('open fails at boot, and may be called again', async () => {
  const backend: AuditBackend = new MemoryBackend()
  const log = new AuditLog({ backend })
  await log.open()
  await log.open()
  expect(await backend.size()).toBe(0)
  await log.close()
  await expect(log.open()).rejects.toThrow(code('AUDIT_CLOSED'))
  const failing = new AuditLog({
    backend: Object.assign(new MemoryBackend(), { open: () => Promise.reject(new Error('no such folder')) }),
  })
  await expect(failing.open()).rejects.toThrow(code('AUDIT_OPEN_FAILED'))
})

test('a public key of a signer that changes later changes nothing', async () => {
  const changing: { publicKey: string } & Signer = { ...signer }
  const log = new AuditLog({ signer: changing })
  changing.publicKey = generateKey('example.com/other').publicKey
  expect(verifyCheckpoint({ checkpoint: await log.checkpoint(), verifier }).origin).toBe('example.com/audit')
})

test('a signer may be an object whose method needs it', async () => {
  class Kms implements Signer {
    readonly publicKey = publicKey
    readonly #signer = signer

    sign(message: Uint8Array) {
      return this.#signer.sign(message)
    }
  }
  const log = new AuditLog({ signer: new Kms() })
  expect(verifyCheckpoint({ checkpoint: await log.checkpoint(), verifier }).size).toBe(0)
})

test('verifying, and nothing before, opens the log', async () => {
  expect(await new AuditLog().verify()).toMatchObject({ ok: true, size: 0 })
})

test('verifiers that are exchanged while a verification begins are not those that it believes', async () => {
  const log = new AuditLog({ signer })
  const checkpoint = await log.checkpoint()
  const verifiers = [verifier]
  const verifying = new AuditLog().verify({ checkpoint, verifiers })
  verifiers[0] = createVerifier(generateKey('example.com/other').publicKey)
  expect((await verifying).ok).toBe(true)
})
