import { appendFile, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { JsonlBackend } from '../src/jsonl-backend.ts'
import { freshPath, leafOf, lineOf, openBackend, textsOf } from './scene.ts'

const around = vi.hoisted(() => ({ before: async () => {}, after: async () => {} }))

// Another program's write falls into the microseconds around our own only by chance, so chance is helped.
vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  const write = async (...args: readonly unknown[]) => {
    const { before, after } = around
    Object.assign(around, idle)
    await before()
    const written: unknown = await Reflect.apply(promisify(fs.write), undefined, args)
    await after()
    return written
  }
  return { ...fs, write: Object.assign(() => {}, { [promisify.custom]: write }) }
})

const idle = { before: async () => {}, after: async () => {} }

beforeEach(() => {
  Object.assign(around, idle)
})

async function openWatched(path: string): Promise<JsonlBackend> {
  const backend = new JsonlBackend({ path, onDamage: () => {} })
  onTestFinished(() => backend.close())
  await backend.open()
  return backend
}

test('a line that is appended just before is kept, and comes first', async () => {
  const path = await freshPath()
  const backend = await openWatched(path)
  around.before = () => appendFile(path, `${lineOf('theirs')}\n`)
  expect(await backend.append([leafOf('a'), leafOf('b')])).toBe(1)
  expect(await textsOf(backend)).toEqual(['theirs', 'a', 'b'])
  expect(await textsOf((await openBackend(path)).backend)).toEqual(['theirs', 'a', 'b'])
})

test('a line that is appended just behind is kept, and comes last', async () => {
  const path = await freshPath()
  const backend = await openWatched(path)
  around.after = () => appendFile(path, `${lineOf('theirs')}\n`)
  expect(await backend.append([leafOf('a')])).toBe(0)
  expect(await backend.append([leafOf('b')])).toBe(2)
  expect(await textsOf(backend)).toEqual(['a', 'theirs', 'b'])
})

test('a batch that falls behind half a line is taken back, and the half line is kept', async () => {
  const path = await freshPath()
  const backend = await openWatched(path)
  around.before = () => appendFile(path, '{"cost_usd":')
  await expect(backend.append([leafOf('lost')])).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  expect(await backend.append([leafOf('a')])).toBe(0)
  const content = await readFile(path, 'utf8')
  expect(content).toMatch(/^\{"cost_usd":\n/)
  expect(content).not.toContain('lost')
  expect(await textsOf((await openBackend(path)).backend)).toEqual(['a'])
})
