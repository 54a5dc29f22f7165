import assert from 'node:assert/strict'
import { type AuditBackend, AuditError, type AuditLog } from '@audit/core'
import type { Area, Case } from '../case.ts'
import { expectLog } from '../expect-entries.ts'
import { leavesOf, plainEntries } from '../sample-entries.ts'

const INPUT = { model: 'gpt-4o', inputText: 'in', outputText: 'out' }

/** Every method that needs an open backend. */
const METHODS: readonly {
  readonly name: string
  readonly call: (backend: AuditBackend) => Promise<unknown>
}[] = [
  { name: 'append', call: backend => backend.append(leavesOf(plainEntries(1))) },
  { name: 'size', call: backend => backend.size() },
  { name: 'read', call: backend => backend.read(0, 1) },
  { name: 'find', call: backend => backend.find({ order: 'asc' }) },
  { name: 'count', call: backend => backend.count({ order: 'asc' }) },
  { name: 'leafHashes', call: backend => backend.leafHashes(0, 1) },
]

const LOG_METHODS: readonly { readonly name: string; readonly call: (log: AuditLog) => Promise<unknown> }[] =
  [
    { name: 'record', call: log => log.record(INPUT) },
    { name: 'query', call: log => log.query() },
    { name: 'count', call: log => log.count() },
    { name: 'get', call: log => log.get('unknown') },
    { name: 'stream', call: log => log.stream().next() },
    { name: 'entries', call: log => log.entries().next() },
  ]

export const lifeCycle: Area = {
  name: 'life cycle',
  cases: [
    {
      id: 'life-cycle.fresh-place',
      title: 'a fresh place holds an empty log',
      run: async place => expectLog(await place.open(), []),
    },
    {
      id: 'life-cycle.supports',
      title: 'what a backend supports is two booleans, the same for each instance, open or not',
      async run(place) {
        const backend = place.unopened()
        const { persistence, sharing } = backend.supports
        assert.equal(typeof persistence, 'boolean', 'supports.persistence')
        assert.equal(typeof sharing, 'boolean', 'supports.sharing')
        await backend.open()
        for (const { supports } of [backend, place.unopened()]) {
          assert.equal(supports.persistence, persistence, 'supports.persistence')
          assert.equal(supports.sharing, sharing, 'supports.sharing')
        }
      },
    },
    ...METHODS.flatMap(({ name, call }): Case[] => [
      {
        id: `life-cycle.${name}-before-open`,
        title: `${name} before open rejects with AUDIT_CLOSED`,
        async run(place) {
          const backend = place.unopened()
          await expectClosed(() => call(backend), name)
          await backend.open()
          await expectLog(backend, [])
        },
      },
      {
        id: `life-cycle.${name}-after-close`,
        title: `${name} after close rejects with AUDIT_CLOSED`,
        async run(place) {
          const backend = await place.open()
          await backend.append(leavesOf(plainEntries(1)))
          await backend.close()
          await expectClosed(() => call(backend), name)
        },
      },
    ]),
    {
      id: 'life-cycle.reading-while-closing',
      title: 'who reads while the backend closes gets the right answer or AUDIT_CLOSED',
      async run(place) {
        const backend = await place.open()
        await backend.append(leavesOf(plainEntries(3)))
        const sizes = [backend.size()]
        const closing = backend.close()
        sizes.push(backend.size())
        for (const outcome of await Promise.allSettled(sizes)) {
          if (outcome.status === 'rejected') assertClosed(outcome.reason, 'size')
          else assert.equal(outcome.value, 3, 'size()')
        }
        await closing
      },
    },
    {
      id: 'life-cycle.close-twice',
      title: 'closing twice is fine, one after the other and at once',
      async run(place) {
        const backend = await place.open()
        await backend.close()
        await assert.doesNotReject(async () => backend.close(), 'the second close()')
        if (!place.supports.persistence) return
        const again = await place.open()
        await assert.doesNotReject(Promise.all([again.close(), again.close()]), 'two close() at once')
      },
    },
    {
      id: 'life-cycle.close-before-open',
      title: 'closing an instance that was never opened is fine, and closes it',
      async run(place) {
        const backend = place.unopened()
        await assert.doesNotReject(async () => backend.close(), 'close() before open()')
        await expectClosed(() => backend.size(), 'size')
      },
    },
    {
      id: 'life-cycle.log-opens-itself',
      title: 'a log opens its backend on first use, also when many calls come at once',
      async run(place) {
        const log = place.log()
        const [first, size, found] = await Promise.all([log.record(INPUT), log.count(), log.query()])
        assert.equal(first.index, 0)
        assert.ok(size <= 1 && found.length <= 1)
        assert.equal(await log.count(), 1)
      },
    },
    {
      id: 'life-cycle.log-close-stores-all',
      title: 'closing a log stores what was recorded before',
      async run(place) {
        const log = place.log()
        const recording = Promise.all(Array.from({ length: 100 }, () => log.record(INPUT)))
        const [entries] = await Promise.all([recording, log.close()])
        assert.deepEqual(
          entries.map(({ index }) => index),
          entries.map((_, i) => i),
        )
        if (place.supports.persistence) await expectLog(await place.open(), entries)
      },
    },
    {
      id: 'life-cycle.log-after-close',
      title: 'every method of a log rejects with AUDIT_CLOSED once it is closed, and closing again is fine',
      async run(place) {
        const log = place.log()
        await log.record(INPUT)
        await log.close()
        for (const { name, call } of LOG_METHODS) await expectClosed(() => call(log), name)
        await log.close()
      },
    },
    {
      id: 'life-cycle.log-never-used',
      title: 'a log that was never used closes',
      run: async place => assert.doesNotReject(place.log().close(), 'close() of the log'),
    },
  ],
}

async function expectClosed(call: () => Promise<unknown>, method: string): Promise<void> {
  let answer: Promise<unknown>
  try {
    answer = call()
  } catch {
    assert.fail(`${method} must reject; it threw before it returned a promise`)
  }
  const outcome = await answer.then(
    value => ({ value }),
    error => assertClosed(error, method),
  )
  if (outcome) assert.fail(`${method} must reject; it resolved with ${typeof outcome.value}`)
}

function assertClosed(error: unknown, method: string): undefined {
  assert.ok(
    error instanceof AuditError,
    `${method} must reject with an AuditError of @audit/core, not ${error}`,
  )
  assert.equal(error.code, 'AUDIT_CLOSED', `the code of ${method}'s error`)
}
