import { describe, expect, test } from 'vitest'
import { messages } from '../src/wire/messages.ts'
import { readEvent } from '../src/wire/server-sent-events.ts'

type Json = Record<string, unknown>

function streamed(...events: readonly Json[]) {
  const answer = messages.answer()
  const ends = events.map(data =>
    answer.event(readEvent(Buffer.from(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`))),
  )
  return { ...answer.sofar(), ends: ends.indexOf(true) }
}

function whole(body: Json) {
  const answer = messages.answer()
  answer.whole(body)
  return answer.sofar()
}

const asked = (body: Json) => messages.question(body)
const said = (content: unknown) => asked({ messages: [{ role: 'user', content }] }).input
const base64 = (text: string) => Buffer.from(text).toString('base64')

const start = (message: Json = {}) => ({
  type: 'message_start',
  message: { id: 'msg_1', model: 'm-1', ...message },
})
const block = (index: number, content_block: Json) => ({ type: 'content_block_start', index, content_block })
const delta = (index: number, delta: Json) => ({ type: 'content_block_delta', index, delta })
const finish = (usage: Json, more: Json = { stop_reason: 'end_turn' }) => ({
  type: 'message_delta',
  delta: more,
  usage,
})
const stop = { type: 'message_stop' }

describe('a request', () => {
  test('has the system prompt first, and roles on lines of their own', () => {
    const system = [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }]
    expect(
      asked({
        model: 'm',
        system,
        messages: [
          { role: 'user', content: 'Weather?' },
          {
            role: 'assistant',
            content: [{ type: 'tool_use', id: 't', name: 'weather', input: { city: 'Paris' } }],
          },
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'sun' }] }],
          },
        ],
      }),
    ).toMatchObject({
      requestModel: 'm',
      input: 'system:\nBe brief.\n\nuser:\nWeather?\n\nassistant:\nweather({"city":"Paris"})\n\ntool:\nsun',
      inputMessages: [{ role: 'system', content: system }, {}, {}, {}],
    })
  })

  test('of a thread names the message before it, and does not pass the result of a tool for the user', () => {
    const result = { type: 'tool_result', tool_use_id: 't', content: 'Paris sunny' }
    const thread = { type: 'continue', previous_message_id: 'msg_1' }
    const said = (content: object[]) => asked({ model: 'm', thread, messages: [{ role: 'user', content }] })
    expect(said([result])).toMatchObject({ input: 'tool:\nParis sunny', previous: 'msg_1' })
    expect(said([result, { type: 'text', text: 'And Rome?' }])).toMatchObject({
      input: 'tool:\nParis sunny\n\nuser:\nAnd Rome?',
    })
  })

  test.each([
    [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: base64('picture') } },
      /^\[image\/png, 7 bytes, sha256:[0-9a-f]{64}\]$/,
    ],
    [
      { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
      /^\[image, https:\/\/x\.test\/a\.png\]$/,
    ],
    [{ type: 'image', source: { type: 'file', file_id: 'file_1' } }, /^\[image, file_1\]$/],
    [{ type: 'image' }, /^\[image, no source\]$/],
    [
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: base64('%PDF') } },
      /^\[application\/pdf, 4 bytes, sha256:/,
    ],
    [
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'plain' } },
      /^\[text\/plain, 5 bytes, sha256:/,
    ],
    [{ type: 'document', source: { type: 'content', content: 'chapter one' } }, /^chapter one$/],
    [
      {
        type: 'search_result',
        source: 'https://x.test',
        title: 'X',
        content: [{ type: 'text', text: 'found' }],
      },
      /^\[search result, X, https:\/\/x\.test\]\nfound$/,
    ],
    [{ type: 'thinking', thinking: 'Hm.', signature: 's' }, /^\[thinking: Hm\.\]$/],
    [{ type: 'thinking', thinking: '', signature: 's' }, /^$/],
    [{ type: 'redacted_thinking', data: 'x' }, /^\[redacted thinking, 1 bytes, sha256:/],
    [
      {
        type: 'tool_result',
        content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: base64('p') } }],
      },
      /^tool:\n\[image\/png, 1 bytes, sha256:/,
    ],
    [{ type: 'constructor', a: 1 }, /^\{"type":"constructor","a":1\}$/],
    [
      { type: 'web_search_tool_result', content: [{ title: 'T', encrypted_content: 'secret' }] },
      /^\{.*"title":"T","encrypted_content":"\[encrypted_content, 6 bytes, sha256:.*\}$/,
    ],
  ])('shows a block: %j', (content, text) => {
    expect(said([content])).toMatch(text)
  })

  test.each([
    {},
    { messages: 'no' },
    { messages: [null, 7] },
    { messages: [{ role: 'user', content: [null, 'x', {}] }] },
    { model: 7, system: 7, messages: [] },
  ])('that is none is read as far as it goes: %j', body => {
    expect(asked(body)).toMatchObject({ requestModel: '' })
  })
})

const USAGE = {
  input_tokens: 5,
  cache_read_input_tokens: 100,
  cache_creation_input_tokens: 30,
  cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
  output_tokens: 7,
  output_tokens_details: { thinking_tokens: 3 },
  service_tier: 'standard',
}
const TOKENS = {
  inputTokens: 135,
  outputTokens: 7,
  cacheReadTokens: 100,
  cacheWriteTokens: 30,
  cacheWrite1hTokens: 20,
  reasoningTokens: 3,
}

describe('a whole answer', () => {
  test('is its text, and input includes what was cached', () => {
    const content = [
      { type: 'thinking', thinking: 'Hm.', signature: 's' },
      { type: 'text', text: 'Yes.' },
      { type: 'tool_use', id: 't', name: 'add', input: { a: 1 } },
    ]
    expect(
      whole({
        type: 'message',
        id: 'msg_1',
        model: 'm-1',
        role: 'assistant',
        content,
        stop_reason: 'tool_use',
        usage: USAGE,
      }),
    ).toEqual({
      output: '[thinking: Hm.]\nYes.\nadd({"a":1})',
      outputMessages: [{ role: 'assistant', content }],
      responseId: 'msg_1',
      responseModel: 'm-1',
      serviceTier: 'standard',
      usage: TOKENS,
      finishReasons: ['tool_use'],
    })
  })

  test('that refuses has ended, with its reason', () => {
    const outcome = whole({ type: 'message', content: [], stop_reason: 'refusal' })
    expect(outcome).toMatchObject({ output: '', finishReasons: ['refusal'] })
    expect(outcome).not.toHaveProperty('status')
  })

  test.each([
    [{ speed: 'fast' }, 'fast'],
    [{ speed: 'standard', service_tier: 'priority' }, 'priority'],
    [{ iterations: [{ type: 'message' }] }, 'standard'],
    [{ iterations: [{ type: 'message' }, { type: 'compaction' }] }, 'compaction'],
    [{ iterations: [{ type: 'advisor_message', model: 'm-2' }] }, 'advisor_message'],
  ])('is billed by another rate with %j', (usage, serviceTier) => {
    expect(whole({ usage: { ...USAGE, ...usage } })).toMatchObject({ serviceTier })
  })

  test.each([{ usage: null }, { usage: {} }, {}])('has no usage with %j', body => {
    expect(whole(body).usage).toBeUndefined()
  })

  test('that is an error', () => {
    expect(whole({ type: 'error', error: { type: 'overloaded_error' } })).toMatchObject({
      status: 'error',
      errorType: 'overloaded_error',
    })
  })
})

describe('a stream', () => {
  test('is put together from its blocks, whatever order they come in', () => {
    const first = { ...USAGE, output_tokens: 1, output_tokens_details: null }
    const citation = { type: 'char_location', cited_text: 'y' }
    expect(
      streamed(
        start({ role: 'assistant', usage: first }),
        { type: 'ping' },
        block(0, { type: 'thinking', thinking: '', signature: '' }),
        delta(0, { type: 'thinking_delta', thinking: 'H' }),
        delta(0, { type: 'thinking_delta', thinking: 'm.' }),
        delta(0, { type: 'signature_delta', signature: 's' }),
        block(2, { type: 'tool_use', id: 't', name: 'add', input: {} }),
        block(1, { type: 'text', text: '' }),
        delta(2, { type: 'input_json_delta', partial_json: '{"a"' }),
        delta(1, { type: 'text_delta', text: 'Yes' }),
        delta(1, { type: 'citations_delta', citation }),
        delta(2, { type: 'input_json_delta', partial_json: ':1}' }),
        finish({
          output_tokens: 7,
          output_tokens_details: { thinking_tokens: 3 },
          cache_read_input_tokens: null,
        }),
        stop,
      ),
    ).toEqual({
      status: 'ok',
      output: '[thinking: Hm.]\nYes\nadd({"a":1})',
      outputMessages: [
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: 's' },
            { type: 'text', text: 'Yes', citations: [citation] },
            { type: 'tool_use', id: 't', name: 'add', input: { a: 1 } },
          ],
        },
      ],
      responseId: 'msg_1',
      responseModel: 'm-1',
      serviceTier: 'standard',
      usage: TOKENS,
      finishReasons: ['end_turn'],
      ends: 13,
    })
  })

  test('that broke off has what came, and no output tokens, which it never told', () => {
    const found = streamed(
      start({ usage: { ...USAGE, output_tokens: 1 } }),
      block(0, { type: 'text', text: '' }),
      delta(0, { type: 'text_delta', text: 'Ye' }),
      block(1, { type: 'tool_use', name: 'add', input: {} }),
      delta(1, { type: 'input_json_delta', partial_json: '{"a' }),
    )
    expect(found).toMatchObject({ output: 'Ye\nadd({"a)', ends: -1, usage: { inputTokens: 135 } })
    expect(found.usage?.outputTokens).toBeUndefined()
    expect(found).not.toHaveProperty('status')
  })

  test('that refuses ends well, with its reason', () => {
    expect(streamed(start(), finish({ output_tokens: 0 }, { stop_reason: 'refusal' }), stop)).toMatchObject({
      status: 'ok',
      finishReasons: ['refusal'],
    })
  })

  test.each([
    { type: 'odd' },
    { type: 'message_delta' },
    { type: 'content_block_delta', index: 0, delta: { type: 'odd_delta', odd: 7 } },
    { type: 'content_block_delta', index: 0 },
    { type: 'content_block_stop', index: 0 },
  ])('is not broken by an odd event: %j', odd => {
    const text = block(0, { type: 'text', text: '' })
    const piece = delta(0, { type: 'text_delta', text: 'a' })
    expect(streamed(odd, start(), text, odd, piece, odd, stop)).toMatchObject({ status: 'ok', output: 'a' })
  })

  test('shows a block of a type that is not known as its JSON', () => {
    expect(streamed(start(), block(0, { type: 'odd', a: 1 }), stop).output).toBe('{"type":"odd","a":1}')
  })
})
