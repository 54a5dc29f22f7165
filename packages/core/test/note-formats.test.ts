import { hash } from 'node:crypto'
import { createSigner, createVerifier, generateKey, verifyCheckpoint } from '@audit/core'
import { expect, test } from 'vitest'
import { decodeCheckpoint, encodeCheckpoint } from '../src/note/checkpoint.ts'
import { decodeConsistencyProof, encodeConsistencyProof } from '../src/note/consistency-proof.ts'
import { openNote, parseNote, signNote } from '../src/note/signed-note.ts'
import { decodeProof, encodeProof } from '../src/note/tlog-proof.ts'

// What the format texts forbid, beyond the published cases.

const root = hash('sha256', 'root', 'base64')
const signature = Buffer.alloc(68, 1).toString('base64')
const note = `text\n\n— name ${signature}\n`
const code = (expected: string) => expect.objectContaining({ code: expected })

test('the texts that these cases spoil are good', () => {
  expect(parseNote(note).signatures).toHaveLength(1)
  expect(decodeCheckpoint(`log\n5\n${root}\n`).size).toBe(5)
  expect(decodeProof(`c2sp.org/tlog-proof@v1\nindex 5\n${root}\n\n${note}`)).toMatchObject({
    index: 5,
    checkpoint: note,
  })
  expect(decodeConsistencyProof(`old 5\n${root}\n\n${note}`)).toMatchObject({ oldSize: 5, checkpoint: note })
})

test.each([
  ['no empty line', 'text\n'],
  ['no text', `\n\n— name ${signature}\n`.slice(1)],
  ['no signature', 'text\n\n'],
  ['no newline at the end', note.slice(0, -1)],
  ['no newline behind the last of two signatures', `${note}— name ${signature}`],
  ['something behind the last newline', `${note}— `],
  ['an empty line at the end', `${note}\n`],
  ['a hyphen for the dash', note.replace('—', '-')],
  ['two spaces', note.replace(' name', '  name')],
  ['more behind the signature', note.replace(signature, `${signature} more`)],
  ['a plus sign in the name', note.replace('name', 'na+me')],
  ['no name', note.replace('name', '')],
  ['no signature bytes', note.replace(signature, 'AQEBAQ==')],
  ['base64 without padding', note.replace(signature, signature.slice(0, -1))],
  ['base64 with stray bits', note.replace(signature, signature.replace('E=', 'F='))],
  ['URL-safe base64', note.replace(signature, signature.replaceAll('AQ', '_-'))],
  ['a carriage return', note.replace('text\n', 'text\r\n')],
  ['a tab', note.replace('text', 'te\txt')],
  ['a lone surrogate', note.replace('text', '\ud800')],
  ['101 signatures', note + `— name ${signature}\n`.repeat(100)],
  ['more than a million characters', 'x'.repeat(1_000_001 - note.length) + note],
  ['no text in the place of a note', undefined],
])('a note is refused: %s', (_, text) => {
  expect(() => parseNote(text)).toThrow(code('AUDIT_INVALID_NOTE'))
})

test.each(
  Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).filter(character => character !== '\n'),
)('a note is refused, and not signed: the control character %j', async character => {
  expect(() => parseNote(note.replace('text', `te${character}xt`))).toThrow(code('AUDIT_INVALID_NOTE'))
  const signer = createSigner(generateKey('name').privateKey)
  await expect(signNote(`te${character}xt\n`, signer)).rejects.toThrow(code('AUDIT_INVALID_NOTE'))
})

test('a note may have empty lines in its text, 100 signatures, a million characters, and one byte as a signature', () => {
  expect(parseNote(`a\n\nb\n\n${note}`).text).toBe('a\n\nb\n\ntext\n')
  expect(parseNote(note + `— name ${signature}\n`.repeat(99)).signatures).toHaveLength(100)
  expect(parseNote('x'.repeat(1_000_000 - note.length) + note).signatures).toHaveLength(1)
  const [short] = parseNote(`text\n\n— name AQIDBAU=\n`).signatures
  expect([short?.keyHash, short?.signature]).toEqual([Buffer.of(1, 2, 3, 4), Buffer.of(5)])
})

