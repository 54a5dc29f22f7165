import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { prices } from '@audit/cost'
import { ProviderServer } from '@audit/harness'
import { ChatOpenAI } from '@langchain/openai'
import { expect, test } from 'vitest'
import { auditModel } from '../src/index.ts'

test('three added lines record a streamed call whole', async () => {
  await using provider = await ProviderServer.start()
  const log = new AuditLog()
  const configuration = { baseURL: provider.scene().url }
  const capture = createCapture({ log, price: prices() }) // one
  const bare = new ChatOpenAI({ model: 'gpt-4o-mini', apiKey: 'none', configuration })
  const model = auditModel(bare, capture, { provider: 'openai' }) // two
  let shown = ''
  await capture.withScope({ user: 'alice', conversation: 'abc123' }, async () => {
    // three
    for await (const chunk of await model.stream('What is the capital of France?')) shown += chunk.text
  })

  const entries = await log.query({ user: 'alice', metadata: { 'gen_ai.conversation.id': 'abc123' } })
  expect(entries).toHaveLength(1)
  const [entry] = entries
  expect(entry).toMatchObject({
    model: 'gpt-4o-mini',
    inputText: 'What is the capital of France?',
    outputText: shown,
    metadata: { 'gen_ai.usage.input_tokens': 10, 'gen_ai.usage.output_tokens': 9, 'audit.status': 'ok' },
  })
  expect(entry?.costUsd).toBeGreaterThan(0)
  expect(entry?.latencyMs).toBeGreaterThan(0)
  const seconds = Number(entry?.metadata['gen_ai.response.time_to_first_chunk'])
  expect(seconds).toBeGreaterThan(0)
  expect(seconds * 1000).toBeLessThanOrEqual(Number(entry?.latencyMs))
  await capture.drain()
})
