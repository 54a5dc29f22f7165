import { AuditError, MemoryBackend } from '@audit/core'
import { expect, test } from 'vitest'
import { AREAS } from '../src/areas.ts'
import type { Case } from '../src/case.ts'
import { checkCases } from '../src/check-backend.ts'
import { type BackendPlace, checkBackend } from '../src/index.ts'

const CASES = AREAS.flatMap(({ cases }) => cases)
const PASSING: Case = { id: 'a.passes', title: 'passes', run: async place => void (await place.open()) }
const FAILING: Case = {
  id: 'a.fails',
  title: 'fails',
  async run(place) {
    await place.open()
    throw new Error('broken')
  },
}
const memory = (): BackendPlace => ({ open: () => new MemoryBackend(), teardown() {} })

/** A place that tells what happened to it. */
function watchedPlace(events: string[], onClose: () => void = () => {}): BackendPlace {
  return {
    open() {
      const backend = new MemoryBackend()
      const close = backend.close.bind(backend)
      return Object.assign(backend, {
        async close() {
          events.push('close')
          await close()
          onClose()
        },
      })
    },
    teardown: () => events.push('teardown'),
  }
}

test('the report accounts for every case once', async () => {
  const { passed, failed, skipped, notRun } = await checkBackend({ create: () => watchedPlace([]) })
  const ids = [...passed, ...failed.map(({ id }) => id), ...skipped.map(({ id }) => id)]
  expect(ids.sort()).toEqual(CASES.map(({ id }) => id).sort())
  expect(failed).toEqual([])
  expect(notRun).toEqual([])
  expect(skipped.map(({ id }) => id)).toContain('sharing.taking-turns')
  for (const { reason } of skipped) expect(reason).toMatch(/does not offer/)
})

test('each case has a place of its own, closed and cleared away also when it fails', async () => {
  const events: string[] = []
  const report = await checkCases([FAILING, PASSING], () => {
    events.push('create')
    return watchedPlace(events)
  })
  expect(report).toMatchObject({
    passed: ['a.passes'],
    failed: [{ id: 'a.fails', title: 'fails', error: { message: 'broken' } }],
  })
  expect(events).toEqual(['create', 'close', 'teardown', 'create', 'close', 'teardown'])
})

test('an instance that cannot be closed fails the case, and its place is cleared away', async () => {
  const events: string[] = []
  const { failed } = await checkCases([PASSING], () =>
    watchedPlace(events, () => {
      throw new Error('stuck')
    }),
  )
  expect(failed).toMatchObject([{ id: 'a.passes', error: { message: 'close: stuck' } }])
  expect(events).toEqual(['close', 'teardown'])
})

test('what a case fails with is not hidden by a failing teardown', async () => {
  const { failed } = await checkCases([FAILING], () => ({
    open: () => new MemoryBackend(),
    teardown() {
      throw new Error('teardown')
    },
  }))
  expect(failed[0]?.error.message).toBe('broken')
})

test('a place that cannot be made fails its case and no other', async () => {
  let count = 0
  const { passed, failed } = await checkCases([PASSING, { ...PASSING, id: 'b' }], () => {
    if (count++ === 0) throw new Error('no place')
    return watchedPlace([])
  })
  expect(passed).toEqual(['b'])
  expect(failed).toMatchObject([{ id: 'a.passes', error: { message: 'no place' } }])
})

test('onCase is told each case before it runs', async () => {
  const events: unknown[] = []
  const create = () => {
    events.push('create')
    return memory()
  }
  await checkBackend({
    create,
    only: ['read.every-range', 'read.empty-range'],
    onCase: told => events.push(told),
  })
  const [first, second] = ['read.every-range', 'read.empty-range'].map(id =>
    CASES.find(known => known.id === id),
  )
  expect(events).toEqual([
    { id: first?.id, title: first?.title, number: 1, total: 2 },
    'create',
    { id: second?.id, title: second?.title, number: 2, total: 2 },
    'create',
  ])
})

test.each(AREAS)('only takes the area $name, and each of its ids', async ({ name, cases }) => {
  const run = async (only: readonly string[]) => {
    const ids: string[] = []
    await checkBackend({ create: memory, only, onCase: ({ id }) => ids.push(id) })
    return ids
  }
  const ids = cases.map(({ id }) => id)
  expect(await run([name])).toEqual(ids)
  expect(await run(ids.slice(-1))).toEqual(ids.slice(-1))
})

test('only takes what ids begin with', async () => {
  const ids: string[] = []
  await checkBackend({ create: memory, only: ['leaf-hashes', 'places'], onCase: ({ id }) => ids.push(id) })
  expect(ids).toEqual(CASES.map(({ id }) => id).filter(id => /^(leaf-hashes|places)\./.test(id)))
})

test.each<readonly [string, unknown]>([
  ['no options', undefined],
  ['no create', {}],
  ['a create that is no function', { create: memory() }],
  ['an unknown option', { create: memory, skip: ['find.limit'] }],
  ['a misspelt option', { create: memory, caseTimeout: 1000 }],
  ['an unknown case', { create: memory, only: ['find.nothing'] }],
  ['an unknown case beside a known one', { create: memory, only: ['append', 'apend'] }],
  ['a case by its title', { create: memory, only: [CASES[0]?.title] }],
  ['no case at all', { create: memory, only: [] }],
  ['a text instead of an array', { create: memory, only: 'append' }],
  ['an onCase that is no function', { create: memory, onCase: true }],
  ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5000', null].map(
    caseTimeoutMs => [`a time-out of ${caseTimeoutMs}`, { create: memory, caseTimeoutMs }] as const,
  ),
])('checkBackend refuses %s', async (_, options) => {
  // What no caller in TypeScript may pass.
  const outcome = await checkBackend(options as unknown as { create: () => BackendPlace }).catch(
    error => error,
  )
  expect(outcome).toBeInstanceOf(AuditError)
  expect(outcome.code).toBe('AUDIT_INVALID_OPTIONS')
})
