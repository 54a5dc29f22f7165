import { type AuditEntry, AuditLog, MemoryBackend, type Query, type Range } from '@audit/core'
import {
  compareEntries,
  createEntry,
  createLeaf,
  type Leaf,
  matches,
  placeEntry,
  type Selection,
} from '@audit/core/backend'
import { expect, test } from 'vitest'

/** An instant of 2026, some milliseconds from its beginning. */
function instant(ms: number): string {
  return new Date(Date.UTC(2026, 0, 1) + ms).toISOString()
}

async function filled(count: number) {
  const log = new AuditLog()
  const record = (i: number) =>
    log.record({
      model: `m${i % 3}`,
      user: `u${i % 2}`,
      inputText: `${i}`,
      outputText: '',
      metadata: { i, odd: i % 2 === 1 },
    })
  await Promise.all(Array.from({ length: count }, (_, i) => record(i)))
  return log
}

/** Queries what the types forbid, as a JavaScript caller can. */
const untyped = (query: unknown) => query as Query // the point of the test is what the types would refuse

test.each<[string, unknown]>([
  ['an unknown key', { usr: 'alice' }],
  ['undefined', { user: undefined }],
  ['null', null],
  ['a user that is a number', { user: 1 }],
  ['a model that is null', { model: null }],
  ['a time that is none', { since: 'banana' }],
  ['a time in numbers', { until: 0 }],
  ['an unknown order', { order: 'newest' }],
  ['a negative limit', { limit: -1 }],
  ['a fractional limit', { limit: 1.5 }],
  ['a limit in text', { limit: '5' }],
  ['a cursor that is no entry', { after: {} }],
  ['a cursor without index', { after: { timestamp: '2026-01-01' } }],
  ['a cursor without time', { after: { timestamp: 'x', index: 0 } }],
  ['a cursor that is null', { after: null }],
  ['a cursor with a negative index', { after: { timestamp: '2026-01-01', index: -1 } }],
  ['a cursor with a fraction as index', { after: { timestamp: '2026-01-01', index: 0.5 } }],
  ['a limit that is null', { limit: null }],
  ['a limit beyond 2^53', { limit: 2 ** 53 }],
  ['an order that is null', { order: null }],
  ['metadata that is undefined', { metadata: undefined }],
  ['a time that is undefined', { since: undefined }],
  ['metadata that is no JSON', { metadata: { a: undefined } }],
  ['metadata that is no object', { metadata: 'a' }],
])('refuses %s', async (_, query) => {
  const log = await filled(1)
  await expect(log.query(untyped(query))).rejects.toMatchObject({ code: 'AUDIT_INVALID_QUERY' })
  await expect(log.stream(untyped(query)).next()).rejects.toMatchObject({ code: 'AUDIT_INVALID_QUERY' })
})

test.each([{ order: 'asc' }, { limit: 1 }, { after: { timestamp: '2026-01-01', index: 0 } }])(
  'count refuses %o, since it takes the filters alone',
  async query => {
    await expect((await filled(1)).count(untyped(query))).rejects.toMatchObject({
      code: 'AUDIT_INVALID_QUERY',
    })
  },
)

test('get refuses what is no string, and entries what is no place', async () => {
  const log = await filled(1)
  await expect(log.get(untyped(1) as string)).rejects.toMatchObject({ code: 'AUDIT_INVALID_QUERY' })
  for (const range of [{ start: -1 }, { end: 0.5 }, { from: 1 }]) {
    await expect(log.entries(range).next()).rejects.toMatchObject({ code: 'AUDIT_INVALID_QUERY' })
  }
})

test('a result larger than any page is whole and in order, forwards and backwards', async () => {
  const log = await filled(5000)
  expect((await log.query()).map(entry => entry.index)).toEqual(Array.from({ length: 5000 }, (_, i) => i))
  const newest = await log.query({ order: 'desc', limit: 3000 })
  expect(newest.map(entry => entry.index)).toEqual(Array.from({ length: 3000 }, (_, i) => 4999 - i))
})

