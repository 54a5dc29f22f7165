import {
  type AuditEntry,
  AuditError,
  AuditLog,
  createSigner,
  createVerifier,
  type Finding,
  generateKey,
  type JsonObject,
  MemoryBackend,
  type VerificationReport,
  verifyCheckpoint,
} from '@audit/core'
import { createLeaf, digestsOf, partialPage, type SubtreeStore } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { MemorySubtreeStore } from './memory-subtree-store.ts'
import { makeWitness } from './witness.ts'

const { privateKey, publicKey } = generateKey('example.com/audit')
const signer = createSigner(privateKey)
const input = (inputText = '') => ({ model: 'm', inputText, outputText: '' })
const code = (expected: string) => expect.objectContaining({ name: 'AuditError', code: expected })

/** Gives back something else than what it was given, as a store does that someone has changed. */
class ChangedBackend extends MemoryBackend {
  readonly subtrees: SubtreeStore = new MemorySubtreeStore()
  /** In the place of the entries: `undefined` where one is missing, an error where one cannot be read. */
  readonly entries = new Map<number, AuditEntry | AuditError | undefined>()
  readonly hashes = new Map<number, Uint8Array | undefined>()
  removed = 0
  added = 0
  inspected: readonly Finding[] = []

  override async size(): Promise<number> {
    return (await super.size()) - this.removed + this.added
  }

  override async read(start: number, end: number): Promise<AuditEntry[]> {
    const found = await super.read(start, Math.min(end, await this.size()))
    return found.flatMap(entry => {
      const changed = this.entries.has(entry.index) ? this.entries.get(entry.index) : entry
      if (changed instanceof AuditError) throw changed
      return changed ? [changed] : []
    })
  }

  override async leafHashes(start: number, end: number): Promise<Uint8Array> {
    const hashes = await super.leafHashes(start, Math.min(end, await this.size()))
    let kept = hashes
    for (const [index, hash] of this.hashes) {
      if (index < start || index >= end) continue
      const at = (index - start) * 32
      if (hash) hashes.set(hash, at)
      else kept = Buffer.concat([hashes.subarray(0, at), hashes.subarray(at + 32)]) // a row without one
    }
    return kept
  }

  async inspect(): Promise<readonly Finding[]> {
    return this.inspected
  }
}

async function logOf(count: number) {
  const backend = new ChangedBackend()
  const writer = new AuditLog({ backend, signer })
  const entries = await Promise.all(
    Array.from({ length: count }, (_, i) => writer.record(input(`text ${i}`))),
  )
  const checkpoint = await writer.checkpoint()
  const log = new AuditLog({ backend, signer }) // one that has signed nothing, and so knows nothing of the entries
  const entry = (index: number): AuditEntry => {
    const found = entries[index]
    if (!found) throw new Error(`entry ${index} was not recorded`)
    return found
  }
  return { backend, log, entry, checkpoint }
}

const found = ({ findings }: VerificationReport) => findings.map(({ kind, index }) => [kind, index])
const changedCopy = (entry: AuditEntry): AuditEntry => ({ ...entry, user: 'eve' })

test.each([0, 1, 255, 256, 257, 1000])('a log of %i entries that nobody changed is fine', async count => {
  const { log, checkpoint } = await logOf(count)
  const report = await log.verify({ checkpoint })
  expect(report).toMatchObject({ ok: true, size: count, readFrom: 0, uncovered: 0, findings: [] })
  expect(await log.verify()).toEqual({ ...report, checkpoints: [], uncovered: count })
})

test('a changed entry is found, and everything behind it is verified as well', async () => {
  const { log, backend, entry, checkpoint } = await logOf(600)
  for (const index of [3, 300, 599]) backend.entries.set(index, changedCopy(entry(index)))
  const report = await log.verify()
  expect(found(report)).toEqual([3, 300, 599].map(index => ['entry-changed', index]))
  expect(report.ok).toBe(false)
  expect((await log.verify({ checkpoint })).findings.at(-1)).toMatchObject({
    kind: 'checkpoint-inconsistent',
  })
})

