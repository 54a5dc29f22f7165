import { MemoryBackend } from '@audit/core'
import {
  type AuditEntry,
  createEntry,
  createLeaf,
  EntryIndex,
  type JsonValue,
  matches,
  placeEntry,
  Summarizer,
  type SummaryPart,
  type SummaryRequest,
} from '@audit/core/backend'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const timestampOf = (ms: number) => new Date(Date.UTC(2025, 11, 31, 22) + ms).toISOString()
const LONG = 'x'.repeat(20_000)

const amount = fc.oneof(
  fc.constant(null),
  fc.constant(0),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const latency = fc.oneof(fc.constant(null), fc.double({ min: 0, max: 1e9, noNaN: true }))
const tokens = fc.constantFrom<JsonValue>(1, 7, 2 ** 32 - 1, 2 ** 32, 2 ** 52, -1, 1.5, '3', null)
const status = fc.constantFrom<JsonValue>('ok', 'error', '', '__proto__', LONG, 1, null)
const metadata = fc.record(
  {
    'gen_ai.usage.input_tokens': tokens,
    'gen_ai.usage.reasoning.output_tokens': tokens,
    'audit.status': status,
    k: fc.constantFrom<JsonValue>(
      'a',
      1,
      '1',
      null,
      { b: [1], a: 2 },
      { a: 2, b: [1] },
      `${LONG}1`,
      `${LONG}2`,
    ),
    other: fc.nat(2),
  },
  { requiredKeys: [] },
)
const entries = fc
  .array(
    fc.record({
      user: fc.constantFrom('', 'alice', LONG),
      model: fc.constantFrom('a', 'b'),
      costUsd: amount,
      latencyMs: latency,
      metadata,
      step: fc.integer({ min: -3_600_000, max: 40_000_000 }),
    }),
    { maxLength: 40 },
  )
  .map(list => {
    let ms = 0
    return list.map(({ step, costUsd, latencyMs, ...input }, index) => {
      ms += step
      const entry = createEntry({ inputText: '', outputText: '', ...input })
      // A line of another writer may have a cost below 0.
      return placeEntry({ ...entry, costUsd, latencyMs, timestamp: timestampOf(ms) }, index)
    })
  })
const request: fc.Arbitrary<SummaryRequest> = fc.record({
  selection: fc.record(
    {
      order: fc.constant('asc' as const),
      user: fc.constantFrom('alice', LONG, 'nobody'),
      since: fc.nat(100_000_000).map(timestampOf),
      metadata: fc.constantFrom({ k: 'a' }, { k: { a: 2, b: [1] } }, { k: `${LONG}1` }),
      size: fc.nat(40),
    },
    { requiredKeys: ['order'] },
  ),
  by: fc.uniqueArray(fc.constantFrom('user', 'model', 'month', 'day', 'hour', 'k'), { maxLength: 3 }),
  countsOnly: fc.boolean(),
})

function summaryOf(all: readonly AuditEntry[], request: SummaryRequest) {
  const index = new EntryIndex({ metadataIndexes: ['k'] })
  for (const entry of all) index.add(entry)
  const loaded: number[] = []
  const summary = index.summary(request, at => {
    loaded.push(at)
    const entry = all[at]
    if (!entry) throw new Error('there is no such entry')
    return entry
  })
  while (summary?.advance());
  return { parts: summary?.parts(), loaded }
}

/** In one order, and with costs added up: `add` of two halves may leave other numbers with the same sum. */
function comparable(parts: readonly SummaryPart[] | undefined, countsOnly: boolean) {
  return parts
    ?.map(({ values, count, latencies, statuses, ...figures }) => {
      const group = {
        values: JSON.stringify(values.map(value => (value === undefined ? [] : [value]))),
        count,
      }
      const sorted = { latencies: latencies.toSorted(([a], [b]) => a - b), statuses: statuses.toSorted() }
      return countsOnly ? group : { ...group, ...figures, ...sorted }
    })
    .sort((a, b) => (a.values < b.values ? -1 : 1))
}

function expected(all: readonly AuditEntry[], { selection, by }: SummaryRequest) {
  const summarizer = new Summarizer(by)
  // In the order of time, as an index does: the numbers that make up a sum depend on it, though the sum does not.
  const found = all.filter(entry => matches(selection, entry))
  found.sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp) || a.index - b.index)
  for (const entry of found) summarizer.add(entry)
  return summarizer.parts()
}

test('the figures of an index are those of the entries, bit by bit', () => {
  fc.assert(
    fc.property(entries, request, (all, request) => {
      const canonical = (parts: readonly SummaryPart[] | undefined) =>
        comparable(
          parts?.map(part => ({ ...part, values: part.values.map(sortedKeys) })),
          request.countsOnly,
        )
      expect(canonical(summaryOf(all, request).parts)).toEqual(canonical(expected(all, request)))
    }),
    { numRuns: 500 },
  )
})

test('entries are read only for figures and values that are too long to be held', () => {
  const entryOf = (index: number, metadata: Record<string, JsonValue>) =>
    placeEntry(createEntry({ model: 'm', inputText: '', outputText: '', user: 'u', metadata }), index)
  const all = [
    entryOf(0, { 'audit.status': 'ok', 'gen_ai.usage.input_tokens': 2 ** 32 - 1, k: 1 }),
    entryOf(1, { 'audit.status': LONG }),
    entryOf(2, { 'gen_ai.usage.input_tokens': 2 ** 32 }),
    entryOf(3, { k: LONG }),
    entryOf(4, { k: LONG }),
  ]
  const selection = { order: 'asc' } as const
  expect(summaryOf(all, { selection, by: ['user'], countsOnly: false }).loaded).toEqual([1])
  expect(summaryOf(all, { selection, by: ['user'], countsOnly: true }).loaded).toEqual([])
  expect(summaryOf(all, { selection, by: ['k'], countsOnly: true }).loaded).toEqual([3])
})

test('a summary by a key that is not named, or of one entry, is left to the reader of entries', () => {
  const index = new EntryIndex({ metadataIndexes: ['k'] })
  const load = () => {
    throw new Error('there is none')
  }
  const selection = { order: 'asc' } as const
  expect(index.summary({ selection, by: ['other'], countsOnly: true }, load)).toBeUndefined()
  const other = { ...selection, metadata: { other: 1 } }
  expect(index.summary({ selection: other, by: ['k'], countsOnly: true }, load)).toBeUndefined()
  const one = { ...selection, entryId: 'id' }
  expect(index.summary({ selection: one, by: [], countsOnly: true }, load)).toBeUndefined()
  expect(index.summary({ selection, by: ['k'], countsOnly: true }, load)).toBeDefined()
})

test.each(['user', 'other'])('a long summary by %s lets other calls have their turn', async key => {
  const backend = new MemoryBackend()
  await backend.open()
  const entry = createEntry({ model: 'm', inputText: '', outputText: '', metadata: { other: 1 } })
  await backend.append(new Array(40_000).fill(createLeaf(entry)))
  await backend.count({ order: 'asc', user: 'u' }) // makes the index
  const answers: string[] = []
  const summary = backend.summarize({ selection: { order: 'asc' }, by: [key], countsOnly: false })
  await Promise.all([
    summary.then(([part]) => answers.push(`summary of ${part?.count}`)),
    new Promise<void>(resolve => setImmediate(resolve))
      .then(() => backend.append([createLeaf(entry)]))
      .then(() => backend.count({ order: 'asc', model: 'm' }))
      .then(count => answers.push(`count ${count}`)),
  ])
  expect(answers).toEqual(['count 40001', 'summary of 40000'])
})

function sortedKeys(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
