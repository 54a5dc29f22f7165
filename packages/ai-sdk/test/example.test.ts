import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { prices } from '@audit/cost'
import { ProviderServer } from '@audit/harness'
import { expect, test } from 'vitest'
import { auditMiddleware } from '../src/index.ts'
import { SDKS } from './sdks.ts'

test.each(SDKS)('ai $major: three added lines record a streamed call whole', async ({ ai, openai }) => {
  await using provider = await ProviderServer.start()
  const log = new AuditLog()
  const { streamText, wrapLanguageModel } = ai
  const bare = openai({ baseURL: provider.scene().url }).chat('gpt-4o-mini')

  const capture = createCapture({ log, price: prices() }) // one
  const middleware = auditMiddleware(capture, { provider: 'openai' })
  const model = wrapLanguageModel({ model: bare, middleware }) // two
  let shown = ''
  await capture.withScope({ user: 'alice', conversation: 'abc123' }, async () => {
    // three
    const { textStream } = streamText({ model, prompt: 'What is the capital of France?' })
    for await (const text of textStream) shown += text
  })

  const entries = await log.query({ user: 'alice', metadata: { 'gen_ai.conversation.id': 'abc123' } })
  expect(entries).toHaveLength(1)
  const [entry] = entries
  expect(entry).toMatchObject({
    model: 'gpt-4o-mini',
    inputText: 'What is the capital of France?',
    outputText: shown,
    metadata: {
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.cache_read.input_tokens': 2,
      'gen_ai.usage.output_tokens': 9,
      'audit.status': 'ok',
    },
  })
  // 8 tokens at $0.15, 2 from the cache at half of that, 9 at $0.60, each for a million.
  expect(entry?.costUsd).toBeCloseTo((8 * 0.15 + 2 * 0.075 + 9 * 0.6) / 1e6, 10)
  expect(entry?.latencyMs).toBeGreaterThan(0)
  const seconds = Number(entry?.metadata['gen_ai.response.time_to_first_chunk'])
  expect(seconds).toBeGreaterThan(0)
  expect(seconds * 1000).toBeLessThanOrEqual(Number(entry?.latencyMs))
  await capture.drain()
})