test('an entry that was changed together with its leaf hash is found by the subtree root, or by a checkpoint', async () => {
  const { log, backend, entry, checkpoint } = await logOf(600)
  for (const index of [300, 599]) {
    const changed = changedCopy(entry(index))
    backend.entries.set(index, changed)
    backend.hashes.set(index, createLeaf(changed).hash)
  }
  expect(found(await log.verify())).toEqual([['subtree-forged', 256]])
  expect(found(await log.verify({ checkpoint }))).toEqual([
    ['subtree-forged', 256],
    ['checkpoint-inconsistent', undefined],
  ])
})

test('behind the last complete subtree, only a checkpoint finds a change of both', async () => {
  const { log, backend, entry, checkpoint } = await logOf(600)
  const changed = changedCopy(entry(599))
  backend.entries.set(599, changed)
  backend.hashes.set(599, createLeaf(changed).hash)
  expect((await log.verify()).ok).toBe(true)
  expect(found(await log.verify({ checkpoint }))).toEqual([['checkpoint-inconsistent', undefined]])
})

test('missing entries are one finding a gap', async () => {
  const { log, backend } = await logOf(600)
  for (const index of [0, 7, 8, 9, 255, 256, 599]) backend.entries.set(index, undefined)
  expect(found(await log.verify())).toEqual([0, 7, 255, 599].map(index => ['entry-missing', index]))
})

test('an index beyond all counting does not keep the verification busy for ever', async () => {
  const { log, backend } = await logOf(300)
  backend.added = 2 ** 50
  const report = await log.verify()
  expect(found(report)).toEqual([['entry-missing', 300]])
  expect(report.size).toBe(300 + 2 ** 50)
})

test('entries that were exchanged are told from changed ones', async () => {
  const { log, backend, entry } = await logOf(10)
  backend.entries.set(3, { ...entry(5), index: 3 })
  backend.entries.set(5, { ...entry(3), index: 5 })
  backend.entries.set(7, changedCopy(entry(7)))
  expect(found(await log.verify())).toEqual([
    ['order-changed', 3],
    ['order-changed', 5],
    ['entry-changed', 7],
  ])
})

test('entries that cannot be read are found one by one', async () => {
  const { log, backend } = await logOf(600)
  const damage = new AuditError('AUDIT_CORRUPT', 'its checksum is wrong')
  for (const index of [0, 100, 101, 511]) backend.entries.set(index, damage)
  expect(found(await log.verify())).toEqual([0, 100, 101, 511].map(index => ['damaged', index]))
})

test('an entry that cannot be encoded is damaged, whatever its leaf hash', async () => {
  const { log, backend, entry } = await logOf(3)
  backend.entries.set(1, { ...entry(1), costUsd: Number.POSITIVE_INFINITY }) // JSON has null for it, as for the entry
  expect(found(await log.verify())).toEqual([['damaged', 1]])
})

test('an entry that another program wrote is told', async () => {
  const { log, backend, entry } = await logOf(3)
  const foreign = { ...entry(1), timestamp: '2020-01-01T00:00:00.000Z' }
  backend.entries.set(1, foreign)
  backend.hashes.set(1, createLeaf(foreign).hash)
  expect(found(await log.verify())).toEqual([['foreign-entry', 1]])
})

test.each([
  [1, 1, 256],
  [2, 0, 0],
])('a forged subtree root of level %i is found', async (level, place, index) => {
  const { log, backend } = await logOf(66_000)
  await backend.subtrees.write(level, place, Buffer.alloc(32, 1))
  expect(found(await log.verify())).toEqual([['subtree-forged', index]])
})

test.each([0, 100, 255, 256, 599])('an entry whose leaf hash is gone is found: %i', async index => {
  const { log, backend } = await logOf(600)
  backend.hashes.set(index, undefined)
  expect(found(await log.verify())).toEqual([['entry-changed', index]])
})

test('all leaf hashes gone are found', async () => {
  const { log, backend } = await logOf(300)
  backend.leafHashes = async () => new Uint8Array()
  const { findings } = await log.verify()
  expect(findings.filter(({ kind }) => kind === 'entry-changed')).toHaveLength(300)
})

test('a stored root that cannot be read is a finding', async () => {
  const { log, backend } = await logOf(600)
  const { read } = backend.subtrees
  backend.subtrees.read = (level, start, end) =>
    level === 1 && start === 1
      ? Promise.reject(new AuditError('AUDIT_CORRUPT', 'not 32 bytes'))
      : read.call(backend.subtrees, level, start, end)
  expect(found(await log.verify())).toEqual([['subtree-forged', 256]])
})

