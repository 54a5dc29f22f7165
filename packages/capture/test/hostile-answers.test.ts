import { AuditLog, MemoryBackend } from '@audit/core'
import { describe, expect, test } from 'vitest'
import { auditFetch, type CaptureOptions, createCapture } from '../src/index.ts'
import { jsonText, partsText, toolCallText } from '../src/integration.ts'
import { formatAt } from '../src/wire/formats.ts'
import { guarded } from '../src/wire/guarded-format.ts'

// Whatever a model answers, reading it fails nowhere, and the call has its entry.

const DEPTH = 20_000
const deep = '['.repeat(DEPTH) + ']'.repeat(DEPTH)
const events = (...data: readonly (string | object)[]) =>
  data.map(each => `data: ${typeof each === 'string' ? each : JSON.stringify(each)}\n\n`).join('')

async function answeredWith(path: string, body: string, options: Partial<CaptureOptions> = {}) {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, ...options })
  const isStream = body.startsWith('data:')
  const headers = { 'content-type': isStream ? 'text/event-stream' : 'application/json' }
  const send = auditFetch(capture, { fetch: async () => new Response(body, { headers }) })
  const asked = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: isStream }
  const response = await send(`http://provider.test${path}`, { method: 'POST', body: JSON.stringify(asked) })
  return { log, capture, response }
}

async function entryOf(path: string, body: string, options: Partial<CaptureOptions> = {}) {
  const { log, response, capture } = await answeredWith(path, body, options)
  expect(await response.text()).toBe(body)
  await capture.close()
  const entries = await log.query()
  expect(entries).toHaveLength(1)
  return entries[0]
}

const chat = '/v1/chat/completions'
const anthropic = '/v1/messages'
const toolUse = [
  { type: 'message_start', message: { id: 'm', model: 'm', content: [] } },
  { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', name: 'pay', input: {} } },
  { type: 'content_block_delta', index: 0, delta: { partial_json: `{"x":${deep}}` } },
]

describe.each(['text', 'messages'] as const)('nested deeper than the stack, content %s', content => {
  test.each([
    [
      'a tool’s input, streamed',
      anthropic,
      events(...toolUse, { type: 'message_stop' }),
      `pay({"x":${deep}})`,
    ],
    [
      'a tool’s input',
      anthropic,
      `{"type":"message","content":[{"type":"tool_use","name":"pay","input":{"x":${deep}}}]}`,
      `pay({"x":${deep}})`,
    ],
    [
      'a part of a kind that is not known',
      chat,
      `{"choices":[{"message":{"content":[{"type":"x","y":${deep}}]}}]}`,
      `{"type":"x","y":${deep}}`,
    ],
    [
      'an item of a kind that is not known',
      '/v1/responses',
      `{"status":"completed","output":[{"type":"x","y":${deep}}]}`,
      `{"type":"x","y":${deep}}`,
    ],
  ])('%s', async (_, path, body, output) => {
    const entry = await entryOf(path, body, { content })
    expect(entry?.outputText === output).toBe(true) // without printing it
    expect(entry?.metadata['audit.status']).toBe('ok')
  })
})

test('a stream that is left, and one that is aborted, throw nothing where nobody could catch it', async () => {
  const unreadable = { type: 'thinking', thinking: { toString: 1 } }
  const body = events(...toolUse, { type: 'content_block_start', index: 1, content_block: unreadable })
  const { response, log, capture } = await answeredWith(anthropic, body)
  const reader = response.body?.getReader()
  for (let i = 0; i < 4; i++) await reader?.read()
  await reader?.cancel()
  await capture.drain()
  expect(await log.query()).toMatchObject([
    {
      outputText: expect.stringMatching(/^pay\(\{"x":\[+\]+\}\)\n\[thinking: \{"toString":1\}\]$/),
      metadata: { 'audit.status': 'cancelled' },
    },
  ])
})

test('a part that cannot be read is its JSON, and hides no other', () => {
  const text = partsText([{ a: 1 }, 'two', { b: 2 }, 3, null], part => {
    if (part.a) throw new Error('unreadable')
    return 'b'
  })
  expect(text).toBe('{"a":1}\ntwo\nb\n3')
})

test('contents within contents are read to a depth, and shown as their JSON below', () => {
  const body = JSON.parse(`${'{"type":"tool_result","content":['.repeat(DEPTH)}"end"${']}'.repeat(DEPTH)}`)
  const question = formatAt(anthropic)?.question({ messages: [{ role: 'user', content: [body] }] })
  expect(question?.input).toMatch(/^tool:\n\{"type":"tool_result","content":\[.*"end".*\}$/)
})

test('the JSON of what no JSON can hold', () => {
  const circle: Record<string, unknown> = { name: 'a', big: 1n, bytes: new Uint8Array(2) }
  circle.self = circle
  expect(jsonText(circle)).toMatch(
    /^\{"name":"a","big":"1","bytes":"\[data, 2 bytes, sha256:[0-9a-f]{64}\]","self":"\[circular\]"\}$/,
  )
  expect(toolCallText('f', { n: 1n })).toBe('f({"n":"1"})')
  const hostile = {
    get a() {
      throw new Error('no')
    },
  }
  expect(jsonText(hostile)).toBe('[unreadable]')
})

test('a format that throws, wherever it does, leaves an entry', () => {
  const fail = () => {
    throw new RangeError('broken')
  }
  const format = guarded({
    operation: 'chat',
    paths: [],
    question: fail,
    answer: () => ({ whole: fail, event: fail, sofar: () => ({ output: 'known' }) }),
  })
  expect(format.question({ model: 'm', x: 1 })).toMatchObject({
    requestModel: 'm',
    input: '{"model":"m","x":1}',
  })
  const answer = format.answer()
  answer.whole({ a: 1 })
  expect(answer.event({ event: undefined, data: '{"b":2}', body: { b: 2 }, isMalformed: false })).toBe(false)
  expect(answer.sofar().output).toBe('known\n{"a":1}\n{"b":2}')
  const silent = guarded({
    operation: 'chat',
    paths: [],
    question: fail,
    answer: () => ({ whole: fail, event: fail, sofar: fail }),
  })
  expect(silent.answer().sofar().output).toBe('[an answer that cannot be read]')
})

test('what an integration fails to say keeps no call out of the log', async () => {
  const log = new AuditLog()
  const capture = createCapture({ log })
  const call = capture.begin({ provider: 'acme', operation: 'chat', requestModel: 'a-1', input: 'Hi' })
  call.progress(() => {
    throw new RangeError('broken')
  })
  call.chunk('Hel')
  await call.end({ status: 'ok' })
  expect(await log.query()).toMatchObject([{ outputText: 'Hel', metadata: { 'audit.status': 'ok' } }])
})

test.each([
  ['a number that JSON reads as infinite', '{"choices":[{"message":{"content":"Hi","n":1e999}}]}'],
  [
    'more than a million values',
    `{"choices":[{"message":{"content":"Hi","n":[${'0,'.repeat(1_000_001)}0]}}]}`,
  ],
])('exact messages that no entry can hold are stored as text: %s', async (_, body) => {
  const entry = await entryOf(chat, body, { content: 'messages' })
  expect(entry?.outputText).toBe('Hi')
  expect(entry?.metadata['gen_ai.output.messages']).toMatch(/^\[\{"content":"Hi",/)
})
