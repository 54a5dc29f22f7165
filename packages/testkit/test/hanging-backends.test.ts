import { AssertionError } from 'node:assert/strict'
import type { AuditBackend } from '@audit/core'
import { expect, test } from 'vitest'
import { AREAS } from '../src/areas.ts'
import { checkBackend, checkCases } from '../src/check-backend.ts'
import type { BackendPlace } from '../src/place.ts'
import { brokenPlace } from './broken-backends/broken-backend.ts'

const CASES = AREAS.flatMap(({ cases }) => cases)

/** Each method, and a case that needs its answer. */
const METHODS = {
  open: 'append.first-index',
  append: 'append.first-index',
  size: 'append.contiguous',
  read: 'append.keeps-order',
  find: 'find.everything',
  count: 'count.empty-log',
  leafHashes: 'leaf-hashes.every-range',
  inspect: 'life-cycle.inspect-while-closing',
  'subtrees.read': 'subtrees.reads-what-was-written',
  'subtrees.write': 'subtrees.reads-what-was-written',
  close: 'append.first-index',
} as const

type Method = keyof typeof METHODS
const NAMES = Object.keys(METHODS) as Method[] // the keys of a literal
/** Those whose answer says nothing. */
const VOID: readonly Method[] = ['open', 'close', 'subtrees.write']

const WRONG: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'text'],
  ['NaN', Number.NaN],
  ['-1', -1],
  ['half a number', 0.5],
  ['an object', {}],
  ['an array of nothing', [undefined]],
  ['an array of texts', ['text']],
  ['an array without end', new Array(2 ** 32 - 1)],
  ['seven bytes', new Uint8Array(7)],
  ['bytes without end', new Uint8Array(2 ** 20)],
]

const THROWN: readonly (readonly [string, unknown])[] = [
  ['an error', new Error('broken')],
  ['a text', 'text'],
  ['nothing', undefined],
  ['null', null],
  ['an object', { message: 'no error' }],
]

const ANSWERS = NAMES.filter(name => !VOID.includes(name)).flatMap(name =>
  WRONG.map(([what, value]) => ({ name, what, answer: () => Promise.resolve(value) })),
)
const NO_PROMISES = NAMES.flatMap(name =>
  [undefined, 0, 'text', {}].map(value => ({
    name,
    what: `${value} and no promise`,
    answer: () => value,
  })),
)

test.each([...ANSWERS, ...NO_PROMISES])(
  '$name that gives $what is reported by its name',
  async ({ name, answer }) => {
    const { failed } = await checkWith(name, answer)
    expect(failed.map(({ id }) => id)).toEqual([METHODS[name]])
    expect(failed[0]?.error).toBeInstanceOf(AssertionError)
    expect(failed[0]?.error.message).toMatch(new RegExp(`^${name}\\b`))
  },
)

test.each(NAMES.flatMap(name => THROWN.map(([what, reason]) => ({ name, what, reason }))))(
  '$name that throws $what, or rejects with it, is reported by its name',
  async ({ name, reason }) => {
    const throwing = () => {
      throw reason
    }
    for (const answer of [throwing, () => Promise.reject(reason)]) {
      const { failed } = await checkWith(name, answer)
      expect(failed.map(({ id }) => id)).toEqual([METHODS[name]])
      expect(failed[0]?.error).toBeInstanceOf(Error)
      expect(failed[0]?.error.message).toMatch(new RegExp(`^${name}\\b`))
    }
  },
)

test.each(NAMES)('%s that never settles is reported by its name, and three cases wait for it', async name => {
  const only = [METHODS[name], 'life cycle', 'integrity']
  const { passed, failed, skipped, notRun } = await checkBackend({
    create: () => broken(name, () => new Promise(() => {})),
    only,
    caseTimeoutMs: 700,
  })
  const hanging = failed.filter(({ error }) => error.message.includes('not settled within'))
  expect(hanging.some(({ error }) => error.message.startsWith(`${name}: not settled`))).toBe(true)
  expect(hanging).toHaveLength(3)
  expect(notRun.length).toBeGreaterThan(0)
  const chosen = CASES.filter(({ id }) => id === only[0] || /^(life-cycle|integrity)\./.test(id))
  expect(passed.length + failed.length + skipped.length + notRun.length).toBe(chosen.length)
})

