import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { AuditBackend, AuditLog } from '@audit/core'
import type { SubtreeStore, SummaryRequest } from '@audit/core/backend'
import type { Area, Case } from '../case.ts'
import { expectCode } from '../expect-code.ts'
import { expectIndexes, expectLog } from '../expect-entries.ts'
import { messageOf } from '../failure.ts'
import type { Place } from '../place.ts'
import { leavesOf, plainEntries } from '../sample-entries.ts'

const INPUT = { model: 'gpt-4o', inputText: 'in', outputText: 'out' }

/** Every method that needs an open backend. */
const EVERYTHING: SummaryRequest = { selection: { order: 'asc' }, by: [], countsOnly: false }

export const METHODS: readonly {
  readonly name: string
  /** The optional member it belongs to. */
  readonly needs?: readonly ('inspect' | 'subtrees' | 'summarize' | 'digests')[]
  readonly call: (backend: AuditBackend) => Promise<unknown>
}[] = [
  { name: 'append', call: backend => backend.append(leavesOf(plainEntries(1))) },
  { name: 'size', call: backend => backend.size() },
  { name: 'read', call: backend => backend.read(0, 1) },
  { name: 'find', call: backend => backend.find({ order: 'asc' }) },
  { name: 'count', call: backend => backend.count({ order: 'asc' }) },
  { name: 'leafHashes', call: backend => backend.leafHashes(0, 1) },
  { name: 'summarize', needs: ['summarize'], call: async backend => backend.summarize?.(EVERYTHING) },
  { name: 'digests', needs: ['digests'], call: async backend => backend.digests?.(0, 1) },
  { name: 'inspect', needs: ['inspect'], call: async backend => inspectionOf(backend) },
  { name: 'subtrees-read', needs: ['subtrees'], call: backend => storeOf(backend).read(1, 0, 1) },
  {
    name: 'subtrees-write',
    needs: ['subtrees'],
    call: backend => storeOf(backend).write(1, 0, new Uint8Array()), // an empty log has no true root to write
  },
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
      title: 'a new place holds an empty log',
      run: async place => expectLog(await place.open(), []),
    },
    {
      id: 'life-cycle.supports',
      title: 'supports is two booleans, the same for each instance, open or not',
      async run(place) {
        const backend = place.unopened()
        const { persistence, sharing } = backend.supports ?? {} // a broken backend may have none
        assert.equal(typeof persistence, 'boolean', 'supports.persistence')
        assert.equal(typeof sharing, 'boolean', 'supports.sharing')
        await backend.open()
        for (const { supports } of [backend, place.unopened()]) {
          assert.equal(supports.persistence, persistence, 'supports.persistence')
          assert.equal(supports.sharing, sharing, 'supports.sharing')
        }
      },
    },
    ...METHODS.flatMap(({ name, needs = [], call }): Case[] => [
      {
        id: `life-cycle.${name}-before-open`,
        title: `${name} before open rejects with AUDIT_CLOSED`,
        needs,
        async run(place) {
          const backend = place.unopened()
          await expectClosed(() => call(backend), name)
          await backend.open()
          await expectLog(backend, [])
        },
      },
      {
        id: `life-cycle.${name}-while-closing`,
        title: `${name} is answered if it was called before close, and rejects with AUDIT_CLOSED if called after`,
        needs,
        run: place => expectClosing(place, name, call),
      },
      {
        id: `life-cycle.${name}-after-close`,
        title: `${name} after close rejects with AUDIT_CLOSED`,
        needs,
        async run(place) {
          const backend = await place.open()
          await backend.append(leavesOf(plainEntries(1)))
          await backend.close()
          await expectClosed(() => call(backend), name)
        },
      },
    ]),
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
      title: 'a log opens its backend on first use, even if many calls come at once',
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
      title: 'closing a log stores everything that was recorded before',
      async run(place) {
        const log = place.log()
        const recording = Promise.all(Array.from({ length: 100 }, () => log.record(INPUT)))
        const [entries] = await Promise.all([recording, log.close()])
        expectIndexes(
          entries.map(({ index }) => index),
          'the indexes given out',
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
      title: 'a log that was never used can be closed',
      run: async place => assert.doesNotReject(place.log().close(), 'close() of the log'),
    },
  ],
}

/** Calls a method just before close and just after it, in one turn. */
async function expectClosing(
  place: Place,
  name: string,
  call: (backend: AuditBackend) => Promise<unknown>,
): Promise<void> {
  const backend = await place.open()
  // Enough for a subtree, so that a root may be written.
  const entries = plainEntries(256)
  await backend.append(leavesOf(entries))
  const before = await call(backend)
  const asked = call(backend)
  const closing = backend.close()
  const late = expectClosed(() => call(backend), `${name} behind close()`)
  const [answer] = await Promise.allSettled([asked, late, closing])
  await late
  await closing
  if (answer.status === 'rejected')
    assert.fail(`${name} before close(): it rejected: ${messageOf(answer.reason)}`)
  if (name !== 'append')
    return assert.ok(
      isDeepStrictEqual(answer.value, before),
      `${name} before close(): another answer than before`,
    )
  assert.equal(answer.value, 257, 'append before close()')
  if (place.supports.persistence)
    assert.equal(await (await place.open()).size(), 258, 'size() after reopening')
}

function storeOf({ subtrees }: AuditBackend): SubtreeStore {
  assert.ok(subtrees, 'subtrees')
  return subtrees
}

function inspectionOf(backend: AuditBackend): Promise<unknown> {
  assert.ok(backend.inspect, 'inspect')
  return backend.inspect()
}

function expectClosed(call: () => Promise<unknown>, method: string): Promise<void> {
  return expectCode(call, 'AUDIT_CLOSED', method)
}
