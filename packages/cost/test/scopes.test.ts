import { EventEmitter, once } from 'node:events'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { CostTracker, prices } from '@audit/cost'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { callTo } from './calls.ts'

test('the example: a call that is recorded in a scope', () => {
  const tracker = new CostTracker()
  const recorded = tracker.scope('qa', () => tracker.record('gpt-4o', 1000, 500, 200))
  expect(recorded).toEqual({ costUsd: 0.0075 })
  const figures = {
    count: 1,
    costUsd: 0.0075,
    costUnknown: 0,
    inputTokens: 1000,
    outputTokens: 500,
    latencyMs: 200,
  }
  const models = { 'gpt-4o': figures }
  expect(tracker.summary()).toEqual({
    ...figures,
    models,
    scopes: { qa: { ...figures, models, scopes: {} } },
  })
})

describe('a scope', () => {
  test('returns what its function returns, and throws what it throws', async () => {
    const tracker = new CostTracker()
    const value = {}
    expect(tracker.scope('a', () => value)).toBe(value)
    const promise = Promise.resolve(value)
    expect(tracker.scope('a', () => promise)).toBe(promise)
    const error = new Error('mine')
    expect(() =>
      tracker.scope('a', () => {
        throw error
      }),
    ).toThrow(error)
    await expect(tracker.scope('a', () => Promise.reject(error))).rejects.toBe(error)
    tracker.record('gpt-4o', 1, 1)
    expect(tracker.total('a').count).toBe(0) // it ended with its function, also when that threw
  })

  test('holds across await, timers, immediates and what is started in it and not awaited', async () => {
    const tracker = new CostTracker()
    const late: Promise<unknown>[] = []
    await tracker.scope('a', async () => {
      tracker.record('gpt-4o', 1, 0)
      await setTimeout(1)
      tracker.record('gpt-4o', 1, 0)
      await setImmediate()
      tracker.record('gpt-4o', 1, 0)
      process.nextTick(() => tracker.record('gpt-4o', 1, 0))
      late.push(setTimeout(5).then(() => tracker.record('gpt-4o', 1, 0)))
    })
    tracker.record('gpt-4o', 1, 0) // outside
    await Promise.all(late)
    expect(tracker.total('a').count).toBe(5)
    expect(tracker.total().count).toBe(6)
  })

  test('is that of the caller in a stream of events, wherever those come from', async () => {
    const tracker = new CostTracker()
    const emitter = new EventEmitter()
    const waiting = tracker.scope('a', async () => {
      await once(emitter, 'answer')
      tracker.record('gpt-4o', 1, 0)
    })
    tracker.scope('b', () => emitter.emit('answer'))
    await waiting
    expect(tracker.total('a').count).toBe(1)
    expect(tracker.total('b').count).toBe(0)
  })

  test('keeps its calls apart from those of a hundred others in parallel', async () => {
    const tracker = new CostTracker()
    const names = Array.from({ length: 100 }, (_, i) => `scope ${i}`)
    await Promise.all(
      names.map((name, i) =>
        tracker.scope(name, async () => {
          for (let round = 0; round <= i % 5; round += 1) {
            tracker.record('gpt-4o', i, 1)
            await (round % 2 ? setImmediate() : setTimeout((i * 7) % 3))
          }
        }),
      ),
    )
    for (const [i, name] of names.entries()) {
      const count = (i % 5) + 1
      expect(tracker.total(name), name).toMatchObject({ count, inputTokens: i * count, outputTokens: count })
    }
    expect(tracker.total().count).toBe(300)
  })

  test('is another one in each tracker', () => {
    const [one, other] = [new CostTracker(), new CostTracker()]
    one.scope('a', () => other.scope('b', () => [one.record('gpt-4o', 1, 1), other.record('gpt-4o', 1, 1)]))
    expect(Object.keys(one.summary().scopes)).toEqual(['a'])
    expect(Object.keys(other.summary().scopes)).toEqual(['b'])
  })
})

