import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CostTracker, type PricedCall, prices } from '@audit/cost'
import { outcomeOf } from '@audit/harness'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { callTo } from './calls.ts'

const price = prices({ rates: { mine: { inputPerMTok: 1, outputPerMTok: 1 } } })

const HOSTILE_COUNTS = [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 1e300, 2 ** 53, '1000', 10n, {}, true]

test.each(HOSTILE_COUNTS)('a count of %s leaves the price unknown', count => {
  for (const model of ['gpt-4o', 'mine']) {
    for (const kind of ['inputTokens', 'outputTokens', 'cacheReadTokens', 'inputAudioTokens']) {
      const usage = { inputTokens: 1000, outputTokens: 500, [kind]: count }
      expect(price(callTo('openai', model, usage as object)), `${model} ${kind}`).toBeNull()
    }
  }
})

test('the largest count has a finite price', () => {
  const usage = { inputTokens: Number.MAX_SAFE_INTEGER, outputTokens: Number.MAX_SAFE_INTEGER }
  expect(price(callTo('openai', 'gpt-4o', usage))?.costUsd).toBeCloseTo(112_589_990_684.26, 1)
})

test.each([undefined, null, {}, [], 'usage', 5])('usage that is %s leaves the price unknown', usage => {
  expect(price({ ...callTo('openai', 'gpt-4o'), usage: usage as object })).toBeNull()
})

test('kinds of tokens that nobody knows are ignored', () => {
  const usage = { inputTokens: 1000, outputTokens: 500, input_tokens: 7, thoughts: Number.NaN }
  expect(price(callTo('openai', 'gpt-4o', usage))?.costUsd).toBe(0.0075)
})

test('no call makes it throw', () => {
  const throwing = new Proxy(callTo('openai', 'gpt-4o'), {
    get: () => {
      throw new Error('hostile')
    },
  })
  const noDate = { ...callTo('openai', 'gpt-4o'), startedAt: new Date(Number.NaN) }
  const noStart = { ...callTo('openai', 'gpt-4o'), startedAt: undefined }
  for (const call of [throwing, noDate, noStart, null, undefined, 1, 'call', {}]) {
    expect(price(call as PricedCall)).toBeNull()
  }
  fc.assert(
    fc.property(fc.anything(), fc.anything(), fc.anything(), (provider, responseModel, usage) => {
      const call = { provider, responseModel, usage, startedAt: new Date() } as PricedCall
      expect(price(call)).toBeNull()
      expect(price({ ...callTo('aws', 'x'), responseModel, usage } as PricedCall)).toBeNull()
    }),
  )
})

test('a price is never negative and never 0 by mistake, whatever the counts', () => {
  const count = fc.option(fc.nat(10_000), { nil: undefined })
  const usages = fc.record({
    inputTokens: count,
    outputTokens: count,
    cacheReadTokens: count,
    cacheWriteTokens: count,
    reasoningTokens: count,
    inputAudioTokens: count,
    outputAudioTokens: count,
  })
  const models = fc.constantFrom('gpt-4o', 'gpt-audio', 'text-embedding-3-small', 'mine', 'unknown')
  fc.assert(
    fc.property(models, usages, (model, usage) => {
      const found = price(callTo('openai', model, usage))
      if (found === null) return
      expect(found.costUsd).toBeGreaterThanOrEqual(0)
      if (found.costUsd === 0) expect((usage.inputTokens ?? 0) + (usage.outputTokens ?? 0)).toBe(0)
    }),
  )
})

const hostileCount = fc.oneof(
  fc.constantFrom<unknown>(...HOSTILE_COUNTS, -1e300, Number.MIN_VALUE, -0, null, undefined),
  fc.double(),
  fc.nat(),
  fc.anything(),
)
const hostileUsage = fc.dictionary(
  fc.constantFrom(
    'inputTokens',
    'outputTokens',
    'cacheReadTokens',
    'cacheWriteTokens',
    'cacheWrite1hTokens',
    'reasoningTokens',
    'inputAudioTokens',
    'cacheReadAudioTokens',
  ),
  hostileCount,
)

test('whatever a provider says of its tokens, sums stay sums', () => {
  const models = fc.constantFrom('gpt-4o', 'gpt-audio', 'mine', 'unknown')
  const calls = fc.array(fc.tuple(models, hostileUsage, hostileCount), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(calls, hostile => {
      const tracker = new CostTracker({ price })
      for (const [model, usage, latencyMs] of hostile) {
        const asCall: object = { ...callTo('openai', model), usage, latencyMs }
        const found = tracker.price(asCall as PricedCall)
        if (found) expect(found.costUsd).toBeGreaterThanOrEqual(0)
        const { inputTokens, outputTokens, ...others } = usage
        tracker.record(model, inputTokens as number, outputTokens as number, latencyMs as number, others)
      }
      const { count, ...sums } = tracker.total()
      expect(count).toBe(2 * hostile.length)
      for (const sum of Object.values(sums)) {
        expect(sum).toBeGreaterThanOrEqual(0)
        expect(sum).toBeLessThan(Number.POSITIVE_INFINITY)
      }
    }),
  )
})

test('nothing is printed, and the process has nothing left to do', async () => {
  const program = fileURLToPath(new URL('price-everything.ts', import.meta.url))
  const child = spawn(process.execPath, ['--no-warnings', program], { stdio: ['ignore', 'pipe', 'pipe'] })
  expect(await outcomeOf(child)).toEqual({ exitCode: 0, signal: null, output: 'done\n', errors: '' })
})
