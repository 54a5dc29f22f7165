import { AuditLog, MemoryBackend } from '@audit/core'
import { describe, expect, test } from 'vitest'
import { auditFetch, createCapture, type PricedCall } from '../src/index.ts'

// Whatever an application saw of an answer is in the entry, streamed or not.

type Json = Record<string, unknown>

const CHAT = '/v1/chat/completions'
const RESPONSES = '/v1/responses'
const MESSAGES = '/v1/messages'

const data = (value: unknown) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
const JSON_TYPE = 'application/json; charset=utf-8'
const STREAM_TYPE = 'text/event-stream'

interface Asked {
  readonly type?: string
  readonly ask?: Json
}

/** Asks, and reads the answer in the pieces in which it is handed on. */
async function asked(path: string, parts: readonly string[], { type = STREAM_TYPE, ask }: Asked = {}) {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const priced: PricedCall[] = []
  const price = (call: PricedCall) => (priced.push(call) > 0 ? null : null)
  const capture = createCapture({ log, price })
  const send = auditFetch(capture, {
    fetch: async () =>
      new Response(ReadableStream.from(parts.map(part => Buffer.from(part))), {
        headers: { 'content-type': type },
      }),
  })
  const body = JSON.stringify({ model: 'm', stream: type === STREAM_TYPE, ...ask })
  const response = await send(`http://provider.test${path}`, { method: 'POST', body })
  const read = await response.text().catch(error => error)
  await capture.close()
  const [entry, ...others] = await log.query()
  expect(others).toEqual([])
  const { outputText, metadata } = entry ?? expect.fail('nothing was recorded')
  return { output: outputText, status: metadata['audit.status'], metadata, priced: priced[0], read }
}

const streamed = (path: string, ...events: readonly unknown[]) => asked(path, events.map(data))
const whole = (path: string, body: unknown) => asked(path, [JSON.stringify(body)], { type: JSON_TYPE })

const delta = (piece: Json, more: Json = {}) => ({ choices: [{ index: 0, delta: piece }], ...more })

describe('chat completions: the same message, streamed and whole', () => {
  const audio = Buffer.from('sound').toString('base64')
  test.each<[string, readonly Json[], Json, string | RegExp]>([
    [
      'content in parts',
      [
        { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'h' }] }] },
        { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'mm' }] }] },
        { content: [{ type: 'text', text: '4' }] },
        { content: [{ type: 'text', text: '2' }] },
      ],
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'hmm' }] },
          { type: 'text', text: '42' },
        ],
      },
      '[thinking: hmm]\n42',
    ],
    [
      'text, then parts',
      [{ content: 'a' }, { content: [{ type: 'text', text: 'b' }] }],
      { content: 'ab' },
      'ab',
    ],
    [
      'audio',
      [
        { audio: { id: 'a', transcript: 'Hel', data: Buffer.from('so').toString('base64') } },
        { audio: { transcript: 'lo', data: Buffer.from('und').toString('base64') } },
      ],
      { audio: { id: 'a', transcript: 'Hello', data: audio } },
      /^Hello\n\[audio, 5 bytes, sha256:[0-9a-f]{64}\]$/,
    ],
    [
      'a function of old',
      [{ function_call: { name: 'add', arguments: '' } }, { function_call: { arguments: '{"a":1}' } }],
      { function_call: { name: 'add', arguments: '{"a":1}' } },
      'add({"a":1})',
    ],
    [
      'reasoning beside the content',
      [{ reasoning_content: 'h' }, { reasoning_content: 'm', content: null }, { content: 'ok' }],
      { reasoning_content: 'hm', content: 'ok' },
      '[thinking: hm]\nok',
    ],
    [
      'calls without a number',
      [
        { tool_calls: [{ id: '1', function: { name: 'a', arguments: '{}' } }] },
        { tool_calls: [{ id: '2', function: { name: 'b', arguments: '{"x"' } }] },
        { tool_calls: [{ function: { arguments: ':1}' } }] },
      ],
      {
        tool_calls: [
          { id: '1', function: { name: 'a', arguments: '{}' } },
          { id: '2', function: { name: 'b', arguments: '{"x":1}' } },
        ],
      },
      'a({})\nb({"x":1})',
    ],
  ])('%s', async (_, pieces, message, output) => {
    const stream = await streamed(CHAT, ...pieces.map(piece => delta(piece)), '[DONE]')
    const json = await whole(CHAT, { choices: [{ index: 0, message }] })
    const expected = typeof output === 'string' ? output : expect.stringMatching(output)
    expect(json).toMatchObject({ output: expected, status: 'ok' })
    expect(stream).toMatchObject({ output: json.output, status: 'ok' })
  })

  test.each([false, '', null, 0])('an error that is %j is none', async error => {
    const stream = await streamed(CHAT, delta({ content: 'a' }, { error }), delta({ content: 'b' }), '[DONE]')
    expect(stream).toMatchObject({ output: 'ab', status: 'ok' })
    const json = await whole(CHAT, { choices: [{ message: { content: 'ab' } }], error })
    expect(json).toMatchObject({ output: 'ab', status: 'ok' })
    const response = await whole(RESPONSES, { status: 'completed', output: [{ content: 'ab' }], error })
    expect(response).toMatchObject({ output: 'ab', status: 'ok' })
  })

  test('one JSON value where a stream was asked for', async () => {
    const body = JSON.stringify({ choices: [{ message: { content: 'all of it' } }] })
    const json = await asked(CHAT, [body], { type: JSON_TYPE, ask: { stream: true } })
    expect(json).toMatchObject({ output: 'all of it', status: 'ok', read: body })
  })

  test('a key that would become the prototype does no harm', async () => {
    const piece = '{"choices":[{"delta":{"__proto__":{"content":"x"},"content":"a"}}]}'
    expect(await streamed(CHAT, piece, piece, '[DONE]')).toMatchObject({ output: 'aa' })
  })
})

