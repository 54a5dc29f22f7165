import { generateKeyPairSync, sign } from 'node:crypto'
import {
  type AuditEntry,
  AuditLog,
  createSigner,
  createVerifier,
  generateKey,
  MemoryBackend,
  type Signer,
  verifyCheckpoint,
  verifyProof,
} from '@audit/core'
import { createLeaf, type Page, type SubtreeStore } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { rootOf } from '../src/merkle/tree.ts'
import { MemorySubtreeStore } from './memory-subtree-store.ts'

const { privateKey, publicKey } = generateKey('example.com/audit')
const signer = createSigner(privateKey)
const verifier = createVerifier(publicKey)
const input = (inputText = '') => ({ model: 'm', inputText, outputText: '' })
const code = (expected: string) => expect.objectContaining({ name: 'AuditError', code: expected })

const fill = async (log: AuditLog, count: number): Promise<AuditEntry[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => log.record(input(`${i}`))))

const other = generateKeyPairSync('ed25519').privateKey

test.each<[string, (message: Uint8Array) => unknown]>([
  ['zeroes', () => new Uint8Array(64)],
  ['too few bytes', message => signer.sign(message)],
  ['nothing', () => undefined],
  ['a text', () => 'signature'],
  ['an array of numbers', () => new Array(64).fill(1)],
  ['an empty signature', () => new Uint8Array()],
  ['a signature of another key', message => sign(null, message, other)],
  ['a signature over something else', () => signer.sign(Buffer.from('another text'))],
])('a signer that gives %s gives no checkpoint and no proof', async (what, give) => {
  const wrong: Signer = {
    publicKey,
    sign: async message => {
      const given = await give(message)
      return (what === 'too few bytes' ? (given as Uint8Array).subarray(0, 63) : given) as Uint8Array // the fault
    },
  }
  const log = new AuditLog({ signer: wrong })
  const [entry] = await fill(log, 1)
  await expect(log.checkpoint()).rejects.toThrow(code('AUDIT_SIGNING_FAILED'))
  await expect(log.prove(entry?.entryId ?? '')).rejects.toThrow(code('AUDIT_SIGNING_FAILED'))
})

test('a signer that writes into what it is given, or later into what it gave, changes no checkpoint', async () => {
  let given = new Uint8Array()
  const writing: Signer = {
    publicKey,
    sign: async message => {
      given = new Uint8Array(await signer.sign(new Uint8Array(message)))
      message.fill(0)
      queueMicrotask(() => queueMicrotask(() => given.fill(0)))
      return given
    },
  }
  const log = new AuditLog({ signer: writing })
  await fill(log, 3)
  expect(verifyCheckpoint({ checkpoint: await log.checkpoint(), verifier }).size).toBe(3)
})

test('nothing that is handed out is shared: whoever writes into it changes nothing', async () => {
  const empty = new AuditLog({ signer })
  const before = await empty.checkpoint()
  const roots = [(await empty.verify()).root, verifyCheckpoint({ checkpoint: before, verifier }).root]
  for (const root of roots) root.fill(0)
  expect(await new AuditLog({ signer }).checkpoint()).toBe(before)
  const log = new AuditLog({ signer })
  await fill(log, 1)
  const first = await log.checkpoint()
  const { root } = await log.verify()
  root.fill(0)
  expect(await log.checkpoint()).toBe(first)
})

/** A store in which somebody can exchange an entry for another, with its leaf hash and the subtree roots above it. */
class Store extends MemoryBackend {
  readonly subtrees: SubtreeStore = new MemorySubtreeStore()
  readonly exchanged = new Map<number, AuditEntry>()
  truncatedTo: number | undefined

  override async size(): Promise<number> {
    return this.truncatedTo ?? super.size()
  }

  override async read(start: number, end: number): Promise<Page> {
    const page = await super.read(start, end)
    return page.map(entry => this.exchanged.get(entry.index) ?? entry)
  }

  override async leafHashes(start: number, end: number): Promise<Uint8Array> {
    const hashes = await super.leafHashes(start, Math.min(end, await this.size()))
    for (const [index, entry] of this.exchanged) {
      if (index >= start && index < end) hashes.set(createLeaf(entry).hash, (index - start) * 32)
    }
    return hashes
  }

  /** Exchanges an entry, and makes everything that is derived fit. */
  async exchange(entry: AuditEntry): Promise<void> {
    this.exchanged.set(entry.index, entry)
    const place = Math.floor(entry.index / 256)
    const tile = await this.leafHashes(place * 256, place * 256 + 256)
    if (tile.length === 256 * 32) await this.subtrees.write(1, place, rootOf(tile))
  }
}

