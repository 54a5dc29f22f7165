import {
  AuditLog,
  createSigner,
  createVerifier,
  generateKey,
  type Verifier,
  verifyCheckpoint,
  verifyConsistency,
  verifyProof,
} from '@audit/core'
import { expect, test } from 'vitest'
import { makeWitness } from './witness.ts'

// Who must have signed a checkpoint, when several keys are given.

const NAME = 'example.com/audit'
const { privateKey, publicKey } = generateKey(NAME)
const signer = createSigner(privateKey)
const verifier = createVerifier(publicKey)
const code = (expected: string) => expect.objectContaining({ name: 'AuditError', code: expected })
const record = (log: AuditLog) => log.record({ model: 'm', inputText: '', outputText: '' })

async function signed() {
  const log = new AuditLog({ signer })
  const entry = await record(log)
  return { log, entry, checkpoint: await log.checkpoint() }
}

/** A note without the signature lines that this key has made. */
function without(note: string, { name, keyHash }: Verifier): string {
  const isOf = (line: string) => {
    const [dash, by, encoded = ''] = line.split(' ')
    return dash === '—' && by === name && Buffer.from(encoded, 'base64').subarray(0, 4).equals(keyHash)
  }
  return note
    .split('\n')
    .filter(line => !isOf(line))
    .join('\n')
}

test('a witness that bears the log’s name does not sign for it, nor the log for the witness', async () => {
  const { checkpoint } = await signed()
  const { vkey, cosign } = makeWitness(NAME, 1_790_000_000)
  const witness = createVerifier(vkey)
  const cosigned = cosign(checkpoint)
  expect(
    verifyCheckpoint({ checkpoint: cosigned, verifier, witnesses: [witness] }).cosignatures,
  ).toHaveLength(1)
  for (const missing of [verifier, witness]) {
    const note = without(cosigned, missing)
    expect(() => verifyCheckpoint({ checkpoint: note, verifier, witnesses: [witness] })).toThrow(
      code('AUDIT_UNKNOWN_KEY'),
    )
  }
})

test('two witnesses of one name must both have cosigned, and so must two of one key hash', async () => {
  const { checkpoint } = await signed()
  const one = makeWitness('witness.example', 1_790_000_000)
  const two = makeWitness('witness.example', 1_790_000_060)
  const witnesses = [createVerifier(one.vkey), createVerifier(two.vkey)]
  for (const cosigned of [one.cosign(checkpoint), two.cosign(checkpoint), checkpoint]) {
    expect(() => verifyCheckpoint({ checkpoint: cosigned, verifier, witnesses })).toThrow(
      code('AUDIT_UNKNOWN_KEY'),
    )
  }
  const both = two.cosign(one.cosign(checkpoint))
  const { cosignatures } = verifyCheckpoint({ checkpoint: both, verifier, witnesses })
  expect(cosignatures.map(({ time }) => time.getTime())).toEqual([1_790_000_000_000, 1_790_000_060_000])
  const [first] = witnesses
  if (!first) throw new Error('there are two')
  const namesake = { ...first, name: 'other.example' }
  expect(() => verifyCheckpoint({ checkpoint: both, verifier, witnesses: [first, namesake] })).toThrow(
    code('AUDIT_UNKNOWN_KEY'),
  )
})

test('the log’s signature is not that of a witness with the same key hash', async () => {
  const { checkpoint } = await signed()
  const witness = { ...verifier, name: 'witness.example' }
  expect(() => verifyCheckpoint({ checkpoint, verifier, witnesses: [witness] })).toThrow(
    code('AUDIT_UNKNOWN_KEY'),
  )
})

test('an ordinary key is none of a witness: its signature says no time', async () => {
  const { checkpoint } = await signed()
  expect(() => verifyCheckpoint({ checkpoint, verifier, witnesses: [verifier] })).toThrow(
    code('AUDIT_INVALID_KEY'),
  )
})

test.each([0, 7, 8, 63, 71, 73])('a cosignature of %i bytes is false', async length => {
  const { checkpoint } = await signed()
  const { vkey, cosign } = makeWitness('witness.example', 1_790_000_000)
  const witness = createVerifier(vkey)
  const line = cosign(checkpoint).slice(checkpoint.length)
  const bytes = Buffer.from(line.split(' ')[2] ?? '', 'base64').subarray(4)
  const text = Buffer.from(checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1))
  expect(witness.verify(text, bytes)).toBe(true)
  expect(witness.verify(text, Buffer.concat([bytes, bytes]).subarray(0, length))).toBe(false)
})

test('of two checkpoints the later one must be cosigned, the older one need not', async () => {
  const { log, entry, checkpoint: older } = await signed()
  await record(log)
  const { vkey, cosign } = makeWitness('witness.example', 1_790_000_000)
  const witnesses = [createVerifier(vkey)]
  const cosigned = (proof: string) => {
    const start = proof.indexOf('\n\n') + 2
    return proof.slice(0, start) + cosign(proof.slice(start))
  }
  const proof = await log.proveConsistency(older)
  expect(verifyConsistency({ older, proof: cosigned(proof), verifier, witnesses })).toMatchObject({
    size: 2,
    cosignatures: [{ name: 'witness.example' }],
  })
  expect(() => verifyConsistency({ older: cosign(older), proof, verifier, witnesses })).toThrow(
    code('AUDIT_UNKNOWN_KEY'),
  )
  const included = await log.prove(entry.entryId)
  expect(verifyProof({ entry, proof: cosigned(included), verifier, witnesses }).cosignatures).toHaveLength(1)
  expect(() => verifyProof({ entry, proof: included, verifier, witnesses })).toThrow(
    code('AUDIT_UNKNOWN_KEY'),
  )
  // The older one must be of the log all the same.
  const stranger = createVerifier(generateKey(NAME).publicKey)
  expect(() => verifyConsistency({ older: without(cosign(older), verifier), proof, verifier })).toThrow(
    code('AUDIT_UNKNOWN_KEY'),
  )
  expect(() => verifyConsistency({ older, proof, verifier: stranger })).toThrow(code('AUDIT_UNKNOWN_KEY'))
})