test('pages by after, joined, are the whole', async () => {
  const log = await filled(100)
  for (const order of ['asc', 'desc'] as const) {
    const whole = await log.query({ user: 'u1', order })
    const joined = await log.query({ user: 'u1', order, limit: 7 })
    for (let last = joined.at(-1); last; ) {
      const page = await log.query({ user: 'u1', order, limit: 7, after: last })
      joined.push(...page)
      last = page.at(-1)
    }
    expect(joined).toEqual(whole)
    expect(whole).toHaveLength(50)
  }
})

test('metadata matches by top-level key and equal JSON value', async () => {
  const log = new AuditLog()
  const metadata = { s: '1', n: 1, t: true, z: null, o: { a: [1, { b: 2 }], c: 'x' } }
  await log.record({ model: 'm', inputText: '', outputText: '', metadata })
  for (const filter of [
    {},
    { n: 1 },
    { s: '1', t: true },
    { z: null },
    { o: { c: 'x', a: [1, { b: 2 }] } },
  ]) {
    expect(await log.count({ metadata: filter })).toBe(1)
  }
  for (const filter of [
    { n: '1' },
    { s: 1 },
    { t: 1 },
    { missing: null },
    { o: { c: 'x' } },
    { o: { c: 'x', a: { 0: 1, 1: { b: 2 } } } },
  ]) {
    expect(await log.count({ metadata: filter })).toBe(0)
  }
})

test.each(['stream', 'entries'] as const)('%s sees the log as it was when it began', async reading => {
  const log = await filled(1500)
  let seen = 0
  for await (const _ of log[reading]()) {
    if (seen++ % 100 === 0) await log.record({ model: 'm', inputText: 'late', outputText: '' })
  }
  expect(seen).toBe(1500)
  expect(await log.count()).toBe(1515)
})

test('a stream may be left early, and goes on from where it is told', async () => {
  const log = await filled(2000)
  for await (const entry of log.stream()) if (entry.index === 5) break
  const rest: number[] = []
  for await (const entry of log.entries({ start: 1990 })) rest.push(entry.index)
  expect(rest).toEqual([1990, 1991, 1992, 1993, 1994, 1995, 1996, 1997, 1998, 1999])
  for await (const entry of log.entries({ start: 5, end: 7 })) rest.push(entry.index)
  expect(rest.slice(-2)).toEqual([5, 6])
})

test('get finds an id however it is spelt', async () => {
  const log = await filled(50)
  const [entry] = await log.query({ limit: 1 })
  expect(await log.get(entry?.entryId ?? '')).toEqual(entry)
  expect(await log.get(entry?.entryId.replaceAll('-', '').toUpperCase() ?? '')).toEqual(entry)
  expect(await log.get('00000000-0000-7000-8000-000000000000')).toBeUndefined()
  expect(await log.get('')).toBeUndefined()
})

