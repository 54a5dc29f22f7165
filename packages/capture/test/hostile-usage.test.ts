import { AuditLog } from '@audit/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCapture, type PricedCall, type Usage } from '../src/index.ts'
import { formatAt } from '../src/wire/formats.ts'
import { readEvent } from '../src/wire/server-sent-events.ts'

// Whatever a provider says of tokens, what is taken from it are counts.

/** What a provider may put where a count belongs. */
const figure = fc.oneof(
  fc.constantFrom(-1, -0.5, 1.5, 1e300, 2 ** 53, null, '7', '-7', true, [], {}),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.nat(),
)

const FIGURES = [
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'input_tokens',
  'output_tokens',
  'cached_tokens',
  'prompt_cache_hit_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
]
const DETAILS = [
  'prompt_tokens_details',
  'completion_tokens_details',
  'input_tokens_details',
  'output_tokens_details',
  'cache_creation',
]
const PARTS = [
  'cached_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'audio_tokens',
  'thinking_tokens',
  'ephemeral_1h_input_tokens',
]

const some = (keys: readonly string[], value: fc.Arbitrary<unknown>) =>
  fc.dictionary(fc.constantFrom(...keys), value)
const usages = fc
  .tuple(some(FIGURES, figure), some(DETAILS, fc.oneof(some(PARTS, figure), figure)))
  .map(([figures, details]) => ({ ...figures, ...details }))

const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0
const known = (usage: Usage | undefined) =>
  Object.values(usage ?? {}).filter(count => count !== undefined && !Number.isNaN(count))

const event = (data: unknown) => readEvent(Buffer.from(`data: ${JSON.stringify(data)}\n\n`))

const STREAMS: Readonly<Record<string, (usage: object) => readonly object[]>> = {
  '/chat/completions': usage => [{ choices: [], usage }],
  '/responses': usage => [{ type: 'response.completed', response: { usage } }],
  '/v1/messages': usage => [
    { type: 'message_start', message: { usage } },
    { type: 'message_delta', usage },
  ],
  '/embeddings': () => [],
}

describe.each(Object.entries(STREAMS))('%s', (path, streamOf) => {
  test('only counts are taken from an answer', () => {
    fc.assert(
      fc.property(usages, usage => {
        const [whole, streamed] = [formatAt(path)?.answer(), formatAt(path)?.answer()]
        whole?.whole({ usage })
        for (const data of streamOf(usage)) streamed?.event(event(data))
        for (const answer of [whole, streamed]) expect(known(answer?.sofar().usage).every(isCount)).toBe(true)
      }),
    )
  })
})

test('counts that are not all exact have no sum', () => {
  const answer = formatAt('/v1/messages')?.answer()
  const most = Number.MAX_SAFE_INTEGER
  answer?.whole({ usage: { input_tokens: most, cache_read_input_tokens: most, output_tokens: 1 } })
  expect(answer?.sofar().usage).toMatchObject({ inputTokens: Number.NaN, outputTokens: 1 })
})

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])(
  'an integration that hands on %s tokens has an entry, and prices none',
  async wrong => {
    const log = new AuditLog()
    const priced: PricedCall[] = []
    const capture = createCapture({ log, price: call => (priced.push(call) > 0 ? null : null) })
    const call = capture.begin({ provider: 'acme', operation: 'chat', requestModel: 'a-1', input: 'Hi' })
    await call.end({ status: 'ok', usage: { inputTokens: 3, outputTokens: wrong, cacheReadTokens: wrong } })
    const [entry] = await log.query()
    expect(entry?.metadata).toMatchObject({ 'gen_ai.usage.input_tokens': 3 })
    expect(Object.keys(entry?.metadata ?? {}).filter(key => key.startsWith('gen_ai.usage'))).toHaveLength(1)
    expect(priced).toMatchObject([{ usage: { inputTokens: 3, cacheReadTokens: wrong } }])
  },
)

test.each(['800', 800.5, -800])(
  'a call that read %j tokens from a cache has a count that no price is made of',
  async wrong => {
    const answer = formatAt('/chat/completions')?.answer()
    answer?.whole({
      usage: { prompt_tokens: 1000, completion_tokens: 5, prompt_tokens_details: { cached_tokens: wrong } },
    })
    expect(answer?.sofar().usage).toMatchObject({ inputTokens: 1000, cacheReadTokens: Number.NaN })
  },
)
