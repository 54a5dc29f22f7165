import { createAnthropic } from '@ai-sdk/anthropic'
import { createCapture, type PricedCall } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { prices } from '@audit/cost'
import { generateText, streamText, wrapLanguageModel } from 'ai'
import { expect, test } from 'vitest'
import { auditMiddleware } from '../src/index.ts'

const usage = {
  input_tokens: 10,
  cache_read_input_tokens: 40,
  cache_creation_input_tokens: 7,
  output_tokens: 20,
  service_tier: 'standard',
}
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5-20250929' }
const thought = { type: 'thinking', thinking: 'It is Paris.', signature: 's' }

const EVENTS = [
  {
    type: 'message_start',
    message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'It is Paris.' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Par' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'is.' } },
  { type: 'content_block_stop', index: 1 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 20 } },
  { type: 'message_stop' },
]

/** What Anthropic answers, whole or streamed. */
const answers: typeof fetch = async (_, init) => {
  if (JSON.parse(String(init?.body)).stream !== true) {
    const content = [thought, { type: 'text', text: 'Paris.' }]
    return Response.json({ ...message, content, stop_reason: 'end_turn', usage })
  }
  const text = EVENTS.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
}

test.each(['whole', 'streamed'])(
  'Anthropic, %s: what was thought stands apart, and cached tokens are counted once',
  async form => {
    const log = new AuditLog()
    const priced: PricedCall[] = []
    const priceOf = prices()
    const capture = createCapture({
      log,
      price: call => {
        priced.push(call)
        return priceOf(call)
      },
    })
    const anthropic = createAnthropic({ apiKey: 'none', fetch: answers })
    const model = wrapLanguageModel({
      model: anthropic('claude-sonnet-4-5'),
      middleware: auditMiddleware(capture),
    })
    const prompt = 'What is the capital of France?'
    const asked = form === 'whole' ? await generateText({ model, prompt }) : streamText({ model, prompt })
    expect(await asked.text).toBe('Paris.')
    const [entry] = await log.query()
    expect(entry).toMatchObject({
      model: message.model,
      outputText: '[thinking: It is Paris.]\nParis.',
      metadata: {
        'gen_ai.provider.name': 'anthropic',
        'gen_ai.response.id': 'msg_1',
        'gen_ai.response.finish_reasons': ['end_turn'],
        'gen_ai.usage.input_tokens': 57,
        'gen_ai.usage.cache_read.input_tokens': 40,
        'gen_ai.usage.cache_write.input_tokens': 7,
        'gen_ai.usage.output_tokens': 20,
      },
    })
    expect(priced[0]?.serviceTier).toBe('standard')
    // $3 a million, a tenth of that from the cache, a quarter more into it, and $15 for what is answered.
    expect(entry?.costUsd).toBeCloseTo((10 * 3 + 40 * 0.3 + 7 * 3.75 + 20 * 15) / 1e6, 10)
  },
)