test('an entry that the backend has lost ends a reading by place with an error, never early', async () => {
  class Forgetful extends MemoryBackend {
    override async read(start: number, end: number) {
      return (await super.read(start, end)).filter(({ index }) => index !== 70)
    }
  }
  const log = new AuditLog({ backend: new Forgetful() })
  await Promise.all(
    Array.from({ length: 200 }, () => log.record({ model: 'm', inputText: '', outputText: '' })),
  )
  const seen: number[] = []
  const reading = async () => {
    for await (const { index } of log.entries()) seen.push(index)
  }
  await expect(reading()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  expect(seen.every(index => index < 70)).toBe(true)
})

test.each([
  { end: -1 },
  { end: Number.NaN },
  { end: undefined },
  { start: undefined },
  { start: '1' },
  { end: 2 ** 53 },
  null,
])('entries refuses the range %j', async range => {
  const log = await filled(3)
  await expect(log.entries(untyped(range) as Range).next()).rejects.toMatchObject({
    code: 'AUDIT_INVALID_QUERY',
  })
})

test('limit 0 gives none, of all that match', async () => {
  const log = await filled(3)
  expect(await log.query({ limit: 0 })).toEqual([])
  expect(await log.query({ limit: 0, order: 'desc', user: 'u0', metadata: { i: 0 } })).toEqual([])
})

test.each([
  [{ start: 3 }, []],
  [{ start: 4 }, []],
  [{ start: 2, end: 1 }, []],
  [{ start: 1, end: 1 }, []],
  [{ end: 0 }, []],
  [{ start: 1, end: 100 }, [1, 2]],
  [{ end: 2 }, [0, 1]],
])('the range %j of 3 entries holds %j', async (range, expected) => {
  const log = await filled(3)
  const found: number[] = []
  for await (const { index } of log.entries(range)) found.push(index)
  expect(found).toEqual(expected)
})

test('without a limit, an order or a filter, a query gives the oldest first', async () => {
  const log = await filled(3)
  expect((await log.query()).map(({ index }) => index)).toEqual([0, 1, 2])
  expect((await log.query({ limit: 1 })).map(({ index }) => index)).toEqual([0])
})

const entryOf = (fields: Partial<AuditEntry>): AuditEntry => ({
  ...placeEntry(createEntry({ model: 'm', inputText: '', outputText: '', user: 'u' }), 5),
  ...fields,
})

test.each<[string, Partial<Selection>, Partial<AuditEntry>, boolean]>([
  ['the empty user matches the empty user', { user: '' }, { user: '' }, true],
  ['the empty user matches no other', { user: '' }, {}, false],
  ['the empty model matches no other', { model: '' }, {}, false],
  ['a size is exclusive', { size: 5 }, { index: 5 }, false],
  ['below a size', { size: 6 }, { index: 5 }, true],
  ['size 0 holds nothing', { size: 0 }, { index: 0 }, false],
  ['since is inclusive', { since: instant(5) }, { timestamp: instant(5) }, true],
  ['since', { since: instant(5) }, { timestamp: instant(4) }, false],
  ['until is inclusive', { until: instant(5) }, { timestamp: instant(5) }, true],
  ['until', { until: instant(5) }, { timestamp: instant(6) }, false],
  ['since, in another spelling', { since: instant(5) }, { timestamp: '2026-01-01T01:00:00.005+01:00' }, true],
  ['since, in another offset', { since: instant(5) }, { timestamp: '2026-01-01T01:00:00.005Z' }, true],
  ['until, in another offset', { until: instant(5) }, { timestamp: '2025-12-31T23:30:00.006-00:30' }, false],
  [
    'after is exclusive',
    { after: { timestamp: instant(5), index: 5 } },
    { timestamp: instant(5), index: 5 },
    false,
  ],
  [
    'after, by index',
    { after: { timestamp: instant(5), index: 4 } },
    { timestamp: instant(5), index: 5 },
    true,
  ],
  [
    'after, by time',
    { after: { timestamp: instant(4), index: 9 } },
    { timestamp: instant(5), index: 5 },
    true,
  ],
  [
    'after, backwards, is exclusive',
    { order: 'desc', after: { timestamp: instant(5), index: 5 } },
    { timestamp: instant(5), index: 5 },
    false,
  ],
  [
    'after, backwards',
    { order: 'desc', after: { timestamp: instant(5), index: 6 } },
    { timestamp: instant(5), index: 5 },
    true,
  ],
  [
    'an id in another spelling',
    { entryId: '0195a0b0-c0d0-7000-8000-0123456789ab' },
    { entryId: '0195A0B0C0D0700080000123456789AB' },
    true,
  ],
  ['metadata that inherits', { metadata: JSON.parse('{"__proto__":{}}') }, { metadata: {} }, false],
  [
    'metadata that inherits deeply',
    { metadata: { a: JSON.parse('{"__proto__":{}}') } },
    { metadata: { a: { b: {} } } },
    false,
  ],
  ['metadata with more keys', { metadata: { a: { b: 1 } } }, { metadata: { a: { b: 1, c: 2 } } }, false],
  ['metadata with fewer keys', { metadata: { a: { b: 1, c: 2 } } }, { metadata: { a: { b: 1 } } }, false],
  ['metadata with a shorter list', { metadata: { a: [1] } }, { metadata: { a: [1, 2] } }, false],
  [
    'metadata with an empty list for an empty object',
    { metadata: { a: [] } },
    { metadata: { a: {} } },
    false,
  ],
  ['metadata of null for an object', { metadata: { a: null } }, { metadata: { a: {} } }, false],
])('%s', (_, selection, fields, expected) => {
  expect(matches({ order: 'asc', ...selection }, entryOf(fields))).toBe(expected)
})

test('entries are compared by instant, however it is spelt, then by index', () => {
  const [earlier, later] = ['2026-01-01T02:00:00+01:00', '2026-01-01T00:30:00-01:00']
  expect(compareEntries({ timestamp: earlier, index: 9 }, { timestamp: later, index: 1 })).toBeLessThan(0)
  expect(compareEntries({ timestamp: later, index: 1 }, { timestamp: earlier, index: 9 })).toBeGreaterThan(0)
  expect(
    compareEntries({ timestamp: instant(0), index: 1 }, { timestamp: '2026-01-01', index: 2 }),
  ).toBeLessThan(0)
  expect(compareEntries({ timestamp: instant(0), index: 2 }, { timestamp: '2026-01-01', index: 2 })).toBe(0)
})

/** Holds timestamps as another program has spelt them, and notes what it is asked for. */
class Foreign extends MemoryBackend {
  readonly asked: Selection[] = []

  override append(leaves: readonly Leaf[]): Promise<number> {
    const respelt = (timestamp: string) => timestamp.replace('Z', '+00:00')
    return super.append(
      leaves.map(leaf => ({ ...leaf, entry: { ...leaf.entry, timestamp: respelt(leaf.entry.timestamp) } })),
    )
  }

  override find(selection: Selection): Promise<AuditEntry[]> {
    this.asked.push(selection)
    return super.find(selection)
  }
}

test('a backend is asked with canonical times alone, and no index beyond the size', async () => {
  const backend = new Foreign()
  const log = new AuditLog({ backend })
  await Promise.all(
    Array.from({ length: 1500 }, () => log.record({ model: 'm', inputText: '', outputText: '' })),
  )
  const all = await log.query()
  expect(all.map(({ index }) => index)).toEqual(Array.from({ length: 1500 }, (_, i) => i))
  const middle = all[700]
  if (!middle) throw new Error('nothing was recorded')
  expect(middle.timestamp).toContain('+00:00')
  expect((await log.query({ after: middle })).map(({ index }) => index)[0]).toBe(701)
  expect((await log.query({ after: middle, order: 'desc' })).map(({ index }) => index)[0]).toBe(699)
  const cursors = backend.asked.flatMap(({ after }) => (after ? [after.timestamp] : []))
  expect(cursors.length).toBeGreaterThan(4)
  expect(cursors.every(timestamp => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(timestamp))).toBe(true)
})

test('a count with any one filter is that of the filter', async () => {
  const log = await filled(10)
  const [first] = await log.query({ limit: 1 })
  expect(await log.count()).toBe(10)
  expect(await log.count({ user: 'u1' })).toBe(5)
  expect(await log.count({ model: 'm1' })).toBe(3)
  expect(await log.count({ until: '1999-12-31' })).toBe(0)
  expect(await log.count({ since: '1999-12-31' })).toBe(10)
  expect(await log.count({ metadata: { odd: true } })).toBe(5)
  expect(await log.count({ metadata: { i: 3 }, user: 'u0' })).toBe(0)
  const backend = new MemoryBackend()
  await backend.open()
  if (first)
    await backend.append([
      createLeaf(createEntry({ model: 'm', inputText: '', outputText: '' })),
      createLeaf(first),
    ])
  const entryId = first?.entryId ?? ''
  expect(await backend.count({ entryId, order: 'asc' })).toBe(1)
  expect(await backend.find({ entryId, order: 'asc' })).toMatchObject([{ index: 1 }])
})
