import { readFileSync, writeFileSync } from 'node:fs'
import { createEntry, createLeaf, type JsonObject, type Selection } from '@audit/core/backend'
import { JsonlBackend } from '@audit/jsonl'
import { expect, onTestFinished, test } from 'vitest'
import { LogContents } from '../src/log-contents.ts'
import { LogReader } from '../src/log-reader.ts'
import { packSummary, unpackSummary } from '../src/packed-summary.ts'
import { freshPath, leafOf, openBackend } from './scene.ts'

const LONG = 'x'.repeat(1000)

const leafWith = (metadata: JsonObject, user = 'u') =>
  createLeaf(createEntry({ model: 'm', user, inputText: 'x'.repeat(500), outputText: '', metadata }))

/** A reader of a file of these leaves that was read once, and how many bytes it reads from then on. */
function readerOf(leaves: readonly { readonly line: string }[], metadataIndexes: readonly string[]) {
  const file = Buffer.from(leaves.map(({ line }) => `${line}\n`).join(''))
  const bytes = { read: 0 }
  const contents = new LogContents((target, offset) => {
    bytes.read += target.length
    file.copy(target, 0, offset, offset + target.length)
  }, metadataIndexes)
  contents.readTo(file.length)
  bytes.read = 0
  return { reader: new LogReader(contents), bytes }
}

test('by named keys, nothing is read but the lines that are found, and a count reads none', async () => {
  const leaves = Array.from({ length: 3000 }, (_, i) =>
    leafWith({ session: i % 300, tenant: { id: i % 7 }, other: i }, `u${i % 2}`),
  )
  const { reader, bytes } = readerOf(leaves, ['session', 'tenant'])
  const filters: readonly Partial<Selection>[] = [
    { metadata: { session: 14 } },
    { metadata: { session: 14, tenant: { id: 0 } } },
    { metadata: { session: 14 }, user: 'u0' },
    { metadata: { tenant: { id: 3 } }, size: 1000 },
    { metadata: { session: 'none' } },
  ]
  for (const filter of filters) {
    const selection: Selection = { ...filter, order: 'desc', limit: 10 }
    const { items: entries } = await reader.find(selection)
    const lines = entries.map(({ index }) => (leaves[index]?.line.length ?? 0) + 1)
    // Lines that are close together are read in one piece.
    if (entries.length > 0) expect(bytes.read).toBeGreaterThan(0)
    const gaps = entries.length * 16 * 1024
    expect(bytes.read).toBeLessThanOrEqual(lines.reduce((sum, length) => sum + length, 0) + gaps)
    bytes.read = 0
    expect(await reader.count({ ...filter, order: 'asc' })).toBeGreaterThanOrEqual(entries.length)
    expect(bytes.read).toBe(0)
  }
  await reader.count({ metadata: { other: 7 }, order: 'asc' })
  expect(bytes.read).toBeGreaterThan(3000 * 500)
})

test('a summary reads no line but those whose figures are unusual, unless a key is not named', async () => {
  const leaves = Array.from({ length: 2000 }, (_, i) =>
    leafWith({ session: i % 10, other: 1, 'audit.status': i === 1234 ? LONG : 'ok' }),
  )
  const { reader, bytes } = readerOf(leaves, ['session'])
  const sum = async (by: readonly string[]) => {
    bytes.read = 0
    const parts = await reader.summarize({ selection: { order: 'asc' }, by, countsOnly: false })
    expect(parts.reduce((total, { count }) => total + count, 0)).toBe(2000)
    return parts
  }
  const [all] = await sum([])
  expect(all?.statuses).toEqual([
    ['ok', 1999],
    [LONG, 1],
  ])
  expect(bytes.read).toBe((leaves[1234]?.line.length ?? 0) + 1)
  expect(await sum(['session', 'month'])).toHaveLength(10)
  expect(bytes.read).toBe((leaves[1234]?.line.length ?? 0) + 1)
  expect(await sum(['other'])).toHaveLength(1)
  expect(bytes.read).toBeGreaterThan(2000 * 500)
})

test.each(['session', 'other'])(
  'a long summary by %s lets queries and records have their turn',
  async key => {
    const path = freshPath()
    const lines = Array.from({ length: 40_000 }, (_, i) => leafWith({ session: i % 10, other: 1 }).line)
    writeFileSync(path, lines.map(line => `${line}\n`).join(''))
    const backend = new JsonlBackend({ path, metadataIndexes: ['session'] })
    onTestFinished(() => backend.close())
    await backend.open()
    const answers: string[] = []
    const summary = backend.summarize({ selection: { order: 'asc' }, by: [key], countsOnly: false })
    await Promise.all([
      summary.then(parts => answers.push(`summary of ${parts.reduce((sum, { count }) => sum + count, 0)}`)),
      backend.append([leafOf('meanwhile')]).then(first => answers.push(`appended ${first}`)),
    ])
    expect(answers).toEqual(['appended 40000', 'summary of 40000'])
  },
)

test('what is appended is in the index, whoever appends it, and nothing of it is on the disk', async () => {
  const path = freshPath()
  const named = new JsonlBackend({ path, metadataIndexes: ['session', '__proto__'] })
  onTestFinished(() => named.close())
  await named.open()
  const { backend: other } = await openBackend(path)
  const proto: JsonObject = JSON.parse('{"__proto__": {"a": 1}}')
  const leaves = [
    leafWith({ session: 'a' }),
    leafWith({ session: 'b' }),
    leafWith(proto),
    leafWith({ session: 'a' }),
  ]
  for (const [i, leaf] of leaves.entries()) await (i % 2 ? other : named).append([leaf])
  const indexesBy = async (metadata: JsonObject) =>
    (await named.find({ metadata, order: 'asc' })).map(({ index }) => index)
  expect(await indexesBy({ session: 'a' })).toEqual([0, 3])
  expect(await indexesBy(proto)).toEqual([2])
  expect(await named.count({ metadata: { session: 'b' }, order: 'asc' })).toBe(1)
  expect(readFileSync(path, 'utf8')).toBe(leaves.map(({ line }) => `${line}\n`).join(''))
})

test('parts cross to the other thread unchanged', () => {
  const none = { costs: [], costUnknown: 0, tokens: [], latencyMax: 0, statuses: [], first: null, last: null }
  const parts = [
    { ...none, values: ['a', undefined], count: 3, latencies: [[-1_000_000, 1] as const, [7, 2] as const] },
    { ...none, values: [null, { k: 1 }], count: 1, latencies: [] },
    { ...none, values: [1, ''], count: 2 ** 40, latencies: [[5, 2 ** 40] as const] },
  ]
  expect(unpackSummary(structuredClone(packSummary(parts)))).toEqual(parts)
})
