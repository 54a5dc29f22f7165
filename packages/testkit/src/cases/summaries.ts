import type { AuditBackend, AuditEntry, EntryFields, GroupKey, JsonObject } from '@audit/core/backend'
import type { Area, Case } from '../case.ts'
import { expectSummary } from '../expect-summary.ts'
import type { Place } from '../place.ts'
import { entryOf, leavesOf, mixedEntries, placed } from '../sample-entries.ts'
import { everyFilter } from '../sample-selections.ts'
import { METADATA } from './filters.ts'

const TIME_KEYS = ['month', 'day', 'hour'] as const

/** Both ends of hours, days, months and years, and years that look like others when they are cut off. */
const TIMES = [
  '0000-01-01T00:00:00.000Z',
  '0999-12-31T23:59:59.999Z',
  '1969-12-31T23:59:59.999Z',
  '1970-01-01T00:00:00.000Z',
  '2024-02-29T23:59:59.999Z',
  '2024-03-01T00:00:00.000Z',
  '2025-12-31T23:00:00.000Z',
  '2025-12-31T23:59:59.999Z',
  '2026-01-01T00:00:00.000Z',
  '2026-01-31T12:59:59.999Z',
  '2026-01-31T13:00:00.000Z',
  '2026-10-25T00:30:00.000Z',
  '2026-10-25T01:30:00.000Z',
  '2027-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
]

/** Doubles whose sum depends on the order in which they are added, unless nothing is rounded on the way. */
const COSTS = [1e16, 1, 0.1, 0.2, 0.3, 1e-20, 1e300, 1, 5e-324, 0, 123.456, 2 ** 53, 1]

/** What is a number of tokens, and what only looks like one. */
const TOKENS: readonly JsonObject[] = [
  7,
  0,
  -3,
  1.5,
  '12',
  null,
  true,
  [5],
  { a: 1 },
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 45,
  2 ** 53,
  1e21,
  1e-7,
].map(tokens => ({ 'gen_ai.usage.input_tokens': tokens, 'gen_ai.usage.reasoning.output_tokens': tokens }))

const TOKEN_KINDS: readonly JsonObject[] = [
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.output_tokens',
  'gen_ai.usage.cache_read.input_tokens',
  'gen_ai.usage.cache_write.input_tokens',
  'gen_ai.usage.reasoning.output_tokens',
].map((key, i) => ({ [key]: 10 ** i, 'gen_ai.usage.other': 3, usage: { input_tokens: 9 } }))

const STATUSES: readonly JsonObject[] = [
  'ok',
  'ok',
  'error',
  'OK',
  '',
  '__proto__',
  'constructor',
  'a\0b',
  "o'k",
  '😀',
  'x'.repeat(100_000),
  null,
  1,
  ['ok'],
].map(status => ({ 'audit.status': status }))

const NAMES = [
  'alice',
  'Alice',
  'Ren\u00e9',
  'Rene\u0301',
  '',
  ' ',
  'a\0',
  'a\0b',
  '😀',
  '__proto__',
  "o'hara",
  'missing',
  `${'u'.repeat(20_000)}1`,
  `${'u'.repeat(20_000)}2`,
  'alice',
  `${'u'.repeat(20_000)}1`,
]

