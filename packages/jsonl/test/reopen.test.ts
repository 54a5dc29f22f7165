import { readFile } from 'node:fs/promises'
import { encodeLine, leafHash } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { entriesOf, freshPath, inputOf, openBackend } from './scene.ts'

test('the file holds the canonical line of each entry, and nothing else', async () => {
  const path = freshPath()
  const { log } = await openBackend(path)
  const entries = await Promise.all(['a\nb', '🦊\0', ''].map(text => log.record(inputOf(text))))
  await log.close()
  expect(await readFile(path, 'utf8')).toBe(entries.map(entry => `${encodeLine(entry)}\n`).join(''))
})

test('a reopened log has the same entries and continues at the next index', async () => {
  const path = freshPath()
  const before = await openBackend(path)
  const recorded = []
  for (const text of ['a', 'b', 'c']) recorded.push(await before.log.record(inputOf(text)))
  await before.log.close()

  const { log, damages } = await openBackend(path)
  expect(await log.query()).toEqual(recorded)
  expect(await log.record(inputOf('d'))).toMatchObject({ index: 3 })
  expect(await log.count()).toBe(4)
  expect(damages).toEqual([])
})

test('entries of many sizes around a chunk come back whole', async () => {
  const path = freshPath()
  const { backend, log } = await openBackend(path)
  const sizes = [0, 1, 262_000, 262_144, 262_145, 5_000_000, 3, 524_288, 20_000_000, 7]
  const recorded = await Promise.all(sizes.map(size => log.record(inputOf('é'.repeat(size / 2)))))
  const other = await openBackend(path)
  expect(await entriesOf(other.backend)).toEqual(recorded)
  expect(Buffer.from(await backend.leafHashes(0, 20))).toEqual(
    Buffer.concat(recorded.map(entry => leafHash(encodeLine(entry)))),
  )
  expect(other.damages).toEqual([])
})