test('a store that fails in another way than by damage ends the verification', async () => {
  const { log, backend } = await logOf(600)
  backend.subtrees.read = () => Promise.reject(new Error('the cable is out'))
  await expect(log.verify()).rejects.toThrow(code('AUDIT_READ_FAILED'))
})

test('a root over entries that are gone tells of a rollback', async () => {
  const { log, backend, checkpoint } = await logOf(600)
  backend.removed = 100
  expect(found(await log.verify())).toEqual([['rolled-back', 500]])
  expect(found(await log.verify({ checkpoint }))).toEqual([
    ['rolled-back', 500],
    ['tail-missing', 500],
  ])
})

test('only a checkpoint tells of an end that is gone when no root was over it', async () => {
  const { log, backend, checkpoint } = await logOf(600)
  backend.removed = 88
  expect((await log.verify()).ok).toBe(true)
  expect(found(await log.verify({ checkpoint }))).toEqual([['tail-missing', 512]])
})

test('what the backend itself finds is in the report', async () => {
  const { log, backend } = await logOf(3)
  backend.inspected = [{ kind: 'damaged', message: 'a torn line' }]
  expect(await log.verify()).toMatchObject({ ok: false, findings: backend.inspected })
})

test('a store that is too damaged to be inspected is verified as far as it can be read', async () => {
  const { log, backend, entry } = await logOf(3)
  backend.inspect = () => Promise.reject(new AuditError('AUDIT_CORRUPT', 'a page is gone'))
  backend.entries.set(1, changedCopy(entry(1)))
  expect(found(await log.verify())).toEqual([
    ['entry-changed', 1],
    ['damaged', undefined],
  ])
})

test('a false signature on the checkpoint is a finding, and the rest is verified', async () => {
  const { log, backend, entry, checkpoint } = await logOf(3)
  backend.entries.set(1, changedCopy(entry(1)))
  const forged = checkpoint.replace('\n3\n', '\n2\n')
  expect(found(await log.verify({ checkpoint: forged }))).toEqual([
    ['signature-bad', undefined],
    ['entry-changed', 1],
  ])
})

test('a checkpoint that is none of this log is refused', async () => {
  const { log } = await logOf(3)
  const other = createSigner(generateKey('example.com/other').privateKey)
  const checkpoint = await new AuditLog({ signer: other }).checkpoint()
  await expect(log.verify({ checkpoint })).rejects.toThrow(code('AUDIT_UNKNOWN_KEY'))
  await expect(log.verify({ checkpoint: 'banana' })).rejects.toThrow(code('AUDIT_INVALID_NOTE'))
  const verifiers = [{ ...createVerifier(other.publicKey), name: 'example.com/other' }]
  expect((await log.verify({ checkpoint, verifiers })).ok).toBe(true) // of an empty log, which every log continues
})

test('options that would verify less than was meant are refused', async () => {
  const { log, checkpoint } = await logOf(1)
  const invalid = code('AUDIT_INVALID_OPTIONS')
  // @ts-expect-error: what plain JavaScript may pass
  await expect(log.verify({ checkpoint: undefined })).rejects.toThrow(invalid)
  // @ts-expect-error: what plain JavaScript may pass
  await expect(log.verify({ chekpoint: checkpoint })).rejects.toThrow(invalid)
  await expect(log.verify({ checkpoint, verifiers: [] })).rejects.toThrow(invalid)
  const unsigned = new AuditLog()
  await expect(unsigned.verify({ checkpoint })).rejects.toThrow(invalid)
  expect((await log.verify({ checkpoint, verifiers: [createVerifier(publicKey)] })).ok).toBe(true)
})

test('progress is told, and a signal stops it', async () => {
  const { log } = await logOf(600)
  const steps: number[] = []
  await log.verify({ onProgress: ({ verified, size }) => steps.push(verified, size) })
  expect(steps).toEqual([256, 600, 512, 600, 600, 600])
  const controller = new AbortController()
  const reason = new Error('enough')
  const stopped = log.verify({ onProgress: () => controller.abort(reason), signal: controller.signal })
  await expect(stopped).rejects.toBe(reason)
})

