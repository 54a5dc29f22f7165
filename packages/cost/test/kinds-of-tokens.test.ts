import { type PricedUsage, prices } from '@audit/cost'
import { describe, expect, test } from 'vitest'
import { callTo } from './calls.ts'

const price = prices()

const cost = (provider: string, model: string, usage: PricedUsage) =>
  price(callTo(provider, model, usage))?.costUsd

describe('tokens that were read from a cache or written into one', () => {
  test('cost what the provider says, and are a part of the input', () => {
    const read = { inputTokens: 10_000, outputTokens: 0, cacheReadTokens: 8000 }
    expect(cost('openai', 'gpt-4o', read)).toBe(0.015) // 2,000 at 2.50 and 8,000 at 1.25
    const both = { ...read, cacheWriteTokens: 1000 }
    expect(cost('anthropic', 'claude-sonnet-4-5', both)).toBe(0.00915) // 1,000 at 3, 8,000 at 0.30, 1,000 at 3.75
  })

  test('cost more when they are written for an hour', () => {
    const written = { inputTokens: 1000, outputTokens: 0, cacheWriteTokens: 1000 }
    expect(cost('anthropic', 'claude-sonnet-4-5', { ...written, cacheWrite1hTokens: 0 })).toBe(0.00375)
    expect(cost('anthropic', 'claude-sonnet-4-5', { ...written, cacheWrite1hTokens: 400 })).toBe(0.00465)
    const bedrock = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' // has no price for an hour
    expect(cost('aws', bedrock, { ...written, cacheWrite1hTokens: 400 })).toBeUndefined()
  })

  test('have no price where the provider publishes none, instead of that of the input', () => {
    const usage = { inputTokens: 1000, outputTokens: 0 }
    expect(cost('openai', 'ft:gpt-4o-2024-08-06:acme::x', usage)).toBe(0.00375)
    expect(cost('openai', 'ft:gpt-4o-2024-08-06:acme::x', { ...usage, cacheReadTokens: 1 })).toBeUndefined()
    expect(cost('openai', 'gpt-4o', { ...usage, cacheWriteTokens: 1 })).toBeUndefined()
    expect(cost('openai', 'gpt-4o', { ...usage, cacheReadTokens: 0, cacheWriteTokens: 0 })).toBe(0.0025)
  })

  test('cannot be more than the input', () => {
    const usage = { inputTokens: 1000, outputTokens: 0 }
    expect(cost('openai', 'gpt-4o', { ...usage, cacheReadTokens: 1001 })).toBeUndefined()
    expect(
      cost('anthropic', 'claude-sonnet-4-5', { ...usage, cacheReadTokens: 600, cacheWriteTokens: 500 }),
    ).toBeUndefined()
    expect(
      cost('anthropic', 'claude-sonnet-4-5', { ...usage, cacheWriteTokens: 500, cacheWrite1hTokens: 501 }),
    ).toBeUndefined()
  })
})

