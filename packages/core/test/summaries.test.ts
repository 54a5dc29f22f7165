import { existsSync, readFileSync } from 'node:fs'
import { AuditLog, type EntryInput, MemoryBackend, type SummaryGroup } from '@audit/core'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { ExactSum } from '../src/summary/exact-sum.ts'
import { LatencySketch, percentiles } from '../src/summary/latency-sketch.ts'
import { Summarizer } from '../src/summary/summarizer.ts'

const DATA = new URL('../../../../shared/data/interactions.jsonl', import.meta.url)

const input = (fields: Partial<EntryInput> = {}): EntryInput => ({
  model: 'm',
  inputText: '',
  outputText: '',
  ...fields,
})

const timed = { timestamp: '2026-11-23T20:28:00.123Z', costUsd: null, latencyMs: null }

async function logOf(inputs: readonly EntryInput[]): Promise<AuditLog> {
  const log = new AuditLog()
  await Promise.all(inputs.map(each => log.record(each)))
  return log
}

test('entries are summed up by group, in the order of the values', async () => {
  const usage = { 'gen_ai.usage.input_tokens': 10, 'gen_ai.usage.output_tokens': 2 }
  const log = await logOf([
    input({ user: 'bob', costUsd: 0.1, latencyMs: 100, metadata: { 'audit.status': 'ok', ...usage } }),
    input({ user: 'alice', costUsd: 0.2, latencyMs: 200, metadata: { 'audit.status': 'ok', ...usage } }),
    input({ user: 'alice', costUsd: 0.1, metadata: { 'audit.status': 'error' } }),
    input({ user: 'alice' }),
  ])
  const [alice, bob, ...others] = await log.summarize({ by: ['user'] })
  expect(others).toEqual([])
  expect(bob).toMatchObject({ user: 'bob', count: 1, costUsd: 0.1, costUnknown: 0 })
  expect(alice).toMatchObject({
    user: 'alice',
    count: 3,
    costUsd: 0.30000000000000004, // the double next to the sum of the two doubles
    costUnknown: 1,
    tokens: { input: 10, output: 2, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
    status: { ok: { count: 1, share: 1 / 3 }, error: { count: 1, share: 1 / 3 } },
  })
  expect(alice?.latencyMs?.max).toBe(200)
  expect(bob?.first).toBe(bob?.last)
})

test('no long text becomes the key of a Map, in which thousands of them would share a bucket', () => {
  const summarizer = new Summarizer(['user', 'topics'])
  const set = vi.spyOn(Map.prototype, 'set')
  for (const end of ['a', 'b', 'a']) {
    const text = 'u'.repeat(20_000) + end
    summarizer.add({ ...timed, user: text, model: 'm', metadata: { topics: [text] } })
  }
  const lengths = set.mock.calls.map(([key]) => String(key).length)
  set.mockRestore()
  expect(lengths.length).toBeGreaterThan(0)
  expect(Math.max(...lengths)).toBeLessThan(1000)
  expect(summarizer.parts().map(({ values, count }) => [String(values[0]).at(-1), count])).toEqual([
    ['a', 2],
    ['b', 1],
  ])
})

test('times are grouped in UTC, and combinations of keys are groups of their own', async () => {
  const log = await logOf([input({ user: 'a' }), input({ user: 'b' }), input({ user: 'b' })])
  const [entry] = await log.query({ limit: 1 })
  const time = entry?.timestamp ?? ''
  const groups = await log.summarize({ by: ['month', 'day', 'hour', 'user'] })
  expect(groups.map(({ month, day, hour, user, count }) => ({ month, day, hour, user, count }))).toEqual(
    [
      { user: 'a', count: 1 },
      { user: 'b', count: 2 },
    ].map(rest => ({
      month: time.slice(0, 7),
      day: time.slice(0, 10),
      hour: `${time.slice(0, 13)}:00Z`,
      ...rest,
    })),
  )
  for (const { hour } of groups) expect(await log.count({ since: hour })).toBe(3)
})

test('a key of the metadata groups by JSON equality; entries without it are a group', async () => {
  const log = await logOf([
    input({ metadata: { k: 1 } }),
    input({ metadata: { k: '1' } }),
    input({ metadata: { k: { b: 1, a: [null] } } }),
    input({ metadata: { k: { a: [null], b: 1 } } }),
    input({ metadata: JSON.parse('{"__proto__": "p", "k": null}') }),
    input(),
  ])
  const groups = await log.summarize({ by: ['k'] })
  expect(groups.map(({ k, count }) => [k, count])).toEqual([
    [undefined, 1],
    ['1', 1],
    [1, 1],
    [null, 1],
    [{ a: [null], b: 1 }, 2],
  ])
  const [, own] = await log.summarize({ by: ['__proto__'] })
  expect(own && Object.getOwnPropertyDescriptor(own, '__proto__')?.value).toBe('p')
})

test('without a key all entries are one group, also where there is none', async () => {
  const log = new AuditLog()
  expect(await log.summarize()).toEqual([
    {
      count: 0,
      costUsd: 0,
      costUnknown: 0,
      tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
      latencyMs: null,
      status: {},
      first: null,
      last: null,
    },
  ])
  expect(await log.summarize({ by: ['user'] })).toEqual([])
})

test('filters and the size choose the entries', async () => {
  const log = await logOf(['a', 'b', 'a', 'a'].map(user => input({ user, costUsd: 1 })))
  expect(await log.summarize({ user: 'a', size: 3 })).toMatchObject([{ count: 2, costUsd: 2 }])
  expect(await log.count({ size: 3 })).toBe(3)
  expect((await log.query({ size: 2, order: 'desc' })).map(({ index }) => index)).toEqual([1, 0])
})

test('what is no key to group by is refused', async () => {
  const log = new AuditLog()
  const invalid = { code: 'AUDIT_INVALID_QUERY' }
  await expect(log.summarize({ by: ['user', 'user'] })).rejects.toMatchObject(invalid)
  await expect(log.summarize({ by: ['count'] })).rejects.toMatchObject(invalid)
  await expect(log.summarize({ by: 'user' as never })).rejects.toMatchObject(invalid)
  await expect(log.summarize({ by: [1] as never })).rejects.toMatchObject(invalid)
  await expect(log.summarize({ limit: 1 } as never)).rejects.toMatchObject(invalid)
  await expect(log.summarize({ size: -1 })).rejects.toMatchObject(invalid)
})

test('distinct values come with the most frequent first, and without the entries that have none', async () => {
  const log = await logOf([
    input({ user: 'b', metadata: { session: 's' } }),
    input({ user: 'a' }),
    input({ user: 'c' }),
    input({ user: 'c' }),
  ])
  expect(await log.distinct('user')).toEqual([
    { value: 'c', count: 2 },
    { value: 'a', count: 1 },
    { value: 'b', count: 1 },
  ])
  expect(await log.distinct('session')).toEqual([{ value: 's', count: 1 }])
  expect(await log.distinct('user', { user: 'a' })).toEqual([{ value: 'a', count: 1 }])
})

test('a key that a figure is called by has distinct values too', async () => {
  const log = await logOf([input({ metadata: { count: 1 } }), input({ metadata: { count: 1 } })])
  expect(await log.distinct('count')).toEqual([{ value: 1, count: 2 }])
  const invalid = { code: 'AUDIT_INVALID_QUERY' }
  await expect(log.distinct('user', { by: ['model'] } as never)).rejects.toMatchObject(invalid)
  await expect(log.distinct(undefined as never)).rejects.toMatchObject(invalid)
  await expect(log.distinct(['user'] as never)).rejects.toMatchObject(invalid)
})

test('tokens are whole numbers that a call can have, and add up in any order', async () => {
  const tokens = [Number.MAX_SAFE_INTEGER, 2 ** 32, 2 ** 32 - 1, 1, -1, 1.5, '7', null, true]
  const log = await logOf(tokens.map(each => input({ metadata: { 'gen_ai.usage.input_tokens': each } })))
  expect((await log.summarize())[0]?.tokens.input).toBe(2 ** 32)
})

test('a value is given as its canonical JSON, whoever recorded it first', async () => {
  const log = await logOf([
    input({ metadata: { k: { b: 1, a: 2 } } }),
    input({ metadata: { k: { a: 2, b: 1 } } }),
  ])
  expect(JSON.stringify(await log.distinct('k'))).toBe('[{"value":{"a":2,"b":1},"count":2}]')
})

test('the months of a summary are filters', async () => {
  const log = await logOf([input()])
  const [{ month } = { month: '' }] = await log.summarize({ by: ['month'] })
  expect(await log.count({ since: month, until: month })).toBe(1)
})

test('an aborted summary rejects with the reason', async () => {
  const log = await logOf([input()])
  const reason = new Error('enough')
  await expect(log.summarize({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('costs add up exactly, in any order and in any parts', () => {
  const amount = fc.double({ min: 0, max: 1e12, noNaN: true })
  fc.assert(
    fc.property(fc.array(amount, { maxLength: 40 }), fc.nat(40), (amounts, cut) => {
      const whole = new ExactSum()
      for (const each of amounts) whole.add(each)
      const parts = [amounts.slice(cut).toReversed(), amounts.slice(0, cut)].map(part => {
        const sum = new ExactSum()
        for (const each of part) sum.add(each)
        return sum
      })
      const merged = new ExactSum()
      for (const part of parts) for (const partial of part.partials) merged.add(partial)
      expect(merged.value).toBe(whole.value)
      expect(whole.value).toBe(exactSum(amounts))
    }),
    { numRuns: 500 },
  )
  const tenths = new ExactSum()
  for (let i = 0; i < 10; i++) tenths.add(0.1)
  expect(tenths.value).toBe(1)
})

/** The sum in whole multiples of 2^-1074, the smallest double, rounded by the conversion of a decimal text. */
function exactSum(amounts: readonly number[]): number {
  const view = new DataView(new ArrayBuffer(8))
  const sum = amounts.reduce((total, amount) => {
    view.setFloat64(0, amount)
    const bits = view.getBigUint64(0)
    const exponent = (bits >> 52n) & 0x7ffn
    const fraction = bits & ((1n << 52n) - 1n)
    return total + (exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n))
  }, 0n)
  return Number(`${(sum * 5n ** 1074n).toString()}e-1074`)
}

test('percentiles are within 1 % of the nearest rank, and parts add up', () => {
  const latency = fc.oneof(fc.double({ min: 0, max: 1e7, noNaN: true }), fc.nat(1000))
  fc.assert(
    fc.property(fc.array(latency, { minLength: 1, maxLength: 300 }), latencies => {
      const [first, second] = [new LatencySketch(), new LatencySketch()]
      latencies.forEach((value, i) => {
        ;(i % 2 === 0 ? first : second).add(value)
      })
      for (const [bin, count] of second.bins) first.addBin(bin, count)
      const sorted = latencies.toSorted((a, b) => a - b)
      const shares = [0, 0.5, 0.95, 0.99, 1]
      percentiles(first.bins, shares).forEach((estimate, i) => {
        const exact = sorted[Math.max(1, Math.ceil((shares[i] ?? 0) * sorted.length)) - 1] ?? 0
        expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(exact * 0.01 + 1e-6)
      })
    }),
    { numRuns: 300 },
  )
})

test('parts that were summed up apart are the same as the whole', async () => {
  const log = await logOf(
    Array.from({ length: 60 }, (_, i) =>
      input({
        user: `u${i % 3}`,
        costUsd: i % 7 ? i / 10 : null,
        latencyMs: i * 1.7,
        metadata: { s: i % 2 },
      }),
    ),
  )
  const entries = await log.query()
  const by = ['user', 's']
  const whole = new Summarizer(by)
  const halves = [new Summarizer(by), new Summarizer(by)]
  for (const entry of entries) {
    whole.add(entry)
    halves[entry.index % 2]?.add(entry)
  }
  const merged = new Summarizer(by)
  for (const half of halves) for (const part of half.parts()) merged.merge(part)
  class Halved extends MemoryBackend {
    override summarize = async () => halves.flatMap(half => half.parts())
  }
  const answered = await new AuditLog({ backend: new Halved() }).summarize({ by })
  expect(answered).toEqual(await log.summarize({ by }))
})

/** A part as a backend may answer it, with something that is wrong. */
function partWith(wrong: object): object {
  const [part] = new Summarizer([]).parts()
  return { ...part, values: ['a'], ...wrong }
}

test('a backend that answers something else than a summary ends the call', async () => {
  for (const answer of [
    undefined,
    [null],
    [{}],
    [{ values: ['a'], count: 'many' }],
    [partWith({ count: -1 })],
    [partWith({ costs: [Number.NaN] })],
    [partWith({ latencies: [1] })],
  ]) {
    class Broken extends MemoryBackend {
      override summarize = async () => answer as never
    }
    const log = new AuditLog({ backend: new Broken() })
    await expect(log.summarize({ by: ['user'] })).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  }
})

test.skipIf(!existsSync(DATA))(
  'real exchanges are summed up as an oracle does it (needs the data beside the checkout)',
  async () => {
    const inputs = readFileSync(DATA, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map((line): EntryInput => {
        const { model, input_text, output_text, user, cost_usd, latency_ms, metadata } = JSON.parse(line)
        return {
          model,
          inputText: input_text,
          outputText: output_text,
          user: user ?? 'anonymous',
          costUsd: cost_usd,
          latencyMs: latency_ms,
          metadata,
        }
      })
    const log = await logOf(inputs)
    const groups: readonly SummaryGroup<'user' | 'model'>[] = await log.summarize({ by: ['user', 'model'] })
    const expected = Map.groupBy(await log.query(), ({ user, model }) => JSON.stringify([user, model]))
    expect(groups.length).toBe(expected.size)
    for (const { user, model, count, costUsd, costUnknown, latencyMs } of groups) {
      const entries = expected.get(JSON.stringify([user, model])) ?? []
      expect(count).toBe(entries.length)
      expect(costUnknown).toBe(entries.filter(entry => entry.costUsd === null).length)
      expect(costUsd).toBeCloseTo(
        entries.reduce((sum, entry) => sum + (entry.costUsd ?? 0), 0),
        9,
      )
      expect(latencyMs?.max ?? null).toBe(
        entries.reduce<number | null>(
          (max, entry) => (entry.latencyMs === null ? max : Math.max(max ?? 0, entry.latencyMs)),
          null,
        ),
      )
    }
  },
)