test('a report keeps 10,000 findings and counts the rest', async () => {
  const { log, backend, entry } = await logOf(10_300)
  for (let i = 0; i < 10_300; i++) backend.entries.set(i, changedCopy(entry(i)))
  const { findings } = await log.verify()
  expect(findings).toHaveLength(10_000)
  expect(findings.at(-1)?.message).toContain('; and 300 further findings')
})

test('entries that come while it runs are neither read nor taken for a rollback', async () => {
  const { log, backend, entry } = await logOf(1100) // with a root over the entries 768 to 1,023
  backend.removed = 100
  const sizeBefore = await backend.size()
  backend.size = async () => {
    backend.removed = 0 // the others come right after the first look
    backend.size = async () => 1100
    return sizeBefore
  }
  backend.entries.set(1050, changedCopy(entry(1050)))
  expect(await log.verify()).toMatchObject({ ok: true, size: 1000, findings: [] })
})

test('a log that is recorded into is verified', async () => {
  const { log } = await logOf(1000)
  const coming: Promise<unknown>[] = []
  const onProgress = () => coming.push(...Array.from({ length: 300 }, () => log.record(input())))
  expect(await log.verify({ onProgress })).toMatchObject({ ok: true, size: 1000 })
  await Promise.all(coming)
})

test.each([0, 1, 255, 256, 257, 511, 512, 513, 699, 700])(
  'a checkpoint of %i entries is compared with so many, in a log that went on',
  async count => {
    const { log, backend, entry, checkpoint } = await logOf(count)
    const later = await Promise.all(Array.from({ length: 700 - count }, () => log.record(input())))
    const report = await log.verify({ checkpoint })
    expect(report).toMatchObject({ ok: true, size: 700 })
    const behind = later[0]
    if (behind) backend.entries.set(behind.index, changedCopy(behind))
    const kinds = async () => {
      const fresh = new AuditLog({ backend, signer }) // one that has not verified what came later
      return (await fresh.verify({ checkpoint })).findings.map(({ kind }) => kind)
    }
    expect(await kinds()).toEqual(behind ? ['entry-changed'] : [])
    if (count === 0) return
    backend.entries.set(count - 1, changedCopy(entry(count - 1)))
    expect(await kinds()).toContain('checkpoint-inconsistent')
  },
)

test('the root of a report is that of the log, whatever is compared with it', async () => {
  const { log, checkpoint } = await logOf(600)
  const first = await log.verify({ checkpoint })
  await log.record(input())
  const second = await log.verify({ checkpoint })
  const newer = verifyCheckpoint({ checkpoint: await log.checkpoint(), verifier: createVerifier(publicKey) })
  expect(Buffer.from(second.root)).toEqual(Buffer.from(newer.root))
  expect(second.root).not.toEqual(first.root)
})

test('the message tells apart where the kept hashes lead to the checkpoint and where they do not', async () => {
  const messages = await Promise.all(
    [[], ['hash'], ['hash', 'root']].map(async more => {
      const { log, backend, entry, checkpoint } = await logOf(600)
      const changed = changedCopy(entry(300))
      backend.entries.set(300, changed)
      if (more.includes('hash')) backend.hashes.set(300, createLeaf(changed).hash)
      if (more.includes('root')) await backend.subtrees.write(1, 1, Buffer.alloc(32, 1))
      return (await log.verify({ checkpoint })).findings.at(-1)
    }),
  )
  expect(messages.map(finding => finding?.kind)).toEqual(new Array(3).fill('checkpoint-inconsistent'))
  expect(new Set(messages.map(finding => finding?.message)).size).toBe(3)
})

test.each([1, 2, 3, 4, 5, 6])('a root of level %i beyond the end tells of a rollback', async level => {
  const { log, backend } = await logOf(300)
  const place = level === 1 ? 1 : 0
  await backend.subtrees.write(level, place, Buffer.alloc(32, 1))
  expect(found(await log.verify())).toEqual([['rolled-back', 300]])
})

test.each([1, 2])('a rollback to the end of a subtree is found by %i roots, and told once', async roots => {
  const { log, backend } = await logOf(1000)
  if (roots === 2) await backend.subtrees.write(2, 0, Buffer.alloc(32, 1))
  backend.removed = 1000 - 512
  expect(found(await log.verify())).toEqual([['rolled-back', 512]])
})

