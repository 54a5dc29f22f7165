import { appendFile, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { freshPath, inputOf, lineOf, openBackend, textsOf } from './scene.ts'

test('a tail that lacks only its newline is an entry, at once and for everyone', async () => {
  const path = await freshPath()
  await writeFile(path, `${lineOf('a')}\n${lineOf('b')}`)
  const one = await openBackend(path)
  const two = await openBackend(path)
  expect(await textsOf(one.backend)).toEqual(['a', 'b'])
  expect(await one.log.record(inputOf('c'))).toMatchObject({ index: 2 })
  expect(await textsOf(two.backend)).toEqual(['a', 'b', 'c'])
  expect(await two.log.record(inputOf('d'))).toMatchObject({ index: 3 })
  const three = await openBackend(path)
  expect(await textsOf(three.backend)).toEqual(['a', 'b', 'c', 'd'])
  expect([...one.damages, ...two.damages, ...three.damages]).toEqual([])
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(5)
})

test('wherever a line is cut, the entries before and after it stay whole', async () => {
  const whole = lineOf('tête {"à": "tête"}')
  const bytes = Buffer.from(whole)
  for (let length = 1; length < bytes.length; length += 3) {
    const path = await freshPath()
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
  }
})

test('a torn tail is told of once, by reader and writer alike', async () => {
  const path = await freshPath()
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
  ['text', 'glued'],
  ['an entry', lineOf('glued')],
])('%s that is glued to an entry without a newline harms neither it nor the next', async (_, glued) => {
  const path = await freshPath()
  await writeFile(path, lineOf('a'))
  const { backend, log, damages } = await openBackend(path)
  await appendFile(path, glued)
  expect(await textsOf(backend)).toEqual(['a'])
  await log.record(inputOf('b'))
  expect(await textsOf(backend)).toEqual(['a', 'b'])
  expect(damages).toMatchObject([{ line: 1, reason: 'not-json', length: glued.length }])
})

test('a tail of zeroes, as power loss leaves them, is damage', async () => {
  const path = await freshPath()
  await writeFile(path, `${lineOf('a')}\n`)
  await truncate(path, 10_000)
  const { backend, log, damages } = await openBackend(path)
  await log.record(inputOf('b'))
  expect(await textsOf(backend)).toEqual(['a', 'b'])
  expect(damages).toMatchObject([{ line: 2, reason: 'not-json' }])
})
