import { execFile } from 'node:child_process'
import { appendFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { encodeLine } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { LogContents } from '../src/log-contents.ts'
import { freshPath, leafOf, lineOf, openBackend } from './scene.ts'

test('entries of 5 MB are verified, streamed, counted and hashed in a heap that holds few of them', async () => {
  const script = fileURLToPath(new URL('read-all.ts', import.meta.url))
  const path = freshPath()
  for (let i = 0; i < 16; i++) appendFileSync(path, `${lineOf('x'.repeat(5_000_000))}\n`)
  const args = ['--max-old-space-size=64', script, path]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 55_000 })
  expect(stdout).toBe('16 16 0 512 true')
})

test('pages end at about 8 MiB', async () => {
  const { backend } = await openBackend(freshPath())
  for (let i = 0; i < 12; i++) await backend.append([leafOf('x'.repeat(1_000_000))])
  const page = await backend.read(0, 12)
  expect(page.isPartial).toBe(true)
  expect(page.length).toBeGreaterThanOrEqual(8)
  expect(page.length).toBeLessThanOrEqual(10)
  expect((await backend.find({ order: 'desc' })).length).toBeLessThanOrEqual(10)
  expect((await backend.read(10, 12)).isPartial).toBeUndefined()
  await backend.append([leafOf('x'.repeat(20_000_000))])
  expect((await backend.read(12, 13)).map(({ index }) => index)).toEqual([12])
})

test('messages about damage are short, whatever the line holds', async () => {
  const path = freshPath()
  const line = JSON.stringify({ ...JSON.parse(lineOf('x')), ['\u{1f98a}'.repeat(100_000)]: 1 })
  writeFileSync(path, `${line}\n`.repeat(50))
  const { backend, damages } = await openBackend(path)
  for (const { message } of [...damages, ...(await backend.damage())]) {
    expect(message.length).toBeLessThan(250)
    expect(message.isWellFormed()).toBe(true)
  }
  expect(damages).toHaveLength(50)
  for (const { message } of await backend.inspect()) expect(message.length).toBeLessThan(300)
})

test('copies of the id of a long entry do not read that entry again and again', () => {
  const { entry, line } = leafOf('x'.repeat(1_000_000))
  const copy = encodeLine({ ...leafOf('copy').entry, entryId: entry.entryId })
  const file = Buffer.from(`${line}\n${`${copy}\n`.repeat(5000)}`)
  let bytesRead = 0
  const contents = new LogContents((target, offset) => {
    bytesRead += target.length
    file.copy(target, 0, offset, offset + target.length)
  })
  contents.readTo(file.length)
  expect(contents.index.size).toBe(1)
  expect(contents.damage.damages).toHaveLength(5000)
  expect(bytesRead).toBeLessThan(3 * file.length)
})

test('a copy of the whole log after it is damage, line by line', async () => {
  const path = freshPath()
  const { backend } = await openBackend(path)
  const leaves = Array.from({ length: 2000 }, (_, i) => leafOf(String(i)))
  await backend.append(leaves)
  appendFileSync(path, leaves.map(({ line }) => `${line}\n`).join(''))
  expect(await backend.size()).toBe(2000)
  expect(await backend.damage()).toHaveLength(2000)
  for (const index of [0, 7, 1999]) {
    const entryId = leaves[index]?.entry.entryId ?? ''
    expect(await backend.find({ entryId, order: 'asc' })).toMatchObject([{ index }])
  }
})