test('a forged root is found above a subtree of which a leaf hash is gone', async () => {
  const { log, backend } = await logOf(66_000)
  await backend.subtrees.write(2, 0, Buffer.alloc(32, 1))
  backend.hashes.set(5, undefined)
  expect(found(await log.verify())).toContainEqual(['subtree-forged', 0])
})

test('a forged root is found above an entry that was changed as well', async () => {
  const { log, backend, entry } = await logOf(600)
  backend.entries.set(300, changedCopy(entry(300)))
  await backend.subtrees.write(1, 1, Buffer.alloc(32, 1))
  expect(found(await log.verify())).toEqual([
    ['subtree-forged', 256],
    ['entry-changed', 300],
  ])
})

test('a store that fails in several places at once rejects once', async () => {
  const { log, backend } = await logOf(600)
  const failure = new Error('the cable is out')
  const { read } = backend
  backend.inspect = () => Promise.reject(failure)
  backend.subtrees.read = () => Promise.reject(failure)
  backend.read = (start, end) => (start >= 256 ? Promise.reject(failure) : read.call(backend, start, end))
  await expect(log.verify()).rejects.toMatchObject({ code: 'AUDIT_READ_FAILED', cause: failure })
  await new Promise(resolve => setImmediate(resolve)) // a rejection that nobody took would fail the run
})

test('10,000 findings of any kind are kept, and the rest is counted', async () => {
  for (const more of [0, 1]) {
    const { log, backend } = await logOf(1)
    const message = 'a torn line'
    backend.inspected = Array.from({ length: 10_000 + more }, () => ({ kind: 'damaged', message }))
    const { findings } = await log.verify()
    expect(findings).toHaveLength(10_000)
    expect(findings.at(-1)?.message).toBe(more === 0 ? message : `${message}; and 1 further findings`)
  }
})

test('an entry counts where it was asked for, and nowhere else', async () => {
  const { log, backend, entry } = await logOf(256)
  const { read } = backend
  const damage = new AuditError('AUDIT_CORRUPT', 'its checksum is wrong')
  backend.entries.set(255, damage)
  for (const index of [5, 200]) backend.entries.set(index, undefined)
  backend.read = async (start, end) => {
    const page = await read.call(backend, start, end)
    return [...page, entry(start >= 128 ? 5 : 200)] // each in the answer to a question for other ones
  }
  expect(found(await log.verify())).toEqual([
    ['entry-missing', 5],
    ['entry-missing', 200],
    ['damaged', 255],
  ])
})

test.each([
  ['goes back', (page: AuditEntry[]) => page.slice(0, 3).toReversed()],
  ['is at a standstill', (page: AuditEntry[]) => page.slice(0, 1)],
  ['is beside all numbers', (page: AuditEntry[]) => page.map(entry => ({ ...entry, index: Number.NaN }))],
])(
  'a page that says that there are more, and %s, does not keep the verification busy for ever',
  async (_, change) => {
    const { log, backend } = await logOf(300)
    const { read } = backend
    backend.read = async () => partialPage(change(await read.call(backend, 0, 10)))
    expect((await log.verify()).findings.map(({ kind }) => kind)).toContain('entry-missing')
  },
)

test('leaf hashes that cannot be read are missed one by one', async () => {
  const { log, backend } = await logOf(300)
  const { leafHashes } = backend
  backend.leafHashes = (start, end) =>
    start <= 77 && end > 77
      ? Promise.reject(new AuditError('AUDIT_CORRUPT', 'its checksum is wrong'))
      : leafHashes.call(backend, start, end)
  expect(found(await log.verify())).toEqual([['entry-changed', 77]])
})

test('an entry with what is no JSON is damaged', async () => {
  const { log, backend, entry } = await logOf(3)
  const metadata = { n: 1n } as unknown as JsonObject // what a careless backend makes of a number
  backend.entries.set(1, { ...entry(1), metadata })
  expect(found(await log.verify())).toEqual([['damaged', 1]])
})

