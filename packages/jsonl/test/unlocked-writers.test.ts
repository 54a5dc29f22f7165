import { appendFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { beforeEach, expect, test, vi } from 'vitest'
import { freshPath, leafOf, lineOf, openBackend, openInThisThread, textsOf } from './scene.ts'

const idle = vi.hoisted(() => ({ before: () => {}, after: () => {} }))
const around = vi.hoisted(() => ({ before: () => {}, after: () => {} }))

// Another program's write falls into the microseconds around our own only by chance, so chance is helped.
vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  const writeSync = (...args: readonly unknown[]) => {
    const { before, after } = around
    Object.assign(around, idle)
    before()
    const written: unknown = Reflect.apply(fs.writeSync, undefined, args)
    after()
    return written
  }
  return { ...fs, writeSync }
})

beforeEach(() => {
  Object.assign(around, idle)
})

test('a line that is appended just before is kept, and comes first', async () => {
  const path = freshPath()
  const { append, texts } = await openInThisThread(path)
  around.before = () => appendFileSync(path, `${lineOf('theirs')}\n`)
  expect(await append(leafOf('a'), leafOf('b'))).toBe(1)
  expect(await texts()).toEqual(['theirs', 'a', 'b'])
  expect(await textsOf((await openBackend(path)).backend)).toEqual(['theirs', 'a', 'b'])
})

test('a line that is appended right after a batch is kept, and comes last', async () => {
  const path = freshPath()
  const { append, texts } = await openInThisThread(path)
  around.after = () => appendFileSync(path, `${lineOf('theirs')}\n`)
  expect(await append(leafOf('a'))).toBe(0)
  expect(await append(leafOf('b'))).toBe(2)
  expect(await texts()).toEqual(['a', 'theirs', 'b'])
})

test('a batch that lands after half a line is removed, and the half line is kept', async () => {
  const path = freshPath()
  const { append } = await openInThisThread(path)
  around.before = () => appendFileSync(path, '{"cost_usd":')
  await expect(append(leafOf('lost'))).rejects.toThrow('another program')
  expect(await append(leafOf('a'))).toBe(0)
  const content = await readFile(path, 'utf8')
  expect(content).toMatch(/^\{"cost_usd":\n/)
  expect(content).not.toContain('lost')
  expect(await textsOf((await openBackend(path)).backend)).toEqual(['a'])
})