describe('Responses', () => {
  const text = (piece: string, more: Json = {}) => ({
    type: 'response.output_text.delta',
    output_index: 0,
    content_index: 0,
    delta: piece,
    ...more,
  })
  const message = { type: 'message', role: 'assistant', content: [] }
  const added = { type: 'response.output_item.added', output_index: 0, item: message }
  const end = (status: string, output: readonly Json[] = []) => ({
    type: `response.${status}`,
    response: { status, output },
  })

  test.each([
    ['completed', 'ok'],
    ['incomplete', 'ok'],
    ['failed', 'error'],
  ])('an end without output takes nothing back: %s', async (how, status) => {
    for (const before of [[added], []]) {
      const stream = await streamed(RESPONSES, ...before, text('You should '), text('sell'), end(how))
      expect(stream).toMatchObject({ output: 'You should sell', status })
    }
  })

  test('what was done is not replaced by less, and more replaces what was gathered', async () => {
    const done = { ...message, content: [{ type: 'output_text', text: 'all' }] }
    const less = { type: 'response.output_item.done', output_index: 0, item: message }
    const second = { ...message, content: [{ type: 'output_text', text: 'second' }] }
    const stream = await streamed(RESPONSES, added, text('al'), less, end('completed', [done, second]))
    expect(stream.output).toBe('all\nsecond')
    expect((await streamed(RESPONSES, added, text('al'), less, end('completed', [message]))).output).toBe(
      'al',
    )
  })

  test('reasoning, calls and transcripts that broke off', async () => {
    const at = (type: string, output_index: number, piece: string) => ({
      type: `response.${type}.delta`,
      output_index,
      delta: piece,
    })
    const stream = await streamed(
      RESPONSES,
      at('reasoning_summary_text', 0, 'Hm.'),
      at('reasoning_text', 0, 'Deeper.'),
      at('refusal', 1, 'No.'),
      { type: 'response.output_item.added', output_index: 2, item: { type: 'function_call', name: 'f' } },
      at('function_call_arguments', 2, '{"a"'),
      at('audio.transcript', 3, 'Spoken.'),
      at('something_new', 4, 'New.'),
    )
    expect(stream).toMatchObject({ output: 'Hm.\nDeeper.\nNo.\nf({"a")\nSpoken.\nNew.', status: 'truncated' })
  })

  test('text behind the end is recorded, or not handed on', async () => {
    const last = [data(added) + data(text('a')), data(end('completed'))] as const
    const together = await asked(RESPONSES, [last[0], last[1] + data(text(' more'))])
    expect(together).toMatchObject({ output: 'a more', status: 'ok' })
    expect(together.read).toMatch(/ more/)
    const later = await asked(RESPONSES, [...last, data(text(' more'))])
    expect(later).toMatchObject({ output: 'a', status: 'ok', read: { code: 'AUDIT_CLOSED' } })
    const harmless = await asked(RESPONSES, [...last, ': ping\n\n', data('[DONE]')])
    expect(harmless.read).toMatch(/\[DONE\]\n\n$/)
  })
})