describe('scopes inside scopes', () => {
  test('count for those around them too', async () => {
    const tracker = new CostTracker()
    await tracker.scope('chat', async () => {
      tracker.record('gpt-4o', 1, 0)
      await Promise.all([
        tracker.scope('search', async () => tracker.record('gpt-4o', 10, 0)),
        tracker.scope('answer', async () => {
          await setTimeout(1)
          tracker.scope('search', () => tracker.record('gpt-4o-mini', 100, 0))
        }),
      ])
      tracker.record('gpt-4o', 1000, 0)
    })
    const { scopes, inputTokens } = tracker.summary()
    expect(inputTokens).toBe(1111)
    expect(scopes.chat?.inputTokens).toBe(1111)
    expect(scopes.chat?.scopes.search?.inputTokens).toBe(10)
    expect(scopes.chat?.scopes.answer?.inputTokens).toBe(100)
    expect(scopes.chat?.scopes.answer?.scopes.search?.models).toMatchObject({ 'gpt-4o-mini': { count: 1 } })
    expect(tracker.total('search').inputTokens).toBe(110) // wherever it stands
  })

  test('of one name count once', () => {
    const tracker = new CostTracker()
    tracker.scope('a', () =>
      tracker.scope('b', () => tracker.scope('a', () => tracker.record('gpt-4o', 1, 0))),
    )
    expect(tracker.total('a').count).toBe(1)
    expect(tracker.total().count).toBe(1)
  })
})

describe('a summary', () => {
  test('says for how many calls the cost is unknown, and adds up the others', () => {
    const tracker = new CostTracker()
    expect(tracker.record('gpt-4o', 1000, 500)).toEqual({ costUsd: 0.0075 })
    expect(tracker.record('unheard-of', 1000, 500, 30)).toEqual({ costUsd: null })
    const summary = tracker.summary()
    expect(summary).toMatchObject({ count: 2, costUsd: 0.0075, costUnknown: 1, latencyMs: 30 })
    expect(summary.models['unheard-of']).toMatchObject({ count: 1, costUsd: 0, costUnknown: 1 })
  })

  test('is exact, where a sum of doubles drifts', () => {
    const tracker = new CostTracker()
    for (let i = 0; i < 1000; i += 1) tracker.record('gpt-4o', 40, 0) // 0.0001 dollars
    expect(tracker.total().costUsd).toBe(0.1)
  })

  test('is the exact sum of its calls, whatever they are', () => {
    const call = fc.record({
      tokens: fc.nat(100_000),
      latencyMs: fc.nat(10_000),
      name: fc.constantFrom('a', 'b'),
    })
    fc.assert(
      fc.property(fc.array(call), calls => {
        const tracker = new CostTracker()
        for (const { tokens, latencyMs, name } of calls) {
          tracker.scope(name, () => tracker.record('gpt-4o', tokens, 0, latencyMs))
        }
        for (const name of ['a', 'b', undefined]) {
          const own = calls.filter(one => name === undefined || one.name === name)
          const inputTokens = own.reduce((sum, { tokens }) => sum + tokens, 0)
          expect(tracker.total(name)).toEqual({
            count: own.length,
            costUsd: (inputTokens * 25) / 10_000_000, // one rounding
            costUnknown: 0,
            inputTokens,
            outputTokens: 0,
            latencyMs: own.reduce((sum, one) => sum + one.latencyMs, 0),
          })
        }
      }),
    )
  })

  test('stays as it was when more is recorded', () => {
    const tracker = new CostTracker()
    const before = tracker.summary()
    tracker.record('gpt-4o', 1, 0)
    expect(before.count).toBe(0)
    expect(tracker.summary().count).toBe(1)
  })

  test('takes any names', () => {
    const tracker = new CostTracker()
    for (const name of ['__proto__', 'constructor', ' ', 'a/b']) {
      tracker.scope(name, () => tracker.record('__proto__', 1, 1))
      expect(Object.keys(tracker.summary().scopes)).toContain(name)
      expect(tracker.total(name).count).toBe(1)
    }
    expect(Object.keys(tracker.summary().models)).toEqual(['__proto__'])
  })
})

