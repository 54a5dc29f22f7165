import { hash } from 'node:crypto'
import { createSigner, createVerifier, generateKey, verifyCheckpoint } from '@audit/core'
import { expect, test } from 'vitest'
import { decodeCheckpoint } from '../src/note/checkpoint.ts'
import { decodeConsistencyProof } from '../src/note/consistency-proof.ts'
import { parseNote, signNote } from '../src/note/signed-note.ts'
import { decodeProof } from '../src/note/tlog-proof.ts'

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
  ['more than a million characters', 'x'.repeat(1_000_000) + note],
])('a note is refused: %s', (_, text) => {
  expect(() => parseNote(text)).toThrow(code('AUDIT_INVALID_NOTE'))
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
  ['an empty extension line', `log\n5\n${root}\n\n`],
  ['no newline behind an extension', `log\n5\n${root}\nmore`],
])('a checkpoint is refused: %s', (_, text) => {
  expect(() => decodeCheckpoint(text)).toThrow(code('AUDIT_INVALID_CHECKPOINT'))
})

test.each([
  ['a leading zero', `index 05\n${root}\n\n${note}`],
  ['a sign', `index +5\n\n${note}`],
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
  ['no old size', `${root}\n\n${note}`],
  ['a leading zero', `old 05\n${root}\n\n${note}`],
  ['a hash of 31 bytes', `old 5\n${Buffer.alloc(31).toString('base64')}\n\n${note}`],
  ['64 hashes', `old 5\n${`${root}\n`.repeat(64)}\n${note}`],
  ['no checkpoint', 'old 5\n'],
])('a consistency proof is refused: %s', (_, text) => {
  expect(() => decodeConsistencyProof(text)).toThrow(code('AUDIT_INVALID_PROOF'))
})