async function filledStore(count: number) {
  const store = new Store()
  const log = new AuditLog({ backend: store, signer })
  const entries = await fill(log, count)
  await log.checkpoint() // its subtree roots are stored
  return { store, entries }
}

test.each([
  [600, 3],
  [600, 599],
  [512, 511],
])(
  'of %i entries, number %i is changed behind a running verification: it is not signed',
  async (count, index) => {
    const { store, entries } = await filledStore(count)
    const log = new AuditLog({ backend: store, signer }) // a process that starts now
    const entry = entries[index]
    if (!entry) throw new Error('no such entry')
    expect(await log.verify()).toMatchObject({ ok: true, size: count })
    await store.exchange({ ...entry, user: 'mallory' }) // read already, and not read again
    await expect(log.checkpoint()).rejects.toThrow(code('AUDIT_CORRUPT'))
    await expect(log.prove(entries[0]?.entryId ?? '')).rejects.toThrow(code('AUDIT_CORRUPT'))
  },
)

test('what was signed is continued by what is signed next', async () => {
  const { store, entries } = await filledStore(600)
  const log = new AuditLog({ backend: store, signer })
  await log.checkpoint()
  const entry = entries[40]
  if (!entry) throw new Error('no such entry')
  await store.exchange({ ...entry, user: 'mallory' })
  await log.record(input('later'))
  await expect(log.checkpoint()).rejects.toThrow(code('AUDIT_CORRUPT'))
})

test('a log that has become shorter than what was verified is not signed', async () => {
  const { store } = await filledStore(600)
  const log = new AuditLog({ backend: store, signer })
  await log.verify()
  store.truncatedTo = 599
  await expect(log.checkpoint()).rejects.toThrow(code('AUDIT_CORRUPT'))
})

test('a log that was cut where a subtree ends is not signed, though what this process has computed would fit', async () => {
  const store = new Store()
  const log = new AuditLog({ backend: store, signer })
  await fill(log, 512)
  await log.checkpoint()
  store.truncatedTo = 256
  await expect(log.checkpoint()).rejects.toThrow(code('AUDIT_CORRUPT'))
})

test('an entry that is changed before a verification does not undo what was signed', async () => {
  const { store, entries } = await filledStore(600)
  const log = new AuditLog({ backend: store, signer })
  await log.checkpoint()
  const entry = entries[40]
  if (!entry) throw new Error('no such entry')
  await store.exchange({ ...entry, user: 'mallory' })
  const opened = new AuditLog({ backend: store })
  expect(await opened.verify()).toMatchObject({ ok: true, size: 600 }) // everything fits
  expect(await log.verify()).toMatchObject({ size: 600 })
  await expect(log.checkpoint()).rejects.toThrow(code('AUDIT_CORRUPT'))
})

test('a verification that began before a checkpoint does not take its place', async () => {
  const store = new Store()
  const log = new AuditLog({ backend: store, signer })
  await fill(log, 600)
  const inspect = async () => {
    await fill(log, 100)
    await log.checkpoint()
    return []
  }
  Object.assign(store, { inspect }) // begins behind the look at the size, and is waited for in the end
  expect(await log.verify()).toMatchObject({ ok: true, size: 600 })
  Object.assign(store, { inspect: undefined })
  const last = (await log.query({ order: 'desc', limit: 1 }))[0]
  if (!last) throw new Error('no such entry')
  await store.exchange({ ...last, user: 'mallory' })
  await expect(log.checkpoint()).rejects.toThrow(code('AUDIT_CORRUPT'))
})

test('whoever writes into the root of a report does not change what is continued', async () => {
  const log = new AuditLog({ signer })
  await fill(log, 3)
  const { root } = await log.verify()
  root.fill(0)
  expect(verifyCheckpoint({ checkpoint: await log.checkpoint(), verifier }).size).toBe(3)
})

/** Holds the first call of a method until it is released; its answer is that of the time of the call. */
function held(store: Store, method: 'size' | 'leafHashes') {
  const original = store[method].bind(store) as (...args: readonly unknown[]) => Promise<unknown>
  let isFirst = true
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  let begin = () => {}
  const begun = new Promise<void>(resolve => {
    begin = resolve
  })
  Object.assign(store, {
    [method]: async (...args: readonly unknown[]) => {
      const isHeld = isFirst
      isFirst = false
      const answer = await original(...args)
      if (isHeld) {
        begin()
        await released
      }
      return answer
    },
  })
  return { release, begun }
}

