import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { encodeLine } from '@audit/core/backend'
import { describe, expect, test } from 'vitest'
import { LogContents } from '../src/log-contents.ts'
import { freshPath, inputOf, leafOf, openBackend, textsOf } from './scene.ts'

const CORRUPT = { code: 'AUDIT_CORRUPT' }

/** A log of three entries that is open, and what asks it. */
async function openLog() {
  const path = freshPath()
  const { backend, log } = await openBackend(path)
  const entries = []
  for (const text of ['a', 'b', 'c']) entries.push(await log.record(inputOf(text)))
  return { path, backend, log, entries }
}

describe('a line that was changed in place', () => {
  test.each([
    ['text', '"b"', '"x"'],
    ['user', '"user":"u"', '"user":"v"'],
    ['key', '"user"', '"User"'],
  ])('%s: each way to read it is refused, and the others are read', async (_, from, to) => {
    const { path, backend, log, entries } = await openLog()
    const whole = readFileSync(path, 'utf8')
    const [first = '', second = '', third = ''] = whole.split('\n')
    const changed = second.replace(from, to)
    expect(changed).not.toBe(second)
    writeFileSync(path, [first, changed, third, ''].join('\n'))
    await expect(log.query({ user: 'u' })).rejects.toMatchObject(CORRUPT)
    await expect(log.get(entries[1]?.entryId ?? '')).rejects.toMatchObject(CORRUPT)
    await expect(log.count({ metadata: { k: 1 } })).rejects.toMatchObject(CORRUPT)
    await expect(backend.read(1, 2)).rejects.toMatchObject(CORRUPT)
    await expect(backend.leafHashes(0, 3)).rejects.toMatchObject(CORRUPT)
    expect((await log.verify()).ok).toBe(false)
    expect(await log.get(entries[0]?.entryId ?? '')).toEqual(entries[0])
    writeFileSync(path, whole)
    expect(await textsOf(backend)).toEqual(['a', 'b', 'c'])
  })
})

test('a newline between two lines that was overwritten is noticed', async () => {
  const { path, backend, log } = await openLog()
  writeFileSync(path, readFileSync(path, 'utf8').replace('\n', ' '))
  await expect(backend.read(0, 1)).rejects.toMatchObject(CORRUPT)
  await expect(log.query({ user: 'u' })).rejects.toMatchObject(CORRUPT)
  expect((await log.verify()).ok).toBe(false)
})

test('a write is not read back, so a failed read does not deny a stored entry', () => {
  const contents = new LogContents(() => {
    throw new Error('the disk cannot be read')
  })
  const { entry, line } = leafOf('a')
  contents.addWritten([{ fields: entry, bytes: Buffer.from(line) }])
  expect(contents.index.size).toBe(1)
  expect(contents.size).toBe(line.length + 1)
})

describe('a file that was cut, and has grown again', () => {
  const lengths: readonly [name: string, texts: (length: number) => readonly string[]][] = [
    ['shorter', () => ['']],
    ['as long', () => ['1', '2', '3']],
    ['as long, of one line', length => ['x'.repeat(length)]],
    ['longer', () => ['1', '2', '3', '4']],
    ['longer, unevenly', () => ['x'.repeat(1234), 'y', 'z'.repeat(77)]],
    ['much longer', () => ['x'.repeat(2_000_000)]],
  ]
  test.each(lengths)('%s: it is corrupt for reading and writing', async (_, textsFor) => {
    const { path, backend, log } = await openLog()
    const { length } = readFileSync(path)
    truncateSync(path)
    const other = await openBackend(path)
    const line = encodeLine(leafOf('').entry)
    const leaves = textsFor(length - line.length - 1).map(leafOf)
    await other.backend.append(leaves)
    await expect(backend.size()).rejects.toMatchObject(CORRUPT)
    await expect(log.record(inputOf('lost'))).rejects.toMatchObject(CORRUPT)
    await expect(log.query({ user: 'u' })).rejects.toMatchObject(CORRUPT)
    await expect(log.count()).rejects.toMatchObject(CORRUPT)
    expect(await other.log.count()).toBe(leaves.length)
  })

  test('it begins with another long line, whose end alone would look the same', async () => {
    const path = freshPath()
    const { backend } = await openBackend(path)
    const leaf = leafOf('x'.repeat(50_000))
    await backend.append([leaf])
    const other = leaf.line.replace(leaf.entry.entryId, leafOf('').entry.entryId)
    writeFileSync(path, `${other}\n`)
    await expect(backend.size()).rejects.toMatchObject(CORRUPT)
  })

  test('it goes on where the file that is back is the one that was known, and more', async () => {
    const { path, backend, log } = await openLog()
    const whole = readFileSync(path)
    truncateSync(path)
    await expect(backend.size()).rejects.toMatchObject(CORRUPT)
    writeFileSync(path, Buffer.concat([whole, Buffer.from(`${leafOf('d').line}\n`)]))
    expect(await log.record(inputOf('e'))).toMatchObject({ index: 4 })
    expect(await textsOf(backend)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
})
