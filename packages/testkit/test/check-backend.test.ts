import { MemoryBackend } from '@audit/core'
import { afterEach, expect, test, vi } from 'vitest'
import { AREAS } from '../src/areas.ts'
import type { Case } from '../src/case.ts'
import { checkCases } from '../src/check-backend.ts'
import { type BackendPlace, checkBackend } from '../src/index.ts'
import { CASE_LIMIT_MS } from '../src/run-case.ts'

const PASSING: Case = { id: 'a.passes', title: 'passes', run: async place => void (await place.open()) }
const FAILING: Case = {
  id: 'a.fails',
  title: 'fails',
  async run(place) {
    await place.open()
    throw new Error('broken')
  },
}

afterEach(() => {
  vi.useRealTimers()
})

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
  const { passed, failed, skipped } = await checkBackend({ create: () => watchedPlace([]) })
  const ids = [...passed, ...failed.map(({ id }) => id), ...skipped.map(({ id }) => id)]
  expect(ids.sort()).toEqual(AREAS.flatMap(({ cases }) => cases.map(({ id }) => id)).sort())
  expect(failed).toEqual([])
  expect(skipped.map(({ id }) => id)).toContain('sharing.taking-turns')
  for (const { reason } of skipped) expect(reason).toMatch(/does not offer (persistence|sharing|subtrees)/)
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
  expect(failed).toMatchObject([{ id: 'a.passes', error: { message: 'stuck' } }])
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
  let places = 0
  const { passed, failed } = await checkCases([PASSING, { ...PASSING, id: 'b' }], () => {
    if (places++ === 0) throw new Error('no place')
    return watchedPlace([])
  })
  expect(passed).toEqual(['b'])
  expect(failed).toMatchObject([{ id: 'a.passes', error: { message: 'no place' } }])
})

test('a promise that never settles fails its case', async () => {
  vi.useFakeTimers()
  const events: string[] = []
  const hanging: Case = { id: 'a.hangs', title: 'hangs', run: () => new Promise(() => {}) }
  const checking = checkCases([hanging, PASSING], () => watchedPlace(events))
  await vi.advanceTimersByTimeAsync(CASE_LIMIT_MS)
  const { passed, failed } = await checking
  expect(failed.map(({ id }) => id)).toEqual(['a.hangs'])
  expect(passed).toEqual(['a.passes'])
  expect(events.filter(event => event === 'teardown')).toHaveLength(2)
})
