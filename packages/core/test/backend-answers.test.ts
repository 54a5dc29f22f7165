import {
  type AuditBackend,
  AuditLog,
  createSigner,
  createVerifier,
  generateKey,
  MemoryBackend,
  verifyCheckpoint,
} from '@audit/core'
import type { Page, SubtreeStore } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { MemorySubtreeStore } from './memory-subtree-store.ts'

// What a backend gives is looked at before it is handed out, or gone on with.

const { privateKey, publicKey } = generateKey('example.com/audit')
const signer = createSigner(privateKey)
const input = { model: 'm', inputText: '', outputText: '' }
const corrupt = expect.objectContaining({ name: 'AuditError', code: 'AUDIT_CORRUPT' })

/** A backend of which one method gives what it must not. */
function giving(method: 'size' | 'count' | 'read' | 'find' | 'leafHashes', answer: unknown): MemoryBackend {
  return Object.assign(new MemoryBackend(), { [method]: async () => answer })
}

async function filled(backend: AuditBackend, count = 1): Promise<AuditLog> {
  const log = new AuditLog({ backend, signer })
  await Promise.all(Array.from({ length: count }, () => log.record(input)))
  return log
}

test.each([undefined, null, '1', -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1n])(
  'no size, and no count: %s',
  async answer => {
    const sized = new AuditLog({ backend: giving('size', answer), signer })
    await expect(sized.count()).rejects.toThrow(corrupt)
    await expect(sized.verify()).rejects.toThrow(corrupt)
    await expect(sized.checkpoint()).rejects.toThrow(corrupt)
    await expect(sized.entries().next()).rejects.toThrow(corrupt)
    const counted = new AuditLog({ backend: giving('count', answer) })
    await expect(counted.count({ user: 'u' })).rejects.toThrow(corrupt)
  },
)

test.each([undefined, null, 'text', 5, {}, [null], [undefined], ['text'], [5]])(
  'no page: %j',
  async answer => {
    const reading = await filled(giving('read', answer))
    await expect(reading.entries().next()).rejects.toThrow(corrupt)
    const finding = await filled(giving('find', answer))
    await expect(finding.query()).rejects.toThrow(corrupt)
    await expect(finding.get('x')).rejects.toThrow(corrupt)
  },
)

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'x'.repeat(32)],
  ['an array of bytes', new Array(32).fill(0)],
  ['31 bytes', new Uint8Array(31)],
  ['33 bytes', new Uint8Array(33)],
  ['64 bytes, where one hash was asked for', new Uint8Array(64)],
])('no hashes: %s', async (_, answer) => {
  const log = await filled(giving('leafHashes', answer))
  await expect(log.checkpoint()).rejects.toThrow(corrupt)
  const { findings } = await log.verify()
  expect(findings.map(({ kind, index }) => [kind, index])).toEqual([['entry-changed', 0]])
  const backend = Object.assign(new MemoryBackend(), { subtrees: new MemorySubtreeStore() as SubtreeStore })
  const other = await filled(backend, 300)
  await other.checkpoint()
  backend.subtrees.read = async () => answer as Uint8Array // breaks the contract
  const opened = new AuditLog({ backend, signer })
  await expect(opened.checkpoint()).rejects.toThrow(corrupt)
  expect((await opened.verify()).findings.map(({ kind }) => kind)).toContain('subtree-forged')
})

test('hashes may be a part of a larger buffer, in whatever view', async () => {
  class Parts extends MemoryBackend {
    override async leafHashes(start: number, end: number): Promise<Uint8Array> {
      const hashes = await super.leafHashes(start, end)
      const larger = new Uint8Array(hashes.length + 24).fill(7)
      larger.set(hashes, 8)
      const view = new Uint16Array(larger.buffer, 8, hashes.length / 2)
      return view as unknown as Uint8Array // a view of another kind, as a driver may give it
    }
  }
  const log = await filled(new Parts(), 3)
  const { root } = await log.verify()
  const checkpoint = await log.checkpoint()
  const signed = verifyCheckpoint({ checkpoint, verifier: createVerifier(publicKey) })
  expect(Buffer.from(signed.root)).toEqual(Buffer.from(root))
  expect((await log.verify({ checkpoint })).ok).toBe(true)
})

