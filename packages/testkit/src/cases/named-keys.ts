import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type {
  AuditBackend,
  AuditEntry,
  EntryFields,
  JsonObject,
  JsonValue,
  Selection,
} from '@audit/core/backend'
import type { Area, Case } from '../case.ts'
import { expectEntries, expectFound, expectLog } from '../expect-entries.ts'
import { oracle } from '../oracle.ts'
import type { Place } from '../place.ts'
import { entryOf, instant, leavesOf, mixedEntries, placed } from '../sample-entries.ts'
import { everyFilter, everySelection } from '../sample-selections.ts'
import { METADATA } from './filters.ts'

/** Keys that can be named: the empty key and one with U+0000 cannot. */
const KEYS = [
  'a',
  'a.b',
  ' ',
  '"',
  "'",
  "it's",
  '$',
  '$.a',
  'a[0]',
  '[0]',
  '0',
  '%',
  '*',
  '#',
  '\\',
  'A',
  '\u00e9',
  'e\u0301',
  '😀',
  '__proto__',
  'constructor',
  'toString',
  'user',
  'index',
  '); DROP TABLE audit_log; --',
  'k'.repeat(256),
]

/** Values that a store may cut off, round, or take for another. */
const VALUES: readonly JsonValue[] = [
  `${'x'.repeat(1_000_000)}1`,
  `${'x'.repeat(1_000_000)}2`,
  'x'.repeat(257),
  'x'.repeat(256),
  '',
  'a\0',
  'a\0b',
  'a',
  '\ufffd',
  '😀',
  '"',
  "'",
  '\\u0061',
  'null',
  '{"a":1}',
  '[1]',
  1e21,
  1e-7,
  0,
  5e-324,
  1.7976931348623157e308,
  0.1 + 0.2,
  0.3,
  2 ** 53,
  2 ** 53 - 1,
  nested(200),
  nested(199),
  Array.from({ length: 2000 }, (_, i) => i),
  { 'a.b': 1, a: { b: 1 } },
  { a: { b: 1 }, 'a.b': 1 },
  JSON.parse('{"__proto__":{"a":1}}'),
  {},
  [],
  [null],
]

const NAMED = ['session', 'step', 'tags', 'nested'] as const