test('a signature that stands twice is one, and one beside it of the same key is another', async () => {
  const signer = createSigner(generateKey('name').privateKey)
  const verifier = createVerifier(signer.publicKey)
  const signed = await signNote('text\n', signer)
  const line = signed.slice(signed.indexOf('— '))
  const unknown = `— other ${signature}\n`
  const opened = openNote(signed + line + unknown + line + unknown, [verifier])
  expect([opened.verified.length, opened.unverified.length]).toEqual([1, 1])
  const forged = `— name ${Buffer.concat([verifier.keyHash, Buffer.alloc(64)]).toString('base64')}\n`
  expect(() => openNote(signed + forged, [verifier])).toThrow(code('AUDIT_BAD_SIGNATURE'))
  expect(() => openNote(signed.replace('text', 'next'), [verifier])).toThrow(code('AUDIT_BAD_SIGNATURE'))
})

test('a key is known by its name and its hash, both', async () => {
  const signer = createSigner(generateKey('name').privateKey)
  const verifier = createVerifier(signer.publicKey)
  const signed = await signNote('text\n', signer)
  expect(openNote(signed, [verifier]).text).toBe('text\n')
  for (const other of [
    { ...verifier, name: 'other' },
    { ...verifier, keyHash: Buffer.from(verifier.keyHash).reverse() },
  ]) {
    expect(() => openNote(signed, [other])).toThrow(code('AUDIT_UNKNOWN_KEY'))
  }
})

test('a text that is no note is not signed', async () => {
  const signer = createSigner(generateKey('name').privateKey)
  for (const text of ['', 'no newline', 'control\x07\n', '\ud800\n']) {
    await expect(signNote(text, signer)).rejects.toThrow(code('AUDIT_INVALID_NOTE'))
  }
})

test('a checkpoint whose origin is not the name of the key is of another log', async () => {
  const signer = createSigner(generateKey('name').privateKey)
  const checkpoint = await signNote(`log\n5\n${root}\n`, signer)
  const verifier = createVerifier(signer.publicKey)
  expect(() => verifyCheckpoint({ checkpoint, verifier })).toThrow(code('AUDIT_WRONG_LOG'))
})

test.each([
  ['a leading zero', `log\n05\n${root}\n`],
  ['a sign', `log\n+5\n${root}\n`],
  ['a fraction', `log\n5.0\n${root}\n`],
  ['an exponent', `log\n5e0\n${root}\n`],
  ['a space', `log\n 5\n${root}\n`],
  ['a size beyond 2^53', `log\n9007199254740993\n${root}\n`],
  ['a root of 31 bytes', `log\n5\n${Buffer.alloc(31).toString('base64')}\n`],
  ['a root of 33 bytes', `log\n5\n${Buffer.alloc(33).toString('base64')}\n`],
  ['lenient base64', `log\n5\n${root.replace('=', '')}\n`],
  ['an empty origin', `\n5\n${root}\n`],
  ['no size', `log\n\n${root}\n`],
  ['a size in other digits', `log\n٥\n${root}\n`],
  ['no newline at the end', `log\n5\n${root}`],
  ['no root', 'log\n5\n'],
  ['a root with stray bits', `log\n5\n${Buffer.alloc(32).toString('base64').replace('A=', 'B=')}\n`],
  ['a root with a space', `log\n5\n${root} \n`],
  ['an empty extension line', `log\n5\n${root}\n\n`],
  ['no newline behind an extension', `log\n5\n${root}\nmore`],
])('a checkpoint is refused: %s', (_, text) => {
  expect(() => decodeCheckpoint(text)).toThrow(code('AUDIT_INVALID_CHECKPOINT'))
})

test('a checkpoint is written as it was read, with its extensions, up to the largest size', () => {
  for (const text of [`log\n0\n${root}\n`, `log\n9007199254740991\n${root}\nmore\nand more\n`]) {
    expect(encodeCheckpoint(decodeCheckpoint(text))).toBe(text)
  }
  expect(decodeCheckpoint(`log\n5\n${root}\nmore\nand more\n`).extensions).toEqual(['more', 'and more'])
})