describe('Messages', () => {
  const start = (usage: Json = {}) => ({ type: 'message_start', message: { model: 'm', content: [], usage } })
  const block = (text: string) => ({
    type: 'content_block_start',
    index: 0,
    content_block: { type: 'text', text },
  })

  test('a second message takes nothing back, and nobody knows what both cost', async () => {
    const usage = { input_tokens: 5, output_tokens: 1 }
    const stream = await streamed(MESSAGES, start(usage), block('First'), start(usage), block('Second'), {
      type: 'message_stop',
    })
    expect(stream).toMatchObject({ output: 'First\nSecond', priced: { usage: undefined } })
  })

  test('pieces of a block that was not announced', async () => {
    const piece = (index: number, delta: Json) => ({ type: 'content_block_delta', index, delta })
    const stream = await streamed(
      MESSAGES,
      start(),
      piece(0, { type: 'thinking_delta', thinking: 'Hm' }),
      piece(1, { type: 'text_delta', text: 'a' }),
      piece(1, { type: 'text_delta', text: 'b' }),
    )
    expect(stream.output).toBe('[thinking: Hm]\nab')
  })

  test('a block that begins again does not hide the one before', async () => {
    expect((await streamed(MESSAGES, start(), block('one'), block('two'))).output).toBe('one\ntwo')
  })
})

describe('usage', () => {
  const full = { prompt_tokens: 10, completion_tokens: 5 }

  test.each([CHAT, RESPONSES])('empty usage erases none: %s', async path => {
    const first =
      path === CHAT
        ? delta({ content: 'a' }, { usage: full })
        : { type: 'response.created', response: { usage: full } }
    const last =
      path === CHAT ? delta({}, { usage: {} }) : { type: 'response.completed', response: { usage: {} } }
    const { priced } = await streamed(path, first, last, '[DONE]')
    expect(priced?.usage).toMatchObject({ inputTokens: 10, outputTokens: 5 })
  })

  test.each<[string, Json, object]>([
    [
      'xAI counts reasoning beside the completion',
      {
        prompt_tokens: 37,
        completion_tokens: 530,
        total_tokens: 800,
        completion_tokens_details: { reasoning_tokens: 233 },
      },
      { inputTokens: 37, outputTokens: 763, reasoningTokens: 233 },
    ],
    [
      'OpenAI counts it as a part',
      {
        prompt_tokens: 37,
        completion_tokens: 530,
        total_tokens: 567,
        completion_tokens_details: { reasoning_tokens: 233 },
      },
      { inputTokens: 37, outputTokens: 530, reasoningTokens: 233 },
    ],
    [
      'Gemini says it in the total alone',
      { ...full, total_tokens: 1015 },
      { inputTokens: 10, outputTokens: 1005 },
    ],
    [
      'DeepSeek',
      { ...full, prompt_cache_hit_tokens: 9, prompt_cache_miss_tokens: 1 },
      { inputTokens: 10, cacheReadTokens: 9 },
    ],
    ['Moonshot', { ...full, cached_tokens: 9 }, { inputTokens: 10, cacheReadTokens: 9 }],
  ])('%s', async (_, usage, expected) => {
    const { priced } = await whole(CHAT, { choices: [], usage })
    expect(priced?.usage).toMatchObject(expected)
  })

  test.each<[string, Json, string | undefined, string | undefined]>([
    [CHAT, { service_tier: 'flex' }, undefined, 'flex'],
    [CHAT, { service_tier: 'flex' }, 'default', 'default'],
    [CHAT, { service_tier: 'auto' }, undefined, undefined],
    [RESPONSES, { service_tier: 'priority' }, undefined, 'priority'],
    ['/v1/completions', { service_tier: 'flex' }, undefined, 'flex'],
    [MESSAGES, { speed: 'fast' }, undefined, 'fast'],
    [MESSAGES, { service_tier: 'standard_only' }, undefined, undefined],
  ])('the tier that is billed: %s %j, answered %s', async (path, ask, service_tier, expected) => {
    const body = JSON.stringify({ choices: [], usage: full, service_tier })
    const { priced } = await asked(path, [body], { type: JSON_TYPE, ask })
    expect(priced?.serviceTier).toBe(expected)
  })
})

describe('answers that are none', () => {
  test.each(['null', '[1,2]', '"text"', '7'])('%s', async body => {
    const json = await asked(CHAT, [body], { type: JSON_TYPE })
    expect(json).toMatchObject({ output: body, status: 'error', read: body })
    expect(json.metadata['error.type']).toBe('TypeError')
  })

  test('a stream cut within an event is truncated, and one that holds no JSON is an error', async () => {
    const cut = await asked(CHAT, [data(delta({ content: 'a' })), 'data: {"choices":[{"del'])
    expect(cut).toMatchObject({ output: 'a', status: 'truncated' })
    expect(await streamed(CHAT, delta({ content: 'a' }), '{"cho')).toMatchObject({ status: 'error' })
  })
})