test.each([
  ['a UUID of another version', (id: string) => id.replace(/^(.{14})7/, '$14')],
  ['a UUID in capitals', (id: string) => id.toUpperCase()],
  ['a UUID without hyphens', (id: string) => id.replaceAll('-', '')],
  [
    'a UUID of the next millisecond',
    (id: string) => id.replace(/^(.{12})(.)/, (_, start, digit) => start + (digit === '0' ? '1' : '0')),
  ],
])('an entry whose id is %s was written by another program', async (_, change) => {
  const { log, backend, entry } = await logOf(3)
  const foreign = { ...entry(1), entryId: change(entry(1).entryId) }
  expect(foreign.entryId).not.toBe(entry(1).entryId)
  backend.entries.set(1, foreign)
  backend.hashes.set(1, createLeaf(foreign).hash)
  expect(found(await log.verify())).toEqual([['foreign-entry', 1]])
})

test('a log that was restored from an older backup is not signed as a second history', async () => {
  const { checkpoint } = await logOf(3)
  const restored = new MemoryBackend()
  const log = new AuditLog({ backend: restored, signer })
  await log.record(input('text 0'))
  expect(found(await log.verify({ checkpoint }))).toEqual([['tail-missing', 1]])
  await log.record(input('something else'))
  await log.record(input('something else'))
  await expect(log.checkpoint()).rejects.toThrow(code('AUDIT_CORRUPT'))
  expect(found(await log.verify())).toEqual([['checkpoint-inconsistent', undefined]])
})

test('a report with findings is no start', async () => {
  const { log, backend, entry } = await logOf(300)
  backend.entries.set(3, changedCopy(entry(3)))
  const report = await log.verify()
  await expect(log.verify({ start: report })).rejects.toThrow(code('AUDIT_INVALID_OPTIONS'))
})

test('a checkpoint by another key of the same name commits the log to nothing', async () => {
  const { log } = await logOf(3)
  const other = generateKey('example.com/audit')
  const forger = new AuditLog({ signer: createSigner(other.privateKey) })
  for (let i = 0; i < 5; i++) await forger.record(input())
  const checkpoint = await forger.checkpoint()
  expect(await log.verify({ checkpoint, verifiers: [createVerifier(other.publicKey)] })).toMatchObject({
    ok: false,
  })
  expect(await log.verify()).toMatchObject({ ok: true })
  expect(await log.checkpoint()).toContain('\n3\n')
})

test('several checkpoints are compared in one pass, and each is told apart', async () => {
  const backend = new ChangedBackend()
  const log = new AuditLog({ backend, signer })
  const checkpoints: string[] = []
  for (const count of [10, 290, 100]) {
    await Promise.all(Array.from({ length: count }, () => log.record(input())))
    checkpoints.push(await log.checkpoint())
  }
  await log.record(input('later'))
  const forked = new AuditLog({ signer })
  await forked.record(input('another log of the same name'))
  const reader = new AuditLog({ backend, signer })
  const report = await reader.verify({ checkpoints: [...checkpoints, await forked.checkpoint()] })
  expect(report.checkpoints.map(({ size, isConsistent }) => [size, isConsistent])).toEqual([
    [10, true],
    [300, true],
    [400, true],
    [1, false],
  ])
  expect(report).toMatchObject({ ok: false, size: 401, uncovered: 1 })
  expect(found(report)).toEqual([['checkpoint-inconsistent', undefined]])
})

test('the report says when the witnesses of each checkpoint have seen it', async () => {
  const { backend, checkpoint } = await logOf(3)
  const witness = makeWitness('witness.example.com', 1_700_000_000)
  const verifiers = [createVerifier(publicKey), createVerifier(witness.vkey)]
  const report = await new AuditLog({ backend }).verify({
    checkpoints: [witness.cosign(checkpoint)],
    verifiers,
  })
  expect(report.checkpoints).toMatchObject([
    {
      isConsistent: true,
      cosignatures: [{ name: 'witness.example.com', time: new Date(1_700_000_000_000) }],
    },
  ])
})

test('a checkpoint whose signature is false covers nothing', async () => {
  const { log, checkpoint } = await logOf(3)
  const report = await log.verify({ checkpoints: [checkpoint.replace(/\n3\n/, '\n2\n')] })
  expect(report).toMatchObject({ ok: false, checkpoints: [], uncovered: 3 })
  expect(found(report)).toEqual([['signature-bad', undefined]])
})

/** Which entries are read, by index. */
function watchReads(backend: ChangedBackend): Set<number> {
  const read = new Set<number>()
  const original = backend.read.bind(backend)
  backend.read = async (start, end) => {
    const entries = await original(start, end)
    for (const { index } of entries) read.add(index)
    return entries
  }
  return read
}