test.each(['create', 'teardown'])('%s that never settles is reported', async name => {
  const never = () => new Promise<never>(() => {})
  const { failed, notRun } = await checkBackend({
    create: name === 'create' ? never : () => ({ ...broken('open', undefined), teardown: never }),
    caseTimeoutMs: 200,
  })
  expect(failed.map(({ error }) => error.message)).toEqual(Array(3).fill(`${name}: not settled within 0.2 s`))
  expect(notRun).toHaveLength(CASES.length - 3)
})

test.each<readonly [string, unknown]>([
  ['nothing', undefined],
  ['a text', 'text'],
  ['no open', { teardown() {} }],
  ['no teardown', { open: () => undefined }],
  ['an open that makes nothing', { open: () => undefined, teardown() {} }],
  ['a backend without a method', { open: () => ({}), teardown() {} }],
])('a create that gives %s is reported', async (_, place) => {
  // What no caller in TypeScript may give.
  const { passed, failed } = await checkBackend({ create: () => place as BackendPlace, only: ['append'] })
  expect(passed).toEqual([])
  expect(failed.length).toBeGreaterThan(0)
})

test('a place that is not empty is said first, and nothing else is run', async () => {
  const place = broken('open', undefined)
  const ids: string[] = []
  const report = await checkBackend({
    create: () => ({ ...place, teardown() {} }),
    onCase: ({ id }) => ids.push(id),
  })
  expect(ids[0]).toBe('places.empty')
  expect(report.failed.map(({ id }) => id)).toEqual(['places.empty'])
  expect(report.notRun).toHaveLength(CASES.length - 1)
  expect(report.notRun[0]?.reason).toMatch(/^places\.empty: /)
})

test('a place that has entries from the start is said first, and nothing else is run', async () => {
  const report = await checkBackend({
    create: async () => {
      const place = broken('open', undefined)
      const writer = place.open()
      await writer.open()
      const { leavesOf, plainEntries } = await import('../src/sample-entries.ts')
      await writer.append(leavesOf(plainEntries(3)))
      return place
    },
  })
  expect(report.failed.map(({ id, error }) => [id, error.message.includes('has 3 entries')])).toEqual([
    ['places.empty', true],
  ])
  expect(report.notRun).toHaveLength(CASES.length - 1)
})

test.each(['uncaughtException', 'unhandledRejection'] as const)(
  'the listeners for %s are those of the runner again, once no case runs',
  async event => {
    const before = process.rawListeners(event)
    const during: unknown[] = []
    await checkBackend({
      create: () => {
        during.push(...process.rawListeners(event))
        return broken('open', undefined)
      },
      only: ['append.first-index'],
    })
    expect(before.length).toBeGreaterThan(0)
    expect(during).toHaveLength(1)
    expect(before).not.toContain(during[0])
    expect(process.rawListeners(event)).toEqual(before)
  },
)

function checkWith(name: Method, answer: () => unknown) {
  const meant = CASES.filter(({ id }) => id === METHODS[name])
  return checkCases(meant, () => broken(name, answer), { lingerMs: 0 })
}

/** A place whose backend answers one method in its own way, if one is given. */
function broken(name: Method, answer: (() => unknown) | undefined): BackendPlace {
  const methods = (subtrees: AuditBackend['subtrees']): Partial<AuditBackend> => {
    if (!answer) return {}
    const [first = '', second] = name.split('.')
    return second === undefined
      ? { [first]: answer }
      : { subtrees: { ...subtrees, [second]: answer } as never } // one is wrong
  }
  return brokenPlace({ fault: name, caughtBy: '', methods: ({ subtrees }) => methods(subtrees) })
}