/** For backends that offer `metadataIndexes`. */
export const namedKeys: Area = {
  name: 'named keys',
  cases: [
    namedCase('values', 'a value of a named key matches only a value that is equal as JSON', async place => {
      const stored = METADATA.flatMap(({ stored }) => stored)
      const { backend, log } = await filled(place, ['v'], metadataEntries(stored))
      for (const metadata of stored) await expectMatches(backend, log, { metadata })
      for (const v of ['unknown', 2, {}, [1]]) await expectMatches(backend, log, { metadata: { v } })
    }),
    namedCase(
      'hostile-values',
      'long texts, NUL, quotes, extreme numbers and deep nesting are told apart',
      async place => {
        const { backend, log } = await filled(place, ['v'], metadataEntries(VALUES.map(v => ({ v }))))
        for (const v of VALUES) await expectMatches(backend, log, { metadata: { v } })
      },
      { timeoutFactor: 4 }, // it moves megabytes
    ),
    namedCase(
      'hostile-keys',
      'a named key is taken literally: dots, quotes, dollars, emoji, __proto__',
      async place => {
        const stored = [...KEYS, 'A.b', ''].flatMap(key => [own(key, 1), own(key, '1')])
        const { backend, log } = await filled(place, KEYS, metadataEntries([...stored, {}, { a: { b: 1 } }]))
        for (const key of KEYS) await expectMatches(backend, log, { metadata: own(key, 1) })
      },
    ),
    namedCase('order', 'a named key finds by time, then by index, both ways', async place => {
      const times = [5, 5, 1, 5, 9, 1, 5, 0, 7]
      const entries = times.map((ms, i) =>
        entryOf({ timestamp: instant(ms), metadata: { k: i % 4 ? 'a' : 'b' } }),
      )
      const { backend, log } = await filled(place, ['k'], entries)
      for (const order of ['asc', 'desc'] as const)
        for (const limit of [0, 1, 3, 100])
          await expectFound(backend, log, { metadata: { k: 'a' }, order, limit })
    }),
    ...(['asc', 'desc'] as const).map(order =>
      namedCase(
        `pages-${order}`,
        `pages of a named key of any length, '${order}', joined together are the whole result`,
        async place => {
          const { backend, log } = await filled(place, NAMED, mixedEntries(200, 101))
          for (const filter of [{}, { user: 'alice' }, { since: instant(3) }]) {
            for (const limit of [1, 7, 100]) {
              const selection: Selection = { ...filter, metadata: { session: 'a' }, order }
              expectEntries(
                await pagesOf(backend, selection, limit),
                oracle(log, selection),
                inspect(selection),
              )
            }
          }
        },
      ),
    ),
    namedCase(
      'filters',
      'a named key together with every combination of filters, size, cursor and limit',
      async place => {
        const { backend, log } = await filled(place, NAMED, mixedEntries(240, 102))
        for (const order of ['asc', 'desc'] as const)
          for (const selection of everySelection(log, order, 5)) await expectFound(backend, log, selection)
      },
      { timeoutFactor: 4 }, // a thousand calls
    ),
    namedCase('other-keys', 'a key that is not named narrows down what a named one finds', async place => {
      const { backend, log } = await filled(place, ['session'], mixedEntries(120, 103))
      for (const metadata of [{ session: 'a', step: 1 }, { session: 'b', tags: ['x', 'y'] }, { step: '1' }])
        await expectMatches(backend, log, { metadata })
    }),
    namedCase(
      'count',
      'count of a named key is as many as find returns, for every combination of filters',
      async place => {
        const { backend, log } = await filled(place, NAMED, mixedEntries(240, 104))
        for (const order of ['asc', 'desc'] as const)
          for (const selection of everyFilter(log, order, 6)) await expectCount(backend, log, selection)
      },
      { timeoutFactor: 3 },
    ),
    namedCase('count-thousands', 'count of a named key does not stop at a page', async place => {
      const { backend, log } = await filled(place, NAMED, mixedEntries(5000, 105))
      for (const filter of [{}, { size: 4321 }, { user: 'alice' }])
        await expectCount(backend, log, { ...filter, metadata: { session: 'a' }, order: 'asc' })
    }),
    namedCase('moves-on', 'what is appended is found by a named key at once', async place => {
      const backend = await place.openIndexed(NAMED)
      const log = placed(mixedEntries(60, 106))
      for (let size = 0; size < 60; size += 10) {
        await backend.append(leavesOf(log.slice(size, size + 10)))
        await expectMatches(backend, log.slice(0, size + 10), { metadata: { session: 'a' } })
      }
    }),
    namedCase(
      'full-log',
      'a key that is named when the log is full already finds what was there, and what comes',
      async place => {
        const log = placed(mixedEntries(300, 107))
        const before = await place.open()
        await before.append(leavesOf(log.slice(0, 200)))
        await before.close()
        const backend = await place.openIndexed(NAMED)
        await expectLog(backend, log.slice(0, 200))
        await expectMatches(backend, log.slice(0, 200), { metadata: { session: 'b' } })
        await backend.append(leavesOf(log.slice(200)))
        await expectMatches(backend, log, { metadata: { session: 'b' } })
      },
      { timeoutFactor: 2, also: ['persistence'] },
    ),
    namedCase(
      'no-longer-named',
      'a key that was named once finds the same where it is not, and when it is again',
      async place => {
        const log = placed(mixedEntries(300, 108))
        const first = await place.openIndexed(NAMED)
        await first.append(leavesOf(log.slice(0, 100)))
        await first.close()
        const without = await place.open()
        await expectMatches(without, log.slice(0, 100), { metadata: { session: 'a' } })
        await without.append(leavesOf(log.slice(100, 200)))
        await expectMatches(without, log.slice(0, 200), { metadata: { session: 'a' } })
        await without.close()
        const another = await place.openIndexed(['tags'])
        await another.append(leavesOf(log.slice(200)))
        await expectMatches(another, log, { metadata: { session: 'a' } })
        await another.close()
        await expectMatches(await place.openIndexed(NAMED), log, { metadata: { session: 'a' } })
      },
      { timeoutFactor: 2, also: ['persistence'] },
    ),
    namedCase(
      'reading-only',
      'an instance that may only read finds the same by a key that was named, and by one that never was',
      async place => {
        const log = placed(mixedEntries(100, 109))
        const writer = await place.openIndexed(['session'])
        await writer.append(leavesOf(log))
        await writer.close()
        const backend = await place.openReadOnly()
        for (const metadata of [{ session: 'a' }, { step: 1 }])
          await expectMatches(backend, log, { metadata })
      },
      { also: ['persistence', 'readOnly'] },
    ),
    namedCase(
      'different-instances',
      'instances that name different keys, or none, find the same, whoever appended it',
      async place => {
        const instances = [
          await place.openIndexed(['session']),
          await place.openIndexed(['tags', 'step']),
          await place.open(),
        ]
        const log = placed(mixedEntries(90, 110))
        for (let size = 0; size < 90; size += 10) {
          const writer = instances[(size / 10) % instances.length]
          await writer?.append(leavesOf(log.slice(size, size + 10)))
          for (const backend of instances)
            for (const metadata of [{ session: 'a' }, { step: null }])
              await expectMatches(backend, log.slice(0, size + 10), { metadata })
        }
      },
      { timeoutFactor: 2, also: ['sharing'] },
    ),
    namedCase(
      'opened-at-once',
      'instances that name different keys of a full log can be opened at once',
      async place => {
        const log = placed(mixedEntries(300, 111))
        const writer = await place.open()
        await writer.append(leavesOf(log))
        const instances = await Promise.all(
          [['session'], ['session', 'step'], ['tags']].map(keys => place.openIndexed(keys)),
        )
        for (const backend of instances)
          await expectMatches(backend, log, { metadata: { session: 'a', step: 1 } })
        await expectMatches(writer, log, { metadata: { session: 'a' } })
      },
      { timeoutFactor: 2, also: ['sharing'] },
    ),
    namedCase('verified', 'a log with named keys is verified without a finding', async place => {
      const log = place.indexedLog(NAMED)
      for (let i = 0; i < 5; i++)
        await log.record({
          model: 'm',
          inputText: `${i}`,
          outputText: '',
          metadata: { session: 'a', step: i },
        })
      const report = await log.verify()
      assert.ok(report.ok, `verify(): ${report.findings[0]?.message}`)
      assert.equal(await log.count({ metadata: { session: 'a' } }), 5, 'count() of the log')
    }),
  ],
}