test('from a start on, only the entries behind it are read, and all are compared by their hashes', async () => {
  const { backend, log, checkpoint } = await logOf(1000)
  const whole = await log.verify({ checkpoint })
  const read = watchReads(backend)
  const report = await log.verify({ checkpoint, start: 600 })
  expect(report).toEqual({ ...whole, readFrom: 512 })
  expect(Math.min(...read)).toBe(512)
  expect(read.size).toBe(1000 - 512)
  const beyond = await log.verify({ start: 5000 })
  expect(beyond).toMatchObject({ ok: false, readFrom: 1000, root: whole.root })
  expect(found(beyond)).toEqual([['tail-missing', 1000]])
})

test('from an earlier report on, a hash that was changed since is found', async () => {
  const { backend, entry } = await logOf(700)
  const auditor = new AuditLog({ backend }) // without a signer, it remembers nothing
  const earlier = await auditor.verify()
  expect(await auditor.verify({ start: earlier })).toMatchObject({ ok: true, readFrom: 512 })
  backend.hashes.set(100, createLeaf(changedCopy(entry(100))).hash)
  expect(found(await auditor.verify({ start: earlier }))).toEqual([
    ['subtree-forged', 0],
    ['checkpoint-inconsistent', undefined],
  ])
})

test('a tile before the start that lacks a hash is read', async () => {
  const { backend, log } = await logOf(700)
  const read = watchReads(backend)
  backend.hashes.set(300, undefined)
  const report = await log.verify({ start: 600 })
  expect(Math.min(...read)).toBe(256)
  expect(found(report)).toEqual([['entry-changed', 300]])
})

test('what was not read is not signed as verified', async () => {
  const { backend, entry } = await logOf(700)
  const log = new AuditLog({ backend, signer })
  expect(await log.verify({ start: 600 })).toMatchObject({ ok: true })
  backend.entries.set(100, changedCopy(entry(100)))
  expect(found(await log.verify())).toEqual([['entry-changed', 100]])
})

test.each([
  ['a negative start', { start: -1 }],
  ['a start that is no report', { start: { size: 3 } }],
  ['a root of another length', { start: { size: 3, root: new Uint8Array(31) } }],
  ['checkpoints that are no array', { checkpoints: 'checkpoint' }],
  ['a checkpoint that is no text', { checkpoints: [1] }],
  ['undefined checkpoints', { checkpoints: undefined }],
  ['no checkpoints', { checkpoints: [] }],
])('an option that would verify less than was meant is refused: %s', async (_, options) => {
  const { log } = await logOf(3)
  await expect(log.verify(options as never)).rejects.toThrow(code('AUDIT_INVALID_OPTIONS'))
})

test('a backend may compute the digests that are compared, and is not asked for the entries then', async () => {
  class Digesting extends ChangedBackend {
    digested = 0
    async digests(start: number, end: number) {
      const entries = await super.read(start, end)
      this.digested += entries.length
      return digestsOf(entries, false)
    }
  }
  const backend = new Digesting()
  const writer = new AuditLog({ backend, signer })
  const entries = await Promise.all(Array.from({ length: 600 }, (_, i) => writer.record(input(`text ${i}`))))
  const read = watchReads(backend)
  const log = new AuditLog({ backend })
  expect(await log.verify()).toMatchObject({ ok: true, size: 600 })
  expect([backend.digested, read.size]).toEqual([600, 0])
  const [changed] = entries.slice(300)
  if (changed) backend.entries.set(300, changedCopy(changed))
  expect(found(await log.verify())).toEqual([['entry-changed', 300]])
})

test.each([
  ['nothing', undefined],
  [
    'a hash too few',
    { indexes: [0], entryIds: ['a'], leafHashes: new Uint8Array(31), areOwn: [true], isPartial: false },
  ],
  [
    'an id too few',
    { indexes: [0], entryIds: [], leafHashes: new Uint8Array(32), areOwn: [true], isPartial: false },
  ],
])('digests that are none are damage: %s', async (_, answer) => {
  class Broken extends MemoryBackend {
    digests = async () => answer as never
  }
  const log = new AuditLog({ backend: new Broken() })
  await log.record(input())
  expect(found(await log.verify())).toEqual([['damaged', 0]])
})
