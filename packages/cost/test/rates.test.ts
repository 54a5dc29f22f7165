import { type PricedCall, type PricesOptions, prices } from '@audit/cost'
import { describe, expect, test } from 'vitest'
import { callTo } from './calls.ts'

const rates = { inputPerMTok: 1, outputPerMTok: 2 }
const gpt4o = (rest: Partial<PricedCall>) => callTo('openai', 'gpt-4o', undefined, rest)

describe('a service tier or a batch', () => {
  const published = prices()

  test.each([undefined, null, '', 'default', 'standard', 'on_demand', 'STANDARD'])(
    '%s is the standard tier',
    serviceTier => {
      expect(published(gpt4o({ serviceTier }))?.costUsd).toBe(0.0075)
    },
  )

  test.each(['flex', 'priority', 'scale', 'auto', 'batch', 'provisioned', 'new'])(
    '%s has no published price',
    serviceTier => expect(published(gpt4o({ serviceTier }))).toBeNull(),
  )

  test('has the rates that are given for it, and no others', () => {
    const price = prices({
      rates: { 'gpt-4o': { tiers: { Flex: rates }, batch: { inputPerMTok: 0.5, outputPerMTok: 0.5 } } },
    })
    expect(price(gpt4o({}))).toMatchObject({ costUsd: 0.0075, source: '@pydantic/genai-prices' })
    expect(price(gpt4o({ serviceTier: 'flex' }))).toMatchObject({ costUsd: 0.002, source: 'rates' })
    expect(price(gpt4o({ serviceTier: 'priority' }))).toBeNull()
    expect(price(gpt4o({ isBatch: true }))?.costUsd).toBe(0.00075)
    expect(price(gpt4o({ isBatch: true, serviceTier: 'flex' }))?.costUsd).toBe(0.00075)
    expect(price(gpt4o({ serviceTier: 'batch' }))?.costUsd).toBe(0.00075) // as Anthropic says it
  })

  test('does not have the rates of the standard tier', () => {
    const price = prices({ rates: { 'gpt-4o': rates } })
    expect(price(gpt4o({ isBatch: true }))).toBeNull()
    expect(price(gpt4o({ serviceTier: 'flex' }))).toBeNull()
    expect(price(gpt4o({ isBatch: false }))?.costUsd).toBe(0.002)
  })
})

describe('rates', () => {
  test('price models that nobody else knows, and win over published prices', () => {
    const price = prices({ rates: { 'my-model': rates, 'gpt-4o': rates } })
    expect(price(callTo('ollama', 'My-Model'))).toMatchObject({ costUsd: 0.002, model: 'my-model' })
    expect(price(callTo('openai', 'gpt-4o'))?.costUsd).toBe(0.002)
    expect(price(callTo('openai', 'gpt-4o-mini'))?.source).toBe('@pydantic/genai-prices')
  })

  test('are found by the model that answered, then by the one that was asked for, such as a deployment', () => {
    const price = prices({ rates: { 'EU-Chat': rates, 'gpt-4o-2024-08-06': { ...rates, inputPerMTok: 9 } } })
    const call = (responseModel: string | null) =>
      price(callTo('azure.ai.openai', '', undefined, { requestModel: 'eu-chat', responseModel }))?.model
    expect(call('gpt-4.1-2025-04-14')).toBe('EU-Chat')
    expect(call('gpt-4o-2024-08-06')).toBe('gpt-4o-2024-08-06')
    expect(call(null)).toBe('EU-Chat')
  })

  test('are found by a whole ARN, and by the model in it', () => {
    const profile = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc'
    const price = prices({ rates: { [profile]: rates, 'amazon.nova-lite-v1:0': rates } })
    expect(price(callTo('aws.bedrock', profile))?.model).toBe(profile)
    const arn = 'arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-lite-v1:0'
    expect(price(callTo('aws.bedrock', arn))?.model).toBe('amazon.nova-lite-v1:0')
  })

  test('are for each kind of tokens, and one that is missing leaves the price unknown', () => {
    const all = {
      inputPerMTok: 1,
      outputPerMTok: 10,
      cacheReadPerMTok: 100,
      cacheWritePerMTok: 1000,
      cacheWrite1hPerMTok: 10_000,
      inputAudioPerMTok: 100_000,
      outputAudioPerMTok: 1_000_000,
    }
    const usage = {
      inputTokens: 15,
      outputTokens: 7,
      cacheReadTokens: 2,
      cacheWriteTokens: 7,
      cacheWrite1hTokens: 4,
      inputAudioTokens: 5,
      cacheReadAudioTokens: 0,
      outputAudioTokens: 6,
    }
    expect(prices({ rates: { m: all } })(callTo('p', 'm', usage))?.costUsd).toBe(6.543211)
    for (const name of Object.keys(all).slice(1)) {
      const some = { ...all, [name]: undefined } as unknown as typeof all // as JavaScript may pass it
      expect(prices({ rates: { m: some } })(callTo('p', 'm', usage)), name).toBeNull()
    }
  })

  test('of nothing cost nothing, and embeddings need no rate for output', () => {
    const price = prices({ rates: { free: { inputPerMTok: 0, outputPerMTok: 0 }, e: { inputPerMTok: 1 } } })
    expect(price(callTo('ollama', 'free'))?.costUsd).toBe(0)
    expect(price(callTo('ollama', 'free', { inputTokens: 1000 }))).toBeNull()
    expect(price(callTo('ollama', 'e', { inputTokens: 1000 }))?.costUsd).toBe(0.001)
    expect(price(callTo('ollama', 'e'))).toBeNull()
  })

  test('have a version that follows what they are, and not how they are written', () => {
    const version = (given: PricesOptions['rates'] = {}) => prices({ rates: given })(gpt4o({}))?.version
    const first = version({ 'gpt-4o': rates, other: rates })
    expect(first).toMatch(/^sha256:[0-9a-f]{16}$/)
    expect(version({ other: rates, 'gpt-4o': { outputPerMTok: 2, inputPerMTok: 1 } })).toBe(first)
    expect(version({ 'gpt-4o': { ...rates, inputPerMTok: 1.5 }, other: rates })).not.toBe(first)
  })

  test('under the names of Object.prototype are rates like any others', () => {
    const price = prices({ rates: JSON.parse('{ "__proto__": { "inputPerMTok": 1 } }') })
    expect(price(callTo('p', '__proto__', { inputTokens: 1 }))?.costUsd).toBe(0.000001)
    expect(price(callTo('p', 'constructor', { inputTokens: 1 }))).toBeNull()
  })

  test.each([
    { rate: { 'gpt-4o': rates } },
    { rates: null },
    { rates: [] },
    { rates: { m: null } },
    { rates: { m: { outputPerMTok: 1 } } },
    { rates: { m: { input: 1 } } },
    { rates: { m: { inputPerMTok: -1 } } },
    { rates: { m: { inputPerMTok: Number.NaN } } },
    { rates: { m: { inputPerMTok: 1e7 } } },
    { rates: { m: { inputPerMTok: '1' } } },
    { rates: { m: { ...rates, batch: {} } } },
    { rates: { m: { ...rates, tiers: { flex: 1 } } } },
    { rates: { m: { ...rates, tiers: 'flex' } } },
    { rates: { m: { tiers: { standard: rates } } } },
    { rates: { m: { tiers: { batch: rates } } } },
    { rates: { m: rates, M: rates } },
    null,
  ])('of another form are refused: %j', options => {
    expect(() => prices(options as PricesOptions)).toThrow(
      expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }),
    )
  })
})