function namedCase(
  id: string,
  title: string,
  run: Case['run'],
  { timeoutFactor = 1, also = [] }: Pick<Case, 'timeoutFactor'> & { readonly also?: Case['needs'] } = {},
): Case {
  return { id: `named-keys.${id}`, title, needs: ['metadataIndexes', ...also], timeoutFactor, run }
}

/** An instance that names these keys, with these entries. */
async function filled(
  place: Place,
  keys: readonly string[],
  entries: readonly EntryFields[],
): Promise<{ readonly backend: AuditBackend; readonly log: readonly AuditEntry[] }> {
  const backend = await place.openIndexed(keys)
  await backend.append(leavesOf(entries))
  return { backend, log: placed(entries) }
}

function metadataEntries(stored: readonly JsonObject[]): EntryFields[] {
  return stored.map(metadata => entryOf({ metadata }))
}

/** Asserts that `find`, both ways, and `count` give what the oracle gives. */
async function expectMatches(
  backend: AuditBackend,
  log: readonly AuditEntry[],
  filter: Omit<Selection, 'order'>,
): Promise<void> {
  for (const order of ['asc', 'desc'] as const) await expectFound(backend, log, { ...filter, order })
  await expectCount(backend, log, { ...filter, order: 'asc' })
}

async function expectCount(
  backend: AuditBackend,
  log: readonly AuditEntry[],
  selection: Selection,
): Promise<void> {
  const what = `count(${inspect(selection, { breakLength: 200, maxStringLength: 60 })})`
  assert.equal(await backend.count(selection), oracle(log, selection).length, what)
}

/** All entries of a selection, in pages of this length, each after the last of the one before. */
async function pagesOf(backend: AuditBackend, selection: Selection, limit: number): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = []
  for (let rest = { ...selection, limit }; ; ) {
    const page = await backend.find(rest)
    const last = page.at(-1)
    entries.push(...page)
    if (!last || page.length < limit || entries.length > 1000) return entries
    rest = { ...rest, after: { timestamp: last.timestamp, index: last.index } }
  }
}

/** An object with this own key, also where it is `__proto__`. */
function own(key: string, value: JsonValue): JsonObject {
  return Object.fromEntries([[key, value]])
}

/** An array within an array, so many levels deep. */
function nested(levels: number): JsonValue {
  return levels === 0 ? 1 : [nested(levels - 1)]
}