test('a proof is written as it was read, with its extra bytes and up to 63 hashes', () => {
  const hashes = `${root}\n`.repeat(63)
  for (const text of [`extra YQ==\nindex 0\n${hashes}\n${note}`, `index 9007199254740991\n\n${note}`]) {
    const proof = `c2sp.org/tlog-proof@v1\n${text}`
    expect(encodeProof(decodeProof(proof))).toBe(proof)
  }
  const { extra } = decodeProof(`c2sp.org/tlog-proof@v1\nextra YQ==\nindex 0\n\n${note}`)
  expect(Buffer.from(extra ?? []).toString()).toBe('a')
  const continued = `old 5\n${hashes}\n${note}`
  expect(encodeConsistencyProof(decodeConsistencyProof(continued))).toBe(continued)
})

test('bytes of a larger buffer are written alone', () => {
  const part = Buffer.concat([Buffer.alloc(7, 9), Buffer.from(root, 'base64'), Buffer.alloc(9, 9)]).subarray(
    7,
    39,
  )
  expect(encodeCheckpoint({ origin: 'log', size: 5, root: part, extensions: [] })).toBe(`log\n5\n${root}\n`)
})

test.each([undefined, null, 5, Buffer.from(note)])('what is no text is no proof: %o', value => {
  expect(() => decodeProof(value)).toThrow(code('AUDIT_INVALID_PROOF'))
  expect(() => decodeConsistencyProof(value)).toThrow(code('AUDIT_INVALID_PROOF'))
})

test.each(['c2sp.org/tlog-proof@v2', 'c2sp.org/tlog-proof@v1 ', ''])(
  'a proof that begins with %j is refused',
  header => {
    expect(() => decodeProof(`${header}\nindex 5\n${root}\n\n${note}`)).toThrow(code('AUDIT_INVALID_PROOF'))
  },
)

test.each([
  ['a leading zero', `index 05\n${root}\n\n${note}`],
  ['a sign', `index +5\n\n${note}`],
  ['another word', `inbox 5\n\n${note}`],
  ['no number', `index \n\n${note}`],
  [
    'a hash with stray bits',
    `index 5\n${Buffer.alloc(32).toString('base64').replace('A=', 'B=')}\n\n${note}`,
  ],
  ['a hash of 33 bytes', `index 5\n${Buffer.alloc(33).toString('base64')}\n\n${note}`],
  ['two spaces', `index  5\n\n${note}`],
  ['an index beyond 2^53', `index 9007199254740993\n\n${note}`],
  ['a hash of 31 bytes', `index 5\n${Buffer.alloc(31).toString('base64')}\n\n${note}`],
  ['lenient base64', `index 5\n${root.replace('=', '')}\n\n${note}`],
  ['an extra line too many', `extra YQ==\nextra YQ==\nindex 5\n\n${note}`],
  ['the extra line behind', `index 5\nextra YQ==\n\n${note}`],
  ['lenient base64 in the extra line', `extra YQ\nindex 5\n\n${note}`],
  ['64 hashes', `index 5\n${`${root}\n`.repeat(64)}\n${note}`],
  ['no checkpoint', `index 5\n${root}\n`],
  ['carriage returns', `index 5\r\n\r\n${note}`],
])('a proof is refused: %s', (_, text) => {
  expect(() => decodeProof(`c2sp.org/tlog-proof@v1\n${text}`)).toThrow(code('AUDIT_INVALID_PROOF'))
})

test.each([
  ['another word', `alt 5\n\n${note}`],
  ['no number', `old \n\n${note}`],
  ['a size beyond 2^53', `old 9007199254740993\n\n${note}`],
  ['a hash of 33 bytes', `old 5\n${Buffer.alloc(33).toString('base64')}\n\n${note}`],
  ['lenient base64', `old 5\n${root.replace('=', '')}\n\n${note}`],
  ['no old size', `${root}\n\n${note}`],
  ['a leading zero', `old 05\n${root}\n\n${note}`],
  ['a hash of 31 bytes', `old 5\n${Buffer.alloc(31).toString('base64')}\n\n${note}`],
  ['64 hashes', `old 5\n${`${root}\n`.repeat(64)}\n${note}`],
  ['no checkpoint', 'old 5\n'],
])('a consistency proof is refused: %s', (_, text) => {
  expect(() => decodeConsistencyProof(text)).toThrow(code('AUDIT_INVALID_PROOF'))
})
