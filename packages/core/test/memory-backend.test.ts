import { MemoryBackend } from '@audit/core'
import { createEntry, createLeaf, type Leaf } from '@audit/core/backend'
import { expect, test } from 'vitest'

const leaf = (user = 'u'): Leaf =>
  createLeaf(createEntry({ model: 'm', inputText: '', outputText: '', user, metadata: { user } }))

async function opened(count = 0): Promise<MemoryBackend> {
  const backend = new MemoryBackend()
  await backend.open()
  if (count > 0) await backend.append(Array.from({ length: count }, (_, i) => leaf(`u${i % 2}`)))
  return backend
}

test('indexes go on from batch to batch', async () => {
  const backend = await opened()
  expect(await backend.append([leaf(), leaf()])).toBe(0)
  expect(await backend.append([leaf(), leaf(), leaf()])).toBe(2)
  expect((await backend.read(0, 9)).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4])
  expect(await backend.size()).toBe(5)
  expect((await backend.leafHashes(1, 9)).length).toBe(4 * 32)
})

test('bytes that are written into later change nothing', async () => {
  const backend = await opened()
  const given = leaf()
  const { hash } = given
  const before = Buffer.from(hash)
  await backend.append([given])
  hash.fill(0)
  const read = await backend.leafHashes(0, 1)
  expect(Buffer.from(read)).toEqual(before)
  read.fill(0)
  expect(Buffer.from(await backend.leafHashes(0, 1))).toEqual(before)
  const page = await backend.read(0, 1)
  page.length = 0
  expect(await backend.size()).toBe(1)
})

test('a leaf that throws leaves nothing of its batch', async () => {
  const backend = await opened(1)
  const broken = {
    ...leaf(),
    get entry(): never {
      throw new Error('a fault')
    },
  }
  await expect(backend.append([leaf(), broken])).rejects.toThrow('a fault')
  expect([await backend.size(), (await backend.leafHashes(0, 9)).length]).toEqual([1, 32])
})

test.each([0, 1, 2, 3, 4, undefined])('at most %s of three are found', async limit => {
  const backend = await opened(6)
  for (const filter of [{ user: 'u1' }, { metadata: { user: 'u1' } }]) {
    const found = await backend.find({ ...filter, order: 'desc', ...(limit !== undefined && { limit }) })
    expect(found.map(({ index }) => index)).toEqual([5, 3, 1].slice(0, limit))
    expect(await backend.count({ ...filter, order: 'asc' })).toBe(3)
  }
})

test('what is recorded behind a search is found by the next one', async () => {
  const backend = await opened(2)
  expect(await backend.count({ user: 'u0', order: 'asc' })).toBe(1)
  await backend.append([leaf('u0'), leaf('u0')])
  expect(await backend.count({ user: 'u0', order: 'asc' })).toBe(3)
  expect(await backend.find({ user: 'u0', order: 'asc' })).toHaveLength(3)
})

test.each<[string, unknown]>([
  ['a misspelt option', { metadataIndex: ['k'] }],
  ['one key in the place of a list', { metadataIndexes: 'k' }],
  ['an empty key', { metadataIndexes: [''] }],
  ['a key that stands twice', { metadataIndexes: ['k', 'k'] }],
  ['a key with NUL', { metadataIndexes: ['a\0'] }],
])('%s is refused', (_, options) => {
  const create = () => new MemoryBackend(options as never)
  expect(create).toThrow(expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }))
})