describe('audio', () => {
  test('costs what the provider says', () => {
    const usage = { inputTokens: 1000, outputTokens: 500, inputAudioTokens: 900, outputAudioTokens: 400 }
    // 100 at 2.50, 900 at 32, 100 at 10, 400 at 64
    expect(cost('openai', 'gpt-audio', usage)).toBe(0.05565)
    // 100 at 0.30, 900 at 1, 500 at 2.50
    expect(cost('google', 'gemini-2.5-flash', { ...usage, outputAudioTokens: 0 })).toBe(0.00218)
  })

  test('has no price where the provider publishes none, instead of that of text', () => {
    const usage = { inputTokens: 1000, outputTokens: 500 }
    expect(cost('openai', 'gpt-4o-audio-preview', { ...usage, inputAudioTokens: 900 })).toBeUndefined()
    expect(cost('google', 'gemini-2.5-flash', { ...usage, outputAudioTokens: 1 })).toBeUndefined()
  })

  test('is not taken for text where the model may take audio, and nobody says how much it took', () => {
    const usage = { inputTokens: 1000, outputTokens: 500 }
    expect(cost('openai', 'gpt-audio', usage)).toBeUndefined()
    expect(cost('openai', 'gpt-4o-transcribe', usage)).toBeUndefined()
    // The list has the price of its texts, and not that of audio.
    expect(cost('openai', 'gpt-4o-audio-preview', usage)).toBeUndefined()
    expect(
      cost('openai', 'gpt-4o-audio-preview', { ...usage, inputAudioTokens: 0, outputAudioTokens: 0 }),
    ).toBe(0.0075)
    expect(cost('openai', 'gpt-4o-transcribe', { ...usage, inputAudioTokens: 1000 })).toBe(0.011)
    expect(cost('google', 'gemini-2.5-flash', usage)).toBe(0.00155) // a text model by default
  })

  test('that was cached has its own price', () => {
    const usage = { inputTokens: 1000, outputTokens: 0, inputAudioTokens: 1000, cacheReadTokens: 600 }
    expect(cost('google', 'gemini-2.5-flash', usage)).toBeUndefined() // of which kind was the cached part?
    expect(cost('google', 'gemini-2.5-flash', { ...usage, cacheReadAudioTokens: 600 })).toBe(0.00046)
  })
})

describe('images and reasoning', () => {
  test('cost what the rest does where they have no price of their own', () => {
    const usage = { inputTokens: 1000, outputTokens: 500, inputImageTokens: 700, reasoningTokens: 400 }
    expect(cost('openai', 'gpt-5', usage)).toBe(0.00625)
  })

  test('cost more where they have one, and must be stated', () => {
    const usage = { inputTokens: 100, outputTokens: 1290 }
    expect(cost('google', 'gemini-2.5-flash-image', usage)).toBeUndefined()
    expect(cost('google', 'gemini-2.5-flash-image', { ...usage, outputImageTokens: 1290 })).toBe(0.03873)
    expect(cost('openai', 'gpt-image-1', usage)).toBeUndefined()
  })
})

test.each([
  { reasoningTokens: 501 },
  { inputImageTokens: 1001 },
  { outputImageTokens: 501 },
  { cacheReadTokens: 10, cacheReadImageTokens: 11 },
])('a part that is larger than its whole leaves the price unknown: %j', part => {
  const usage = { inputTokens: 1000, outputTokens: 500 }
  expect(cost('openai', 'gpt-5', usage)).toBe(0.00625)
  expect(cost('openai', 'gpt-5', { ...usage, ...part })).toBeUndefined()
})

describe('output', () => {
  test('that never came leaves the price unknown', () => {
    expect(cost('openai', 'gpt-4o', { inputTokens: 1000 })).toBeUndefined()
    expect(cost('openai', 'gpt-4o', { inputTokens: 1000, outputTokens: null })).toBeUndefined()
    expect(cost('openai', 'gpt-4o', { outputTokens: 1000 })).toBeUndefined()
  })

  test('is none for embeddings', () => {
    expect(cost('openai', 'text-embedding-3-small', { inputTokens: 1000 })).toBe(0.00002)
    expect(cost('openai', 'text-embedding-3-small', { inputTokens: 1000, outputTokens: 0 })).toBe(0.00002)
    expect(cost('openai', 'text-embedding-3-small', { inputTokens: 1000, outputTokens: 1 })).toBeUndefined()
  })

  test('that is nothing, of nothing, costs nothing', () => {
    expect(cost('openai', 'gpt-4o', { inputTokens: 0, outputTokens: 0 })).toBe(0)
    expect(cost('openai', 'unknown', { inputTokens: 0, outputTokens: 0 })).toBeUndefined()
  })
})

test('what is billed by the hour or by the page has no price in tokens', () => {
  const usage = { inputTokens: 1000, outputTokens: 500 }
  expect(cost('openai', 'whisper-1', usage)).toBeUndefined()
  expect(cost('mistral', 'mistral-ocr-2512', usage)).toBeUndefined()
})
