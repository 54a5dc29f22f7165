import { createHash, generateKeyPairSync } from 'node:crypto'
import { createSigner, createVerifier, encodePublicKey, generateKey, verifyCheckpoint } from '@audit/core'
import { expect, test } from 'vitest'
import { signNote } from '../src/note/signed-note.ts'

// The texts of keys: C2SP signed-note, beyond the published cases.

const ED25519 = 1
const COSIGNATURE = 4
const code = (expected: string) => expect.objectContaining({ name: 'AuditError', code: expected })
const { publicKey: keyObject, privateKey: secretObject } = generateKeyPairSync('ed25519')
const raw = keyObject.export({ format: 'der', type: 'spki' }).subarray(-32)
const secret = secretObject.export({ format: 'der', type: 'pkcs8' }).subarray(-32)

/** The hash that belongs to a name and a key. */
function hashOf(name: string, typed: Uint8Array): string {
  return createHash('sha256').update(`${name}\n`).update(typed).digest('hex').slice(0, 8)
}

/** The text of a public key, whose hash is right whatever the rest is. */
function vkey(name: string, type: number, key: Uint8Array): string {
  const typed = Buffer.concat([Buffer.of(type), key])
  return `${name}+${hashOf(name, typed)}+${typed.toString('base64')}`
}

/** The text of a private key. */
function skey(name: string, type: number, key: Uint8Array): string {
  const hash = hashOf(name, Buffer.concat([Buffer.of(type), raw]))
  return `PRIVATE+KEY+${name}+${hash}+${Buffer.concat([Buffer.of(type), key]).toString('base64')}`
}

test('the keys that these cases spoil are good', () => {
  expect(createVerifier(vkey('name', ED25519, raw)).name).toBe('name')
  expect(createVerifier(vkey('name', COSIGNATURE, raw)).name).toBe('name')
  expect(createSigner(skey('name', ED25519, secret)).publicKey).toBe(vkey('name', ED25519, raw))
  expect(encodePublicKey('name', keyObject)).toBe(vkey('name', ED25519, raw))
})

test.each<[string, string]>([
  ['a signature type that is not known', vkey('name', 2, raw)],
  ['type 0', vkey('name', 0, raw)],
  ['a key of 31 bytes', vkey('name', ED25519, raw.subarray(1))],
  ['a key of 33 bytes', vkey('name', ED25519, Buffer.concat([raw, Buffer.of(0)]))],
  ['a witness’s key of 31 bytes', vkey('name', COSIGNATURE, raw.subarray(1))],
  ['no key', vkey('name', ED25519, Buffer.of())],
  ['no bytes', `name+${hashOf('name', Buffer.of())}+`],
  ['the hash of another name', vkey('name', ED25519, raw).replace('name', 'game')],
  ['a space in the name', vkey('na me', ED25519, raw)],
  ['an escape character in the name', vkey('na\x1bme', ED25519, raw)],
  ['a mark in the name that turns the direction of writing', vkey('na\u202eme', ED25519, raw)],
  ['a lone surrogate in the name', vkey('na\ud800me', ED25519, raw)],
  ['a line break in the base64', vkey('name', ED25519, raw).replace(/.{4}$/, end => `\n${end}`)],
  ['URL-safe base64', vkey('name', ED25519, Buffer.alloc(32, 0xff)).replaceAll('/', '_')],
  ['a space at the end', `${vkey('name', ED25519, raw)} `],
  ['a line before it', `\n${vkey('name', ED25519, raw)}`],
])('a public key is refused: %s', (_, text) => {
  expect(() => createVerifier(text)).toThrow(code('AUDIT_INVALID_KEY'))
})

test('a hash in capitals is refused', () => {
  // A name with which the hash has letters.
  const names = Array.from({ length: 100 }, (_, i) => vkey(`name-${i}`, ED25519, raw))
  const text = names.find(candidate => /[a-f]/.test(candidate.split('+')[1] ?? '')) ?? ''
  const hash = text.split('+')[1] ?? ''
  expect(createVerifier(text).keyHash).toEqual(Buffer.from(hash, 'hex'))
  expect(() => createVerifier(text.replace(hash, hash.toUpperCase()))).toThrow(code('AUDIT_INVALID_KEY'))
})

test.each<[string, string]>([
  ['another type', skey('name', COSIGNATURE, secret)],
  ['31 bytes', skey('name', ED25519, secret.subarray(1))],
  ['33 bytes', skey('name', ED25519, Buffer.concat([secret, Buffer.of(0)]))],
  ['another beginning', skey('name', ED25519, secret).replace('PRIVATE', 'private')],
  ['no beginning', skey('name', ED25519, secret).slice('PRIVATE+KEY+'.length)],
  ['the hash of another name', skey('name', ED25519, secret).replace('name', 'game')],
  ['a space in the name', skey('na me', ED25519, secret)],
])('a private key is refused: %s', (_, text) => {
  expect(() => createSigner(text)).toThrow(code('AUDIT_INVALID_KEY'))
})

test.each(['x25519', 'ed448'] as const)('a public key of the kind %s is not encoded', kind => {
  const { publicKey } = kind === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ed448')
  expect(() => encodePublicKey('name', publicKey)).toThrow(code('AUDIT_INVALID_KEY'))
})

test.each(['na me', 'na+me', '', 'na\ud800me', 'na\x00me', 'na\u2028me'])(
  'no public key is encoded under the name %j',
  name => {
    expect(() => encodePublicKey(name, keyObject)).toThrow(code('AUDIT_INVALID_KEY'))
    expect(() => generateKey(name)).toThrow(code('AUDIT_INVALID_KEY'))
  },
)

test.each([0, 63, 65, 128])('a signature of %i bytes is false', async length => {
  const signer = createSigner(skey('name', ED25519, secret))
  const verifier = createVerifier(signer.publicKey)
  const text = `name\n0\n${createHash('sha256').digest('base64')}\n`
  const signed = await signNote(text, signer)
  expect(verifyCheckpoint({ checkpoint: signed, verifier }).size).toBe(0)
  const good = await signer.sign(Buffer.from(text))
  const resized = Buffer.concat([good, good]).subarray(0, length)
  expect(verifier.verify(Buffer.from(text), good)).toBe(true)
  expect(verifier.verify(Buffer.from(text), resized)).toBe(false)
})

test('a byte-order mark is named as what it is', () => {
  const mark = expect.objectContaining({
    code: 'AUDIT_INVALID_KEY',
    message: expect.stringContaining('byte-order mark'),
  })
  expect(() => createVerifier(`\uFEFF${vkey('name', ED25519, raw)}`)).toThrow(mark)
  expect(() => createSigner(`\uFEFF${skey('name', ED25519, secret)}`)).toThrow(mark)
})

test.each([undefined, null, 5, raw])('what is no text is no key: %o', value => {
  const text = value as unknown as string // what plain JavaScript may pass
  expect(() => createVerifier(text)).toThrow(code('AUDIT_INVALID_KEY'))
  expect(() => createSigner(text)).toThrow(code('AUDIT_INVALID_KEY'))
})
