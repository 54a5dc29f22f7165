import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import {
  AuditLog,
  createSigner,
  createVerifier,
  encodePublicKey,
  generateKey,
  MemoryBackend,
  type Signer,
  verifyCheckpoint,
  verifyConsistency,
  verifyProof,
} from '@audit/core'
import { expect, test } from 'vitest'
import { makeWitness } from './witness.ts'

const { privateKey, publicKey } = generateKey('example.com/audit')
const signer = createSigner(privateKey)
const verifier = createVerifier(publicKey)
const input = (inputText = '') => ({ model: 'm', inputText, outputText: '' })
const code = (expected: string) => expect.objectContaining({ name: 'AuditError', code: expected })

async function logOf(count: number, options: { readonly signer?: Signer } = { signer }) {
  const log = new AuditLog(options)
  const entries = await Promise.all(Array.from({ length: count }, (_, i) => log.record(input(`text ${i}`))))
  return { log, entries }
}

test('a checkpoint names the log, its size and its root, and its signature is good', async () => {
  const { log } = await logOf(3)
  const checkpoint = await log.checkpoint()
  const verified = verifyCheckpoint({ checkpoint, verifier })
  expect(verified).toMatchObject({ origin: 'example.com/audit', size: 3, extensions: [], cosignatures: [] })
  expect(Buffer.from(verified.root)).toEqual(Buffer.from((await log.verify()).root))
})

test('an empty log has a checkpoint', async () => {
  const { log } = await logOf(0)
  const checkpoint = await log.checkpoint()
  expect(verifyCheckpoint({ checkpoint, verifier }).size).toBe(0)
  await log.record(input())
  const proof = await log.proveConsistency(checkpoint)
  expect(verifyConsistency({ older: checkpoint, proof, verifier }).size).toBe(1)
})

test('every entry of a log is proved, and only as it is', async () => {
  const { log, entries } = await logOf(300)
  for (const entry of entries) {
    const proof = await log.prove(entry.entryId)
    expect(verifyProof({ entry, proof, verifier }).size).toBe(300)
    expect(() => verifyProof({ entry: { ...entry, user: 'eve' }, proof, verifier })).toThrow(
      code('AUDIT_NOT_INCLUDED'),
    )
    expect(() => verifyProof({ entry: { ...entry, index: entry.index + 1 }, proof, verifier })).toThrow(
      code('AUDIT_NOT_INCLUDED'),
    )
  }
})

test('a proof holds after its entry went through JSON', async () => {
  const { log } = await logOf(2)
  const entry = await log.record({
    ...input('é 😀 \0'),
    costUsd: 1e-7,
    metadata: { b: [1.5, null], a: '\u2028' },
  })
  const receipt = JSON.stringify({ entry, proof: await log.prove(entry.entryId) })
  expect(verifyProof({ ...JSON.parse(receipt), verifier }).size).toBe(3)
})

test('a proof covers the keys of an entry and no others', async () => {
  const { log, entries } = await logOf(1)
  const [entry] = entries
  if (!entry) throw new Error('nothing was recorded')
  const proof = await log.prove(entry.entryId)
  const withMore = { ...entry, approved: true }
  expect(() => verifyProof({ entry: withMore, proof, verifier })).toThrow(code('AUDIT_INVALID_ENTRY'))
  const withInfinity = { ...entry, costUsd: Number.POSITIVE_INFINITY } // JSON.stringify makes it null
  expect(() => verifyProof({ entry: withInfinity, proof, verifier })).toThrow(code('AUDIT_INVALID_ENTRY'))
  // @ts-expect-error: what plain JavaScript may pass
  expect(() => verifyProof({ entry: null, proof, verifier })).toThrow(code('AUDIT_INVALID_ENTRY'))
})

test('the log as it is now continues each of its older checkpoints', async () => {
  const { log } = await logOf(0)
  const older: string[] = []
  for (let i = 0; i < 20; i++) {
    older.push(await log.checkpoint())
    await log.record(input())
  }
  for (const checkpoint of older) {
    const proof = await log.proveConsistency(checkpoint)
    expect(verifyConsistency({ older: checkpoint, proof, verifier }).size).toBe(20)
  }
  const proof = await log.proveConsistency(older[3] ?? '')
  const verifyOther = () => verifyConsistency({ older: older[4] ?? '', proof, verifier })
  expect(verifyOther).toThrow(code('AUDIT_NOT_CONSISTENT'))
})

test('a proof is refused for an entry that is not there', async () => {
  const { log } = await logOf(1)
  await expect(log.prove('0195a0b0-c0d0-7000-8000-000000000000')).rejects.toThrow(code('AUDIT_NOT_FOUND'))
})

