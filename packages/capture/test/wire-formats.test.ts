import { describe, expect, test } from 'vitest'
import { formatAt } from '../src/wire/formats.ts'
import { readEvent } from '../src/wire/server-sent-events.ts'

type Json = Record<string, unknown>

function answered(path: string, ...events: readonly (Json | string)[]) {
  const answer = formatAt(path)?.answer()
  const ends = events.map(data => {
    const text = typeof data === 'string' ? data : JSON.stringify(data)
    return answer?.event(readEvent(Buffer.from(`data: ${text}\n\n`)))
  })
  return { ...answer?.sofar(), ends: ends.indexOf(true) }
}

function whole(path: string, body: Json) {
  const answer = formatAt(path)?.answer()
  answer?.whole(body)
  return answer?.sofar()
}

const asked = (path: string, body: Json) => formatAt(path)?.question(body)

test.each([
  ['/v1/chat/completions', 'chat'],
  ['/openai/deployments/gpt/chat/completions', 'chat'],
  ['/v1/completions', 'text_completion'],
  ['/v1/responses', 'chat'],
  ['/v1/embeddings', 'embeddings'],
  ['/v1/messages', 'chat'],
  ['/anthropic/v1/messages', 'chat'],
  ['/v1/messages/count_tokens', undefined],
  ['/v1/messages/batches', undefined],
  ['/v1/threads/thread_1/messages', undefined],
  ['/v1/responses/resp_1/cancel', undefined],
  ['/v1/models', undefined],
])('%s is %s', (path, operation) => {
  expect(formatAt(path)?.operation).toBe(operation)
})

describe('chat completions', () => {
  const path = '/v1/chat/completions'
  const delta = (delta: Json, index = 0, finish_reason: string | null = null) => ({
    model: 'm-1',
    choices: [{ index, delta, finish_reason }],
  })

  test('choices that come interleaved are put together, each with its number', () => {
    expect(
      answered(
        path,
        delta({ role: 'assistant', content: 'Hel' }),
        delta({ content: 'Good' }, 1),
        delta({ content: 'lo' }, 0, 'stop'),
        delta({ content: 'bye' }, 1, 'length'),
        '[DONE]',
      ),
    ).toMatchObject({
      status: 'ok',
      output: 'choice 1:\nHello\n\nchoice 2:\nGoodbye',
      finishReasons: ['stop', 'length'],
      responseModel: 'm-1',
      ends: 4,
    })
  })

  test('tool calls that come in pieces are shown as their name and JSON', () => {
    const call = (index: number, name: string | undefined, input: string) =>
      delta({ tool_calls: [{ index, function: { name, arguments: input } }] })
    expect(
      answered(
        path,
        call(0, 'add', ''),
        call(1, 'sub', '{"a"'),
        call(0, undefined, '{"x":1}'),
        call(1, undefined, ':2}'),
      ),
    ).toMatchObject({ output: 'add({"x":1})\nsub({"a":2})' })
  })

  test('a refusal is what the model said', () => {
    expect(answered(path, delta({ refusal: 'I can' }), delta({ refusal: 'not.' }))).toMatchObject({
      output: 'I cannot.',
    })
  })

  test('usage of the last event, and none where it is null', () => {
    const usage = { prompt_tokens: 9, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } }
    expect(
      answered(path, { ...delta({ content: 'a' }), usage: null }, { choices: [], usage }, '[DONE]'),
    ).toMatchObject({
      usage: { inputTokens: 9, outputTokens: 3, cacheReadTokens: 4 },
    })
    expect(answered(path, { ...delta({ content: 'a' }), usage: null }).usage).toBeUndefined()
  })

  test.each([
    { choices: undefined },
    { choices: null },
    { choices: [] },
    { choices: [null] },
    { choices: [{}] },
    { choices: 'no' },
  ])('an odd event changes nothing: %j', odd => {
    expect(answered(path, odd, delta({ content: 'a' }), odd, '[DONE]')).toMatchObject({
      status: 'ok',
      output: 'a',
    })
  })

  test('a whole answer with tool calls and audio', () => {
    const message = {
      role: 'assistant',
      content: null,
      audio: { data: Buffer.from('sound').toString('base64'), transcript: 'Hello' },
      tool_calls: [{ type: 'function', function: { name: 'add', arguments: '{}' } }],
    }
    expect(whole(path, { choices: [{ message, finish_reason: 'tool_calls' }] })?.output).toMatch(
      /^Hello\n\[audio, 5 bytes, sha256:[0-9a-f]{64}\]\nadd\(\{\}\)$/,
    )
  })

  test('a conversation has its roles on lines of their own', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'assistant', content: null, tool_calls: [{ function: { name: 'add', arguments: '{"a":1}' } }] },
      { role: 'tool', content: [{ type: 'text', text: '2' }] },
      { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }] },
      { role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] },
    ]
    expect(asked(path, { model: 'm', messages })?.input).toMatch(
      /^system:\nBe brief\.\n\nassistant:\nadd\(\{"a":1\}\)\n\ntool:\n2\n\nuser:\n\[audio\/wav, 3 bytes, sha256:[0-9a-f]{64}\]\n\nuser:\n\[file, file-1\]$/,
    )
  })

  test.each([
    {},
    { messages: 'no' },
    { messages: [null, 7] },
    { messages: [{}] },
    { model: 7, messages: [] },
  ])('a request that is none is read as far as it goes: %j', body => {
    expect(asked(path, body)).toMatchObject({ requestModel: '' })
  })
})