/** For backends that offer `summarize`. */
export const summaries: Area = {
  name: 'summaries',
  cases: [
    summaryCase('empty-log', 'an empty log has one group without a key, and none with one', [], async sum => {
      await sum([])
      await sum(['user'])
      await sum(['month', 'session'])
    }),
    summaryCase(
      'one-group',
      'without a key all entries are one group, also where none matches',
      mixedEntries(60, 91),
      async (sum, backend, log) => {
        await sum([])
        await expectSummary(backend, log, { selection: { user: 'nobody', order: 'asc' } })
        await expectSummary(backend, log, { selection: { user: 'nobody', order: 'asc' }, by: ['user'] })
      },
    ),
    summaryCase(
      'names',
      'users and models are groups by their exact text, however long',
      NAMES.flatMap((name, i) => [
        entryOf({ user: name, costUsd: i }),
        entryOf({ model: name, latencyMs: i }),
      ]),
      async sum => {
        await sum(['user'])
        await sum(['model'])
      },
    ),
    summaryCase(
      'combinations',
      'several keys make a group of each combination that occurs, in the order in which they are named',
      mixedEntries(300, 92),
      async sum => {
        await sum(['user', 'model'])
        await sum(['model', 'user'])
        await sum(['session', 'user', 'step'])
        await sum(['hour', 'model', 'session', 'day'])
      },
    ),
    summaryCase(
      'times',
      'months, days and hours are those of UTC, in any year',
      shuffled(TIMES).map(timestamp => entryOf({ timestamp, costUsd: 1 })),
      async sum => {
        for (const key of TIME_KEYS) await sum([key])
        await sum(['month', 'user'])
        await sum([...TIME_KEYS])
      },
    ),
    summaryCase(
      'span',
      'first and last are the oldest and the newest time of the group, not of the first and the last index',
      shuffled(TIMES).map((timestamp, i) => entryOf({ timestamp, user: i % 2 ? 'a' : 'b' })),
      async sum => {
        await sum([])
        await sum(['user'])
      },
    ),
    summaryCase(
      'exact-sums',
      'costs are added up without rounding',
      COSTS.map((costUsd, i) => entryOf({ costUsd, user: i % 3 ? 'a' : 'b' })),
      async sum => {
        await sum([])
        await sum(['user'])
      },
    ),
    summaryCase(
      'costs-unknown',
      'a cost that is unknown is counted, and is not one of 0',
      [null, 0, 0.5, null, null, 0].map((costUsd, i) => entryOf({ costUsd, user: i < 3 ? 'a' : 'b' })),
      async sum => {
        await sum([])
        await sum(['user'])
      },
    ),
    summaryCase(
      'latencies',
      'latencies fall into the bins of the sketch, those that are unknown into none',
      [null, 0, 1e-9, 1e-6, 0.5, 1, 250, 250, 250.0001, 1e6, 1e15, null].map((latencyMs, i) =>
        entryOf({ latencyMs, user: i % 2 ? 'a' : 'b' }),
      ),
      async sum => {
        await sum([])
        await sum(['user'])
      },
    ),
    summaryCase(
      'tokens',
      'tokens are added up by kind, where the metadata has a positive whole number',
      [...TOKENS, ...TOKEN_KINDS, {}].map(metadata => entryOf({ metadata })),
      async sum => {
        await sum([])
        await sum(['gen_ai.usage.input_tokens'])
      },
    ),
    summaryCase(
      'statuses',
      'each status that is a text is counted as it is, however long',
      [...STATUSES, {}].map(metadata => entryOf({ metadata })),
      async sum => {
        await sum([])
        await sum(['user', 'audit.status'])
      },
    ),
    summaryCase(
      'metadata-values',
      'values of a key of the metadata are one group if they are equal as JSON, and those without it are another',
      METADATA.flatMap(({ stored }) => stored).map((metadata, i) => entryOf({ metadata, costUsd: i })),
      async sum => {
        await sum(['v'])
        await sum(['v', 'a'])
        await sum(['a', 'model', 'v'])
      },
    ),
    summaryCase(
      'metadata-keys',
      'a key of the metadata is taken literally',
      METADATA.flatMap(({ stored }) => stored).map(metadata => entryOf({ metadata })),
      async sum => {
        const keys = ['a.b', '', '"', "'", '$', '$.a', 'a[0]', '0', 'a\0b', '😀', '__proto__', 'constructor']
        for (const key of [...keys, 'toString', 'nobody has it']) await sum([key])
      },
    ),
    summaryCase(
      'filters',
      'only the entries of the selection are summed up, for every combination of filters',
      mixedEntries(240, 93),
      async (_, backend, log) => {
        for (const selection of [...everyFilter(log, 'asc', 3), ...everyFilter(log, 'desc', 4)])
          await expectSummary(backend, log, { selection, by: ['user', 'day'] })
      },
    ),
    summaryCase(
      'size',
      'size sums up the log as it was at that size',
      mixedEntries(40, 94),
      async (_, backend, log) => {
        for (const size of [0, 1, 20, 39, 40, 41, Number.MAX_SAFE_INTEGER])
          for (const by of [[], ['user'], ['session']])
            await expectSummary(backend, log, { selection: { size, order: 'asc' }, by })
      },
    ),
    summaryCase(
      'counts-only',
      'where only counts are wanted, each group has its count',
      mixedEntries(200, 95),
      async (_, backend, log) => {
        for (const by of [[], ['user'], ['model', 'hour'], ['session'], ['step', 'tags']])
          for (const filter of [{}, { user: 'alice' }, { metadata: { session: 'a' } }, { size: 77 }])
            await expectSummary(backend, log, {
              selection: { ...filter, order: 'asc' },
              by,
              countsOnly: true,
            })
      },
    ),
    summaryCase(
      'beyond-a-page',
      'thousands of entries are summed up, and not only a page of them',
      mixedEntries(5000, 96),
      async sum => {
        await sum([])
        await sum(['user', 'model'])
        await sum(['session'])
      },
    ),
    {
      id: 'summarize.moves-on',
      title: 'a summary is not stale after entries are appended',
      needs: ['summarize'],
      async run(place) {
        const backend = await place.open()
        const log = placed(mixedEntries(60, 97))
        for (let size = 0; size < 60; size += 10) {
          await backend.append(leavesOf(log.slice(size, size + 10)))
          for (const by of [['user'], ['session']])
            await expectSummary(backend, log.slice(0, size + 10), { by })
        }
      },
    },
    {
      id: 'summarize.other-instances',
      title: 'what another instance has appended is in a summary at once',
      needs: ['summarize', 'sharing'],
      async run(place) {
        const [backend, other] = [await place.open(), await place.open()]
        const log = placed(mixedEntries(60, 98))
        for (let size = 0; size < 60; size += 20) {
          await other.append(leavesOf(log.slice(size, size + 20)))
          for (const by of [['user'], ['session']])
            await expectSummary(backend, log.slice(0, size + 20), { by })
        }
      },
    },
    {
      id: 'summarize.named-keys',
      title: 'with named keys, groups and filters by them have the same figures',
      needs: ['summarize', 'metadataIndexes'],
      timeoutFactor: 2,
      async run(place) {
        const backend = await place.openIndexed(['session', 'step', 'v', '__proto__', "it's"])
        const odd: readonly JsonObject[] = [
          JSON.parse('{"__proto__":1}'),
          { "it's": 2 },
          { v: 'x'.repeat(100_000) },
          { v: null },
        ]
        const values = METADATA.flatMap(({ stored }) => stored)
        const log = placed([
          ...mixedEntries(200, 99),
          ...[...odd, ...values].map(metadata => entryOf({ metadata })),
        ])
        await backend.append(leavesOf(log))
        for (const by of [
          ['session'],
          ['step', 'user'],
          ['tags', 'session'],
          ['v'],
          ['__proto__', "it's"],
          [],
        ]) {
          for (const filter of [
            {},
            { metadata: { session: 'a' } },
            { user: 'alice', metadata: { step: null } },
          ])
            await expectSummary(backend, log, { selection: { ...filter, order: 'asc' }, by })
        }
      },
    },
  ],
}

type Sum = (by: readonly GroupKey[]) => Promise<void>

/** A case on a log of these entries. `sum` asserts the summary of all of them by some keys. */
function summaryCase(
  id: string,
  title: string,
  entries: readonly EntryFields[],
  check: (sum: Sum, backend: AuditBackend, log: readonly AuditEntry[]) => Promise<void>,
): Case {
  return {
    id: `summarize.${id}`,
    title,
    needs: ['summarize'],
    timeoutFactor: 2,
    run: async (place: Place) => {
      const backend = await place.open()
      const log = placed(entries)
      if (log.length > 0) await backend.append(leavesOf(log))
      await check(by => expectSummary(backend, log, { by }), backend, log)
    },
  }
}

/** The same in an order in which neither the first nor the last stays where it was. */
function shuffled<T>(values: readonly T[]): readonly T[] {
  const half = Math.floor(values.length / 2)
  return [...values.slice(half), ...values.slice(0, half)]
}
