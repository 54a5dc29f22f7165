import { appendFile, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { freshPath, inputOf, leafOf, lineOf, openBackend, textsOf } from './scene.ts'

test('a whole entry without its newline counts for nobody until a writer has closed it off, and then for everyone', async () => {
  const path = freshPath()
  const tail = lineOf('b')
  await writeFile(path, `${lineOf('a')}\n${tail}`)
  const one = await openBackend(path)
  const two = await openBackend(path)
  const readOnly = await openBackend(path, { readOnly: true })
  for (const { backend, damages } of [one, two, readOnly]) {
    expect(await textsOf(backend)).toEqual(['a'])
    expect(await backend.inspect()).toMatchObject([{ kind: 'damaged' }])
    expect(damages).toMatchObject([{ line: 2, reason: 'torn', length: Buffer.byteLength(tail) }])
  }
  expect(await one.log.record(inputOf('c'))).toMatchObject({ index: 2 })
  expect(await two.log.record(inputOf('d'))).toMatchObject({ index: 3 })
  const three = await openBackend(path)
  for (const { backend } of [one, two, readOnly, three]) {
    expect(await textsOf(backend)).toEqual(['a', 'b', 'c', 'd'])
    expect(await backend.damage()).toEqual([])
  }
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(5)
})

test('completing a tail to another entry removes nothing that anybody has counted', async () => {
  const path = freshPath()
  const [first = '', second = ''] = [lineOf('b'), lineOf('other')]
  await writeFile(path, `${lineOf('a')}\n${first}`)
  const reader = await openBackend(path)
  expect(await reader.backend.size()).toBe(1)
  await appendFile(path, second) // two entries on one line are none
  expect(await reader.backend.size()).toBe(1)
  const writer = await openBackend(path)
  expect(await writer.log.record(inputOf('c'))).toMatchObject({ index: 1 })
  expect(await textsOf(reader.backend)).toEqual(['a', 'c'])
  expect(await textsOf(writer.backend)).toEqual(['a', 'c'])
})

test('an id in the tail is not written again', async () => {
  const path = freshPath()
  const leaf = leafOf('a')
  await writeFile(path, leaf.line)
  const { backend } = await openBackend(path)
  await expect(backend.append([leaf])).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  expect(await textsOf(backend)).toEqual(['a'])
  expect(await readFile(path, 'utf8')).toBe(`${leaf.line}\n`)
})

test('wherever a line is cut, the entries before and after it stay whole', async () => {
  const whole = lineOf('tête {"à": "tête"}')
  const bytes = Buffer.from(whole)
  for (let length = 1; length < bytes.length; length += 9) {
    const path = freshPath()
    const tail = bytes.subarray(0, length)
    await writeFile(path, Buffer.concat([Buffer.from(`${lineOf('a')}\n`), tail]))
    const offset = (await stat(path)).size - length
    const { backend, log, damages } = await openBackend(path)
    expect(await textsOf(backend)).toEqual(['a'])
    expect(await log.record(inputOf('b'))).toMatchObject({ index: 1 })
    expect(damages).toMatchObject([{ line: 2, offset, length }])
    expect((await readFile(path)).subarray(offset, offset + length + 1)).toEqual(
      Buffer.concat([tail, Buffer.from('\n')]),
    )
    const again = await openBackend(path)
    expect(await textsOf(again.backend)).toEqual(['a', 'b'])
    expect(await again.backend.damage()).toEqual(await backend.damage())
    await Promise.all([backend.close(), again.backend.close()])
  }
})

test('a torn tail is reported once, by readers and writers alike', async () => {
  const path = freshPath()
  const reader = await openBackend(path)
  const writer = await openBackend(path)
  await writer.log.record(inputOf('a'))
  await appendFile(path, '{"cost_usd":0,"entry')
  expect(await reader.backend.size()).toBe(1)
  expect(await reader.backend.size()).toBe(1)
  await writer.log.record(inputOf('b'))
  await writer.log.record(inputOf('c'))
  expect(await textsOf(reader.backend)).toEqual(['a', 'b', 'c'])
  expect(reader.damages).toMatchObject([{ line: 2, reason: 'torn' }])
  expect(writer.damages).toEqual(reader.damages)
  await appendFile(path, '{"cost')
  expect(await writer.backend.damage()).toMatchObject([{ line: 2 }, { line: 5, reason: 'torn' }])
  expect(await writer.backend.damage()).toEqual(await reader.backend.damage())
})

test.each([
  ['text', 'glued', 'torn'],
  ['an entry', lineOf('glued'), 'not-json'],
])(
  '%s that is glued to an entry without a newline makes one damaged line, and does not harm the next',
  async (_, glued, reason) => {
    const path = freshPath()
    const content = lineOf('a')
    await writeFile(path, content)
    const { backend, log } = await openBackend(path)
    await appendFile(path, glued)
    expect(await textsOf(backend)).toEqual([])
    expect(await log.record(inputOf('b'))).toMatchObject({ index: 0 })
    expect(await textsOf(backend)).toEqual(['b'])
    expect(await backend.damage()).toMatchObject([{ line: 1, reason, length: content.length + glued.length }])
  },
)

test('a tail of zeroes, as power loss leaves them, is damage', async () => {
  const path = freshPath()
  await writeFile(path, `${lineOf('a')}\n`)
  await truncate(path, 10_000)
  const { backend, log, damages } = await openBackend(path)
  await log.record(inputOf('b'))
  expect(await textsOf(backend)).toEqual(['a', 'b'])
  expect(damages).toMatchObject([{ line: 2, reason: 'not-json' }])
})
