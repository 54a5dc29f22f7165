import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk'
import { AnthropicFoundry } from '@anthropic-ai/foundry-sdk'
import { AnthropicVertex } from '@anthropic-ai/vertex-sdk'
import { createCapture } from '@audit/capture'
import { type AuditEntry, AuditLog } from '@audit/core'
import { prices } from '@audit/cost'
import { describe, expect, test } from 'vitest'
import { auditMiddleware } from '../src/index.ts'
import { awsEventStream } from './aws-event-stream.ts'

const MODEL = 'claude-haiku-4-5-20251001'
const ANSWER = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: MODEL,
  content: [{ type: 'text', text: 'Paris.' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 10, output_tokens: 3 },
}
const EVENTS = [
  {
    type: 'message_start',
    message: { ...ANSWER, content: [], usage: { input_tokens: 10, output_tokens: 1 } },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Paris' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '.' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } },
  { type: 'message_stop' },
]

type Options = Pick<ConstructorParameters<typeof AnthropicBedrock>[0] & object, 'fetch' | 'middleware'>

/** What the calls of the platforms have in common. */
type Client = Pick<AnthropicBedrock, 'messages'>

const AWS = { awsRegion: 'us-east-1' }
const BEDROCK_MODEL = `us.anthropic.${MODEL}-v1:0`
const googleLogin = {
  projectId: 'p',
  getRequestHeaders: async () => new Headers({ authorization: 'Bearer t' }),
}

/** The clients of each platform, the model as it is named there, and its provider in an entry. */
const PLATFORMS: readonly (readonly [string, (options: Options) => Client, string, string])[] = [
  [
    'Bedrock, signed',
    options => new AnthropicBedrock({ ...AWS, awsAccessKey: 'a', awsSecretKey: 's', ...options }),
    BEDROCK_MODEL,
    'aws.bedrock',
  ],
  [
    'Bedrock, with a key',
    options => new AnthropicBedrock({ ...AWS, apiKey: 'k', ...options }),
    BEDROCK_MODEL,
    'aws.bedrock',
  ],
  [
    'Vertex AI',
    // As much of a login as the client asks for.
    options => new AnthropicVertex({ region: 'us-east5', authClient: googleLogin as never, ...options }),
    'claude-haiku-4-5@20251001',
    'gcp.vertex_ai',
  ],
  [
    'Foundry',
    options => new AnthropicFoundry({ apiKey: 'k', resource: 'r', ...options }),
    MODEL,
    'azure.ai.inference',
  ],
]

/** Answers as each platform does: these addresses are not reached without their accounts. */
async function answer(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const address = String(input)
  if (address.endsWith('/invoke-with-response-stream'))
    return new Response(awsEventStream(EVENTS), {
      headers: { 'content-type': 'application/vnd.amazon.eventstream' },
    })
  if (!address.endsWith(':streamRawPredict') && JSON.parse(String(init?.body)).stream !== true)
    return Response.json(ANSWER)
  const lines = EVENTS.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  return new Response(lines.join(''), { headers: { 'content-type': 'text/event-stream' } })
}

describe.each(PLATFORMS)('%s', (_, create, model, provider) => {
  const body = { model, max_tokens: 10, messages: [{ role: 'user' as const, content: 'Which capital?' }] }

  test.each<[string, (client: Client) => Promise<unknown>, string, Partial<AuditEntry['metadata']>]>([
    ['an answer', client => client.messages.create(body), 'Paris.', { 'audit.status': 'ok' }],
    [
      'a stream',
      async client => {
        for await (const _ of await client.messages.create({ ...body, stream: true }));
      },
      'Paris.',
      { 'audit.status': 'ok', 'gen_ai.usage.output_tokens': 3 },
    ],
    ['a helper', client => client.messages.stream(body).finalText(), 'Paris.', { 'audit.status': 'ok' }],
    [
      'a reader that leaves',
      async client => {
        for await (const event of await client.messages.create({ ...body, stream: true }))
          if (event.type === 'content_block_delta') break
      },
      'Paris',
      { 'audit.status': 'cancelled' },
    ],
  ])('%s is one entry with its text, model and provider', async (_, ask, outputText, metadata) => {
    const log = new AuditLog()
    const capture = createCapture({ log, price: prices() })
    await ask(create({ fetch: answer, middleware: [auditMiddleware(capture)] }))
    await capture.drain()
    const named = { 'gen_ai.provider.name': provider, 'gen_ai.request.model': model, ...metadata }
    expect(await log.query()).toMatchObject([{ inputText: 'Which capital?', outputText, metadata: named }])
  })

  test('an answer has the price of this platform', async () => {
    const log = new AuditLog()
    const capture = createCapture({ log, price: prices() })
    await create({ fetch: answer, middleware: [auditMiddleware(capture)] }).messages.create(body)
    const [entry] = await log.query()
    expect(entry?.costUsd).toBeCloseTo(model === BEDROCK_MODEL ? 0.0000275 : 0.000025, 10) // a region of Bedrock costs a tenth more
  })
})
