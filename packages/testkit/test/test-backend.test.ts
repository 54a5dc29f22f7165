import { MemoryBackend } from '@audit/core'
import { expect, test } from 'vitest'
import { AREAS } from '../src/areas.ts'
import { testBackend } from '../src/index.ts'

interface Registered {
  readonly title: string
  readonly run: (...context: unknown[]) => Promise<void>
}

function register(): { readonly areas: string[]; readonly tests: Registered[] } {
  const areas: string[] = []
  const tests: Registered[] = []
  testBackend({
    describe(title, define) {
      areas.push(title)
      define()
    },
    it: (title, run) => tests.push({ title, run }),
    create: () => ({ open: () => new MemoryBackend(), teardown() {} }),
  })
  return { areas, tests }
}

test('every case of every area is registered, under its id', () => {
  const { areas, tests } = register()
  expect(areas).toEqual(AREAS.map(({ name }) => name))
  const titles = AREAS.flatMap(({ cases }) => cases.map(({ id, title }) => `${id}: ${title}`))
  expect(tests.map(({ title }) => title)).toEqual(titles)
})

test('ids are unique and of one form', () => {
  const ids = AREAS.flatMap(({ cases }) => cases.map(({ id }) => id))
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[a-z-]+\.[a-zA-Z0-9-]+$/)
})

test('a test function declares no parameter, which jest would take for a callback to wait for', () => {
  for (const { run } of register().tests) expect(run.length).toBe(0)
})

test('a case that needs what is not claimed is skipped with its reason', async () => {
  const reasons: string[] = []
  const needy = register().tests.find(({ title }) => title.startsWith('persistence.without-closing:'))
  const skip = (reason: string): number => reasons.push(reason)
  await needy?.run({ skip }) // as in node:test
  await needy?.run(Object.assign(() => {}, { skip })) // as in vitest
  expect(reasons).toEqual(Array(2).fill('the backend does not offer persistence and sharing'))
})

test('a runner without a way to skip gets no error for it', async () => {
  const needy = register().tests.find(({ title }) => title.startsWith('sharing.taking-turns:'))
  expect(await needy?.run()).toBeUndefined()
})