test.each([null, 'text', {}, 5, [[null]], [[5]], [['text']], [[{ kind: 'damaged' }]], [new Array(2)]])(
  'no findings: %j',
  async answer => {
    const backend = Object.assign(new MemoryBackend(), { inspect: async () => answer })
    const log = new AuditLog({ backend: backend as unknown as AuditBackend }) // breaks the contract
    if (answer === null) return expect((await log.verify()).ok).toBe(true) // as where there is no inspect
    expect((await log.verify()).findings.map(({ kind }) => kind)).toEqual(['damaged'])
  },
)

const isFrozen = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every(isFrozen))

test('entries that a store made anew are frozen, to the bottom', async () => {
  class Thawed extends MemoryBackend {
    override async read(start: number, end: number): Promise<Page> {
      return structuredClone(await super.read(start, end))
    }

    override async find(...args: Parameters<MemoryBackend['find']>): Promise<Page> {
      return structuredClone(await super.find(...args))
    }
  }
  const log = new AuditLog({ backend: new Thawed() })
  const { entryId } = await log.record({ ...input, metadata: { a: { b: [1, { c: [] }] } } })
  const [queried] = await log.query()
  const { value: streamed } = await log.stream().next()
  const { value: read } = await log.entries().next()
  const got = await log.get(entryId)
  for (const entry of [queried, streamed, read, got]) {
    expect(entry).toMatchObject({ index: 0, metadata: { a: { b: [1, { c: [] }] } } })
    expect(isFrozen(entry)).toBe(true)
  }
})

test.each(['size', 'read', 'find', 'count', 'leafHashes'] as const)(
  'what %s rejects with is told as AUDIT_READ_FAILED, with its cause',
  async method => {
    const cause = new Error('the cable is out')
    const log = await filled(Object.assign(new MemoryBackend(), { [method]: () => Promise.reject(cause) }))
    const calls: Readonly<Record<typeof method, () => Promise<unknown>>> = {
      size: () => log.count(),
      read: () => log.entries().next(),
      find: () => log.query({ limit: 1 }),
      count: () => log.count({ user: 'u' }),
      leafHashes: () => log.checkpoint(),
    }
    await expect(calls[method]()).rejects.toMatchObject({
      name: 'AuditError',
      code: 'AUDIT_READ_FAILED',
      cause,
    })
  },
)

test('what a backend throws that is no error is told all the same', async () => {
  const find = () => Promise.reject('a text') // what a careless author throws
  const log = new AuditLog({ backend: Object.assign(new MemoryBackend(), { find }) })
  await expect(log.query()).rejects.toMatchObject({ code: 'AUDIT_READ_FAILED', cause: 'a text' })
})

test('a query that fits into a page is one call, and asks for no size', async () => {
  const asked: string[] = []
  class Noting extends MemoryBackend {
    override async size(): Promise<number> {
      asked.push('size')
      return super.size()
    }

    override async find(...args: Parameters<MemoryBackend['find']>): Promise<Page> {
      asked.push(`find ${args[0].limit}`)
      return super.find(...args)
    }
  }
  const log = await filled(new Noting(), 600)
  expect(await log.query({ limit: 512 })).toHaveLength(512)
  expect(asked.splice(0)).toEqual(['find 512'])
  expect(await log.query({ limit: 513 })).toHaveLength(513)
  expect(asked[0]).toBe('size')
  expect(Math.max(...asked.slice(1).map(call => Number(call.split(' ')[1])))).toBeLessThanOrEqual(512)
})

test.each([
  ['inputText', 30_000, 34],
  ['outputText', 30_000, 34],
  ['inputText', 2_000_000, 1],
  ['user', 0, 512],
])(
  'where %s has %i characters, a page has %i entries at most, and none is left out',
  async (key, length, most) => {
    const asked: number[] = []
    const text = 'x'.repeat(length)
    class Heavy extends MemoryBackend {
      override async read(start: number, end: number): Promise<Page> {
        asked.push(end - start)
        return (await super.read(start, end)).map(entry => ({ ...entry, [key]: text }))
      }
    }
    const log = await filled(new Heavy(), 1500)
    let next = 0
    for await (const { index } of log.entries()) expect(index).toBe(next++)
    expect(next).toBe(1500)
    expect(Math.max(...asked.slice(1))).toBe(most) // the first one cannot know
  },
)
