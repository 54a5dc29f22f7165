import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { prices } from '@audit/cost'
import { ProviderServer } from '@audit/harness'
import { expect, test } from 'vitest'
import { addressOf, MODEL } from './observed.ts'
import { SDKS } from './sdks.ts'

test.each(SDKS)('$version: three added lines record a streamed call whole', async ({ create }) => {
  await using provider = await ProviderServer.start()
  const log = new AuditLog()
  const capture = createCapture({ log, price: prices() }) // one
  const anthropic = create({ baseURL: addressOf(provider.scene()) }, capture) // two
  let shown = ''
  await capture.withScope({ user: 'alice', conversation: 'abc123' }, async () => {
    // three
    const stream = await anthropic.messages.create({
      model: MODEL,
      max_tokens: 100,
      messages: [{ role: 'user', content: 'What is the capital of France?' }],
      stream: true,
    })
    for await (const event of stream) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') shown += event.delta.text
    }
  })

  const entries = await log.query({ user: 'alice', metadata: { 'gen_ai.conversation.id': 'abc123' } })
  expect(entries).toHaveLength(1)
  const [entry] = entries
  expect(entry).toMatchObject({
    model: MODEL,
    inputText: 'What is the capital of France?',
    outputText: shown,
    metadata: {
      'audit.status': 'ok',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.response.finish_reasons': ['end_turn'],
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 9,
      'gen_ai.usage.cache_read.input_tokens': 2,
      'gen_ai.usage.cache_write.input_tokens': 2,
      'gen_ai.usage.reasoning.output_tokens': 1,
    },
  })
  // Dollars for a million tokens: 1 in, 0.1 from a cache, 1.25 and 2 into one (for minutes, for an hour), 5 out.
  expect(entry?.costUsd).toBeCloseTo((6 * 1 + 2 * 0.1 + 1 * 1.25 + 1 * 2 + 9 * 5) / 1e6, 12)
  expect(entry?.latencyMs).toBeGreaterThan(0)
  const seconds = Number(entry?.metadata['gen_ai.response.time_to_first_chunk'])
  expect(seconds).toBeGreaterThan(0)
  expect(seconds * 1000).toBeLessThanOrEqual(Number(entry?.latencyMs))
  await capture.drain()
})