test('a log of another content, size or name does not continue a checkpoint', async () => {
  const { log } = await logOf(3)
  const checkpoint = await log.checkpoint()
  const { log: changed } = await logOf(3)
  await expect(changed.proveConsistency(checkpoint)).rejects.toThrow(code('AUDIT_NOT_CONSISTENT'))
  const { log: shorter } = await logOf(2)
  await expect(shorter.proveConsistency(checkpoint)).rejects.toThrow(code('AUDIT_NOT_CONSISTENT'))
  const { log: other } = await logOf(3, { signer: createSigner(generateKey('other').privateKey) })
  await expect(other.proveConsistency(checkpoint)).rejects.toThrow(code('AUDIT_WRONG_LOG'))
  await expect(log.proveConsistency('banana')).rejects.toThrow(code('AUDIT_INVALID_NOTE'))
})

test('without a signer there are no checkpoints and no proofs', async () => {
  const { log, entries } = await logOf(1, {})
  const invalid = code('AUDIT_INVALID_OPTIONS')
  await expect(log.checkpoint()).rejects.toThrow(invalid)
  await expect(log.prove(entries[0]?.entryId ?? '')).rejects.toThrow(invalid)
  await expect(log.proveConsistency('')).rejects.toThrow(invalid)
})

test('after close they reject', async () => {
  const { log, entries } = await logOf(1)
  const checkpoint = await log.checkpoint()
  await log.close()
  const closed = code('AUDIT_CLOSED')
  await expect(log.checkpoint()).rejects.toThrow(closed)
  await expect(log.prove(entries[0]?.entryId ?? '')).rejects.toThrow(closed)
  await expect(log.proveConsistency(checkpoint)).rejects.toThrow(closed)
  await expect(log.verify()).rejects.toThrow(closed)
})

test('a key that is kept elsewhere signs through a Signer', async () => {
  const kms = generateKeyPairSync('ed25519')
  const pem = kms.publicKey.export({ type: 'spki', format: 'pem' })
  const remote: Signer = {
    publicKey: encodePublicKey('example.com/kms', createPublicKey(pem)),
    sign: async message => sign(null, message, kms.privateKey),
  }
  const { log } = await logOf(2, { signer: remote })
  const checkpoint = await log.checkpoint()
  expect(verifyCheckpoint({ checkpoint, verifier: createVerifier(remote.publicKey) }).size).toBe(2)
})

test('a signer that fails, or has no proper key, is told', async () => {
  const failure = new Error('the KMS is down')
  const failing: Signer = { publicKey, sign: () => Promise.reject(failure) }
  const { log } = await logOf(1, { signer: failing })
  await expect(log.checkpoint()).rejects.toMatchObject({ code: 'AUDIT_SIGNING_FAILED', cause: failure })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  expect(() => encodePublicKey('name', rsa)).toThrow(code('AUDIT_INVALID_KEY'))
  expect(() => new AuditLog({ signer: { ...failing, publicKey: 'banana' } })).toThrow(
    code('AUDIT_INVALID_KEY'),
  )
})

test.each([
  ['', 'empty'],
  ['two words', 'a space'],
  ['a+b', 'a plus sign'],
  ['a\nb', 'a newline'],
  ['a\u00a0b', 'a space that is not ASCII'],
])('no key is made with the name %j (%s)', name => {
  expect(() => generateKey(name)).toThrow(code('AUDIT_INVALID_KEY'))
})

test.each([
  ['an empty text', ''],
  ['a word', 'banana'],
  ['a key with another name', publicKey.replace('audit', 'other')],
  ['lenient base64', `${publicKey}=`],
  ['two newlines at the end', `${publicKey}\n\n`],
  ['a byte-order mark', `\uFEFF${publicKey}`],
  ['capitals', publicKey.toUpperCase()],
])('a public key is refused: %s', (_, text) => {
  expect(() => createVerifier(text)).toThrow(code('AUDIT_INVALID_KEY'))
})

test('what is wrong with a private key is said without the key', () => {
  const secret = privateKey.slice(-44)
  for (const text of [
    publicKey,
    privateKey.replace('audit', 'other'),
    privateKey.slice(0, -4),
    'PRIVATE+KEY+',
  ]) {
    expect(() => createSigner(text)).toThrow(code('AUDIT_INVALID_KEY'))
    expect(() => createSigner(text)).not.toThrow(
      expect.objectContaining({ message: expect.stringContaining(secret) }),
    )
  }
})

test('a checkpoint of another log, with an unknown key, or changed, each has its own code', async () => {
  const { log } = await logOf(5)
  const checkpoint = await log.checkpoint()
  const unknown = createVerifier(generateKey('example.com/audit').publicKey)
  expect(() => verifyCheckpoint({ checkpoint, verifier: unknown })).toThrow(code('AUDIT_UNKNOWN_KEY'))
  const changed = checkpoint.replace('\n5\n', '\n4\n')
  expect(() => verifyCheckpoint({ checkpoint: changed, verifier })).toThrow(code('AUDIT_BAD_SIGNATURE'))
  expect(() => verifyCheckpoint({ checkpoint: 'banana', verifier })).toThrow(code('AUDIT_INVALID_NOTE'))
  // @ts-expect-error: what plain JavaScript may pass
  expect(() => verifyCheckpoint({ checkpoint: undefined, verifier })).toThrow(code('AUDIT_INVALID_NOTE'))
})