test.each(['size', 'leafHashes'] as const)(
  'a checkpoint that is overtaken by one of a longer log holds all the same: at %s',
  async method => {
    const store = new Store()
    const log = new AuditLog({ backend: store, signer })
    await fill(log, 300)
    const { release, begun } = held(store, method)
    const slow = log.checkpoint()
    await begun
    await fill(log, 100)
    const fast = await log.checkpoint()
    release()
    expect(verifyCheckpoint({ checkpoint: await slow, verifier }).size).toBe(300)
    expect(verifyCheckpoint({ checkpoint: fast, verifier }).size).toBe(400)
    expect((await log.verify({ checkpoint: await slow })).ok).toBe(true)
  },
)

test('a report with findings is not what is continued', async () => {
  const { store, entries } = await filledStore(600)
  const log = new AuditLog({ backend: store, signer })
  const entry = entries[40]
  if (!entry) throw new Error('no such entry')
  store.exchanged.set(40, { ...entry, user: 'mallory' })
  expect((await log.verify()).ok).toBe(false)
  store.exchanged.clear()
  expect(verifyCheckpoint({ checkpoint: await log.checkpoint(), verifier }).size).toBe(600)
})

test('what was signed is not forgotten because a changed log is verified again', async () => {
  const { store, entries } = await filledStore(600)
  const log = new AuditLog({ backend: store, signer })
  const first = await log.checkpoint()
  const [entry] = entries
  if (!entry) throw new Error('no such entry')
  await store.exchange({ ...entry, user: 'mallory' })
  await log.record(input('later'))
  for (const options of [{}, { checkpoint: first }]) {
    const { ok, findings } = await log.verify(options)
    expect([ok, findings.map(({ kind }) => kind)]).toEqual([false, ['checkpoint-inconsistent']])
    await expect(log.checkpoint()).rejects.toThrow(code('AUDIT_CORRUPT'))
  }
})

test('checkpoints and proofs at once, while the log grows, all hold', async () => {
  const store = new Store()
  const log = new AuditLog({ backend: store, signer })
  const entries = await fill(log, 300)
  const growing = fill(log, 700)
  const checks = entries.slice(0, 40).map(async entry => {
    const proof = await log.prove(entry.entryId)
    expect(verifyProof({ entry, proof, verifier }).size).toBeGreaterThanOrEqual(300)
    await log.checkpoint()
  })
  await Promise.all([growing, ...checks])
})

test('a false root that somebody stored for a subtree which this process completes is not signed', async () => {
  const store = new Store()
  await store.subtrees.write(1, 0, Buffer.alloc(10 * 32, 0xab)) // roots of the future
  store.subtrees.write = async () => {} // a store that keeps what came first
  const log = new AuditLog({ backend: store, signer })
  const entries = await fill(log, 600)
  const honest = new AuditLog({ signer })
  expect(verifyCheckpoint({ checkpoint: await log.checkpoint(), verifier }).root).not.toEqual(
    verifyCheckpoint({ checkpoint: await honest.checkpoint(), verifier }).root,
  )
  for (const index of [0, 255, 256, 599]) {
    const entry = entries[index]
    if (entry) expect(verifyProof({ entry, proof: await log.prove(entry.entryId), verifier }).size).toBe(600)
  }
})

test('a false root of what others have added meanwhile is not signed', async () => {
  const store = new Store()
  const log = new AuditLog({ backend: store, signer })
  await fill(log, 10)
  await fill(new AuditLog({ backend: store }), 700)
  await fill(log, 20) // 730 entries, and no subtree was completed by this process
  await store.subtrees.write(1, 0, Buffer.alloc(2 * 32, 0xab))
  await fill(log, 300)
  const { root, size } = verifyCheckpoint({ checkpoint: await log.checkpoint(), verifier })
  expect([size, Buffer.from(root)]).toEqual([1030, Buffer.from((await log.verify()).root)])
})

test('a false root in the place of one that this process has computed is not signed', async () => {
  const { store } = await filledStore(600)
  const log = new AuditLog({ backend: store, signer })
  await log.checkpoint()
  await fill(log, 500)
  await log.checkpoint()
  await store.subtrees.write(1, 3, Buffer.alloc(32, 0xab))
  const { root } = verifyCheckpoint({ checkpoint: await log.checkpoint(), verifier })
  expect(Buffer.from(root)).toEqual(Buffer.from((await log.verify()).root))
})

test('a log that may only be read is proved without writing a subtree root', async () => {
  const { store, entries } = await filledStore(600)
  const readOnly = Object.assign(store, { isReadOnly: true })
  store.subtrees.read = async () => new Uint8Array()
  store.subtrees.write = () => Promise.reject(new Error('written'))
  const log = new AuditLog({ backend: readOnly, signer })
  const entry = entries[300]
  if (!entry) throw new Error('no such entry')
  expect(verifyProof({ entry, proof: await log.prove(entry.entryId), verifier }).size).toBe(600)
  expect((await log.verify()).ok).toBe(true)
  await log.close()
})