test('older completions of several prompts', () => {
  const path = '/v1/completions'
  expect(asked(path, { model: 'm', prompt: ['a', 'b'] })).toMatchObject({ requestModel: 'm', input: 'a\nb' })
  expect(whole(path, { choices: [{ text: 'A' }, { text: 'B' }] })?.output).toBe(
    'choice 1:\nA\n\nchoice 2:\nB',
  )
  const piece = (text: string) => ({ choices: [{ index: 0, text }] })
  expect(answered(path, piece('A'), piece('B'), '[DONE]')).toMatchObject({ status: 'ok', output: 'AB' })
})

describe('Responses', () => {
  const path = '/v1/responses'
  const item = (text: string) => ({ type: 'message', content: [{ type: 'output_text', text }] })

  test('instructions, items, calls and their results', () => {
    const input = [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Hi' },
          { type: 'input_image', image_url: 'https://x.test/a.png' },
        ],
      },
      { type: 'function_call', name: 'add', arguments: '{"a":1}' },
      { type: 'function_call_output', output: '2' },
    ]
    expect(asked(path, { model: 'm', instructions: 'Be brief.', input })?.input).toBe(
      'system:\nBe brief.\n\nuser:\nHi\n[image, https://x.test/a.png]\n\nfunction_call:\nadd({"a":1})\n\nfunction_call_output:\n2',
    )
    expect(asked(path, { model: 'm', input: 'Hi' })?.input).toBe('Hi')
  })

  test.each([
    ['completed', {}, { status: 'ok', finishReasons: ['completed'] }],
    [
      'incomplete',
      { incomplete_details: { reason: 'max_output_tokens' } },
      { status: 'ok', finishReasons: ['max_output_tokens'] },
    ],
    ['failed', { error: { code: 'server_error' } }, { status: 'error', errorType: 'server_error' }],
  ])('a response that is %s, whole and streamed', (status, more, outcome) => {
    const response = { id: 'r', model: 'm-1', status, output: [item('Hello')], ...more }
    expect(whole(path, response)).toMatchObject({
      ...outcome,
      output: 'Hello',
      responseModel: 'm-1',
      responseId: 'r',
    })
    const events = [
      { type: 'response.created', response: { ...response, output: [] } },
      { type: `response.${status}`, response },
    ]
    expect(answered(path, ...events)).toMatchObject({ ...outcome, output: 'Hello', ends: 1 })
  })

  test('what came before it broke off', () => {
    const place = { output_index: 0 }
    expect(
      answered(
        path,
        { type: 'response.created', response: { id: 'r', model: 'm-1', status: 'in_progress' } },
        { type: 'response.output_item.added', ...place, item: { type: 'message', content: [] } },
        { type: 'response.output_text.delta', ...place, delta: 'Hel' },
        { type: 'response.output_text.delta', ...place, delta: 'lo' },
        {
          type: 'response.output_item.added',
          output_index: 1,
          item: { type: 'function_call', name: 'add', arguments: '' },
        },
        { type: 'response.function_call_arguments.delta', output_index: 1, delta: '{"a"' },
      ),
    ).toMatchObject({ output: 'Hello\nadd({"a")', responseModel: 'm-1', ends: -1 })
  })
})

test.each([
  [{ previous_response_id: 'resp_1' }, 'resp_1'],
  [{ conversation: 'conv_1' }, 'conv_1'],
  [{ conversation: { id: 'conv_1' } }, 'conv_1'],
  [{ previous_response_id: null }, undefined],
])('a response that goes on with what the provider keeps names it: %j', (continued, previous) => {
  const input = [{ type: 'function_call_output', call_id: 'c', output: 'Paris sunny' }]
  expect(asked('/v1/responses', { model: 'm', input, ...continued })).toMatchObject({
    input: 'function_call_output:\nParis sunny',
  })
  expect(asked('/v1/responses', { model: 'm', input, ...continued })?.previous).toBe(previous)
})
