import { AuditLog, MemoryBackend, type Query } from '@audit/core'
import { expect, test } from 'vitest'

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