test('a witness must have cosigned, and its false signature beside a good one is refused', async () => {
  const { log } = await logOf(1)
  const checkpoint = await log.checkpoint()
  const other = createVerifier(generateKey('witness').publicKey)
  expect(() => verifyCheckpoint({ checkpoint, verifier, witnesses: [other] })).toThrow(
    code('AUDIT_UNKNOWN_KEY'),
  )
  const keyHash = Buffer.from(other.keyHash)
  const line = `— witness ${Buffer.concat([keyHash, Buffer.alloc(64)]).toString('base64')}\n`
  const verifyBoth = () => verifyCheckpoint({ checkpoint: checkpoint + line, verifier, witnesses: [other] })
  expect(verifyBoth).toThrow(code('AUDIT_BAD_SIGNATURE'))
  expect(verifyCheckpoint({ checkpoint: checkpoint + line, verifier }).size).toBe(1)
})

test('a cosignature is verified when a verifier for its witness is given', async () => {
  const { log } = await logOf(3)
  const { vkey, cosign } = makeWitness('witness.example', 1_790_000_000)
  const witness = createVerifier(vkey)
  const cosigned = cosign(await log.checkpoint())
  expect(verifyCheckpoint({ checkpoint: cosigned, verifier, witnesses: [witness] }).cosignatures).toEqual([
    { name: 'witness.example', time: new Date(1_790_000_000_000) },
  ])
  expect((await log.verify({ checkpoint: cosigned, verifiers: [verifier, witness] })).ok).toBe(true)
  const unsigned = await log.checkpoint()
  await expect(log.verify({ checkpoint: unsigned, verifiers: [verifier, witness] })).rejects.toThrow(
    code('AUDIT_UNKNOWN_KEY'),
  )
  const { cosign: other } = makeWitness('witness.example', 1_790_000_001)
  expect(() => verifyCheckpoint({ checkpoint: other(unsigned), verifier, witnesses: [witness] })).toThrow(
    code('AUDIT_UNKNOWN_KEY'),
  )
  const moved = cosigned.replace(/ (\S+)\n$/, (_, line: string) => {
    const bytes = Buffer.from(line, 'base64')
    bytes.writeUInt8(bytes.readUInt8(11) ^ 1, 11) // the time that is signed along
    return ` ${bytes.toString('base64')}\n`
  })
  expect(() => verifyCheckpoint({ checkpoint: moved, verifier, witnesses: [witness] })).toThrow(
    code('AUDIT_BAD_SIGNATURE'),
  )
})

test('a checkpoint that bears a witness’s signature and none of the log is refused', async () => {
  const { log } = await logOf(3)
  const { vkey, cosign } = makeWitness('witness.example', 1_790_000_000)
  const witness = createVerifier(vkey)
  const lines = cosign(await log.checkpoint()).split('\n')
  const witnessed = lines.filter(line => !line.startsWith('— example.com/audit ')).join('\n')
  for (const witnesses of [[witness], []]) {
    expect(() => verifyCheckpoint({ checkpoint: witnessed, verifier, witnesses })).toThrow(
      code('AUDIT_UNKNOWN_KEY'),
    )
  }
})

test('a signature line that stands twice, and a witness that is given twice, count once', async () => {
  const { log } = await logOf(3)
  const { vkey, cosign } = makeWitness('witness.example', 1_790_000_000)
  const [witness, again] = [createVerifier(vkey), createVerifier(vkey)]
  const cosigned = cosign(await log.checkpoint())
  const line = cosigned.slice(cosigned.lastIndexOf('— '))
  const { cosignatures } = verifyCheckpoint({
    checkpoint: cosigned + line + line,
    verifier,
    witnesses: [witness, again, witness],
  })
  expect(cosignatures.map(({ name }) => name)).toEqual(['witness.example'])
})

test('a proof that is given as a checkpoint is no forged checkpoint', async () => {
  const { log, entries } = await logOf(2)
  const proofs = [
    await log.prove(entries[0]?.entryId ?? ''),
    await log.proveConsistency(await log.checkpoint()),
  ]
  for (const checkpoint of proofs) {
    expect(() => verifyCheckpoint({ checkpoint, verifier })).toThrow(code('AUDIT_INVALID_NOTE'))
    await expect(log.verify({ checkpoint })).rejects.toThrow(code('AUDIT_INVALID_NOTE'))
  }
})

