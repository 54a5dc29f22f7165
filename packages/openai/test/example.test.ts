import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { ProviderServer } from '@audit/harness'
import { expect, test } from 'vitest'
import { auditOpenAI } from '../src/index.ts'
import { SDKS } from './sdks.ts'

test.each(SDKS)('openai $major: three added lines record a streamed call whole', async ({ create }) => {
  await using provider = await ProviderServer.start()
  const log = new AuditLog()
  const price = () => ({ costUsd: 0.0002, source: 'a list', version: '1', model: 'gpt-4o-mini' })
  const capture = createCapture({ log, price }) // one
  const openai = auditOpenAI(create({ apiKey: 'none', baseURL: provider.scene().url }), capture) // two
  let shown = ''
  await capture.withScope({ user: 'alice', conversation: 'abc123' }, async () => {
    // three
    const stream = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'What is the capital of France?' }],
      stream: true,
      stream_options: { include_usage: true },
    })
    for await (const chunk of stream) shown += chunk.choices[0]?.delta.content ?? ''
  })

  const entries = await log.query({ user: 'alice', metadata: { 'gen_ai.conversation.id': 'abc123' } })
  expect(entries).toHaveLength(1)
  const [entry] = entries
  expect(entry).toMatchObject({
    model: 'gpt-4o-mini',
    inputText: 'What is the capital of France?',
    outputText: shown,
    costUsd: 0.0002,
    metadata: { 'gen_ai.usage.input_tokens': 10, 'gen_ai.usage.output_tokens': 9, 'audit.status': 'ok' },
  })
  expect(entry?.latencyMs).toBeGreaterThan(0)
  const seconds = Number(entry?.metadata['gen_ai.response.time_to_first_chunk'])
  expect(seconds).toBeGreaterThan(0)
  expect(seconds * 1000).toBeLessThanOrEqual(Number(entry?.latencyMs))
  await capture.drain()
})