describe('record', () => {
  test.each([
    ['gpt-4o', 0.0075],
    ['ft:gpt-4o-2024-08-06:acme::x', 0.01125],
    ['claude-sonnet-4-5-20250929', 0.0105],
    ['gemini-2.5-flash', 0.00155],
    ['mistral-large-2512', 0.00125],
    ['eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 0.01155],
    ['arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0', 0.00018],
    ['unheard-of', null],
  ])('prices %s at the provider that it is usually called at', (model, costUsd) => {
    expect(new CostTracker().record(model, 1000, 500, 1)).toEqual({ costUsd })
  })

  test('takes what else the price depends on', () => {
    const tracker = new CostTracker()
    const record = (model: string, details: Parameters<CostTracker['record']>[4]) =>
      tracker.record(model, 1000, 0, 1, details).costUsd
    expect(record('gpt-4o', { cacheReadTokens: 1000 })).toBe(0.00125)
    expect(record('gpt-4o', { provider: 'my-proxy' })).toBeNull()
    expect(record('gpt-4o', { serviceTier: 'flex' })).toBeNull()
    expect(record('gpt-4o', { isBatch: true })).toBeNull()
    expect(record('o3', { startedAt: new Date('2025-06-01') })).toBe(0.01)
  })

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, 0.5, 1e300, undefined, null, '1000'])(
    'counts a call with %s tokens, whose cost is unknown',
    tokens => {
      const tracker = new CostTracker({ budgets: { a: 0 } })
      const count = tokens as number // as JavaScript may pass it
      tracker.scope('a', () => {
        expect(tracker.record('gpt-4o', count, 500, count)).toEqual({ costUsd: null })
        expect(tracker.record('gpt-4o', 1000, count, Number.NaN)).toEqual({ costUsd: null })
      })
      const { latencyMs, ...figures } = tracker.total('a')
      expect(figures).toEqual({ count: 2, costUsd: 0, costUnknown: 2, inputTokens: 1000, outputTokens: 500 })
      expect(Number.isFinite(latencyMs)).toBe(true)
    },
  )

  test('stays exact beside the largest counts', () => {
    const tracker = new CostTracker()
    tracker.record('gpt-4o', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    tracker.record('gpt-4o', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    expect(tracker.total().costUsd).toBeCloseTo(2 * 112_589_990_684.26, 1)
  })

  test('prices by the function that is given, and survives it', () => {
    const rates = { 'my-model': { inputPerMTok: 1, outputPerMTok: 1 } }
    expect(new CostTracker({ price: prices({ rates }) }).record('my-model', 1, 1).costUsd).toBe(0.000002)
    const answers = [Number.NaN, -1, Number.POSITIVE_INFINITY, '1', undefined]
    for (const costUsd of answers) {
      const price = () => ({ costUsd: costUsd as number, source: 's', version: 'v', model: 'm' })
      expect(new CostTracker({ price }).record('gpt-4o', 1, 1)).toEqual({ costUsd: null })
    }
    const price = () => {
      throw new Error('mine')
    }
    expect(new CostTracker({ price }).record('gpt-4o', 1, 1)).toEqual({ costUsd: null })
  })
})

test('a capture reports to a tracker by its price function', async () => {
  const tracker = new CostTracker({ budgets: { a: 0 } })
  const { price } = tracker // as an option takes it
  await tracker.scope('a', async () => {
    await setTimeout(1)
    expect(price(callTo('openai', 'gpt-4o'))).toMatchObject({ costUsd: 0.0075, model: 'gpt-4o' })
    expect(price(callTo('openai', 'unheard-of'))).toBeNull()
  })
  expect(tracker.total('a')).toMatchObject({ count: 2, costUsd: 0.0075, costUnknown: 1 })
})

test.each([
  () => new CostTracker({ budget: {} } as object),
  () => new CostTracker({ price: 1 } as object),
  () => new CostTracker().scope('', () => 1),
  () => new CostTracker().scope('qa', undefined as never),
  () => new CostTracker().scope(1 as never, () => 1),
])('what cannot be meant is refused: %s', misuse => {
  expect(misuse).toThrow(expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }))
})