test('a key file may end with a newline', async () => {
  for (const end of ['\n', '\r\n']) {
    const log = new AuditLog({ signer: createSigner(privateKey + end) })
    const checkpoint = await log.checkpoint()
    expect(verifyCheckpoint({ checkpoint, verifier: createVerifier(publicKey + end) }).size).toBe(0)
  }
})

test.each(['\x1b[2J', '\x7f', '\x9b31m', '\u202e', '\u200b', '\u2066', '\0'])(
  'a name with the character %j is refused, in keys and in signature lines',
  async character => {
    const name = `example${character}com`
    expect(() => generateKey(name)).toThrow(code('AUDIT_INVALID_KEY'))
    const { log } = await logOf(1)
    const checkpoint = await log.checkpoint()
    const line = `— ${name} ${Buffer.alloc(68, 1).toString('base64')}\n`
    expect(() => verifyCheckpoint({ checkpoint: checkpoint + line, verifier })).toThrow(
      code('AUDIT_INVALID_NOTE'),
    )
  },
)

test.each([
  ['CRLF', (text: string) => text.replaceAll('\n', '\r\n'), 'CRLF'],
  ['a byte-order mark', (text: string) => `\uFEFF${text}`, 'byte-order mark'],
])('%s is named as what it is, and not called forgery', async (_, change, name) => {
  const { log, entries } = await logOf(2)
  const checkpoint = await log.checkpoint()
  const [entry] = entries
  if (!entry) throw new Error('nothing was recorded')
  const proof = await log.prove(entry.entryId)
  const note = expect.objectContaining({ code: 'AUDIT_INVALID_NOTE', message: expect.stringContaining(name) })
  expect(() => verifyCheckpoint({ checkpoint: change(checkpoint), verifier })).toThrow(note)
  expect(() => verifyProof({ entry, proof: change(proof), verifier })).toThrow(
    expect.objectContaining({ code: 'AUDIT_INVALID_PROOF', message: expect.stringContaining(name) }),
  )
  await expect(log.verify({ checkpoint: change(checkpoint) })).rejects.toThrow(note)
})

test('a forged older root, or a proof for another size, shows no consistency', async () => {
  const { log } = await logOf(3)
  const older = await log.checkpoint()
  await Promise.all(Array.from({ length: 5 }, () => log.record(input())))
  const proof = await log.proveConsistency(older)
  expect(verifyConsistency({ older, proof, verifier }).size).toBe(8)
  // Signed by the log's own key, as a log that shows two faces signs them.
  const forged = async (size: number, root: Buffer) => {
    const text = `example.com/audit\n${size}\n${root.toString('base64')}\n`
    const signature = await signer.sign(Buffer.from(text))
    const line = Buffer.concat([verifier.keyHash, signature]).toString('base64')
    return `${text}\n— example.com/audit ${line}\n`
  }
  const { root } = verifyCheckpoint({ checkpoint: older, verifier })
  // A checkpoint that claims another size than its root has, with a proof that is right for the root.
  for (const claimed of [2, 4, 8, 9]) {
    const lying = await forged(claimed, Buffer.from(root))
    expect(() => verifyConsistency({ older: lying, proof, verifier })).toThrow(code('AUDIT_NOT_CONSISTENT'))
  }
  const empty = await forged(3, createHash('sha256').digest())
  const fromNothing = await proofFromNothing(0, log)
  expect(() => verifyConsistency({ older: empty, proof: fromNothing, verifier })).toThrow(
    code('AUDIT_NOT_CONSISTENT'),
  )
  for (const [size, of] of [
    [3, Buffer.alloc(32, 1)],
    [2, Buffer.from(root)],
    [0, Buffer.alloc(32, 1)],
  ] as const) {
    const other = await forged(size, of)
    for (const text of [proof, proof.replace('old 3', `old ${size}`), await proofFromNothing(size, log)]) {
      expect(() => verifyConsistency({ older: other, proof: text, verifier })).toThrow(
        code('AUDIT_NOT_CONSISTENT'),
      )
    }
  }
})

/** A proof without hashes, which is right for a log that was empty. */
async function proofFromNothing(size: number, log: AuditLog): Promise<string> {
  return `old ${size}\n\n${await log.checkpoint()}`
}

test('a log goes on while it is checked, and a checkpoint covers what was acknowledged', async () => {
  const log = new AuditLog({ backend: new MemoryBackend(), signer })
  const recording = (async () => {
    for (let i = 0; i < 600; i++) await log.record(input())
  })()
  let last = 0
  for (let i = 0; i < 50; i++) {
    const before = await log.count()
    const { size } = verifyCheckpoint({ checkpoint: await log.checkpoint(), verifier })
    expect(size).toBeGreaterThanOrEqual(Math.max(before, last))
    last = size
    expect((await log.verify()).ok).toBe(true)
  }
  await recording
})
