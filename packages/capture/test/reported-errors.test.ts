import { AuditLog } from '@audit/core'
import { describe, expect, test } from 'vitest'
import { auditFetch, type CaptureOptions, createCapture } from '../src/index.ts'

// An error within an answer is in its entry, with all that the application was shown before it and behind it.

const CHAT = '/v1/chat/completions'
const RESPONSES = '/v1/responses'
const MESSAGES = '/v1/messages'

const event = (data: unknown, name?: string) =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

const chunk = (content: string) => event({ choices: [{ index: 0, delta: { content } }] })
const textDelta = (delta: string) =>
  event({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta })
const blockDelta = (text: string) =>
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }, 'content_block_delta')

/** A stream with an error in it, and how an entry names that. */
interface Failing {
  readonly path: string
  readonly text: (piece: string) => string
  readonly error: string
  readonly type: string
  readonly end?: string
}

const OVERLOADED = { code: 'server_error', message: 'overloaded' }
const FAILING: readonly (readonly [name: string, failing: Failing])[] = [
  [
    'chat completions, a field',
    {
      path: CHAT,
      text: chunk,
      error: event({ error: OVERLOADED }),
      type: 'server_error',
      end: event('[DONE]'),
    },
  ],
  [
    'chat completions, a named event',
    { path: CHAT, text: chunk, error: event({ message: 'overloaded' }, 'error'), type: 'error' },
  ],
  [
    'chat completions, a named event of text',
    { path: CHAT, text: chunk, error: event('overloaded', 'error'), type: 'error' },
  ],
  [
    'chat completions, an error that is a text',
    { path: CHAT, text: chunk, error: event({ error: 'overloaded' }), type: 'error' },
  ],
  [
    'Responses, an event by its type',
    {
      path: RESPONSES,
      text: textDelta,
      error: event({ type: 'error', ...OVERLOADED }),
      type: 'server_error',
      end: event({ type: 'response.completed', response: { status: 'completed' } }),
    },
  ],
  [
    'Responses, a named event',
    { path: RESPONSES, text: textDelta, error: event(OVERLOADED, 'error'), type: 'server_error' },
  ],
  [
    'Responses, a field',
    { path: RESPONSES, text: textDelta, error: event({ error: OVERLOADED }), type: 'server_error' },
  ],
  [
    'Messages',
    {
      path: MESSAGES,
      text: blockDelta,
      error: event({ type: 'error', error: { type: 'overloaded_error', message: 'overloaded' } }, 'error'),
      type: 'overloaded_error',
      end: event({ type: 'message_stop' }, 'message_stop'),
    },
  ],
]

async function send({ path, text, error, end = '' }: Failing, options: Partial<CaptureOptions> = {}) {
  const log = new AuditLog()
  const capture = createCapture({ log, ...options })
  const parts = [text('You said: '), error, text('Hello'), end].filter(part => part !== '')
  const controller = new AbortController()
  const fetch = auditFetch(capture, {
    fetch: async () =>
      new Response(ReadableStream.from(parts.map(part => Buffer.from(part))), {
        headers: { 'content-type': 'text/event-stream' },
      }),
  })
  const response = await fetch(`http://provider.test${path}`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', stream: true }),
    signal: controller.signal,
  })
  const reader = response.body?.getReader() ?? expect.fail('there is no body')
  const entry = async () => {
    await capture.drain()
    const [found, ...others] = await log.query()
    expect(others).toEqual([])
    return found
  }
  return { reader, controller, entry, parts }
}

describe.each(FAILING)('%s', (_, failing) => {
  const failed = { 'audit.status': 'error', 'error.type': failing.type, 'audit.error': 'overloaded' }

  test('whoever reads on gets all, and all is recorded', async () => {
    const { reader, entry, parts } = await send(failing)
    const read: string[] = []
    for (let part = await reader.read(); !part.done; part = await reader.read())
      read.push(Buffer.from(part.value).toString())
    expect(read).toEqual(parts)
    expect(await entry()).toMatchObject({ outputText: 'You said: Hello', metadata: failed })
  })

  const LEAVING: readonly (readonly [string, (sent: Awaited<ReturnType<typeof send>>) => unknown])[] = [
    ['leaves', ({ reader }) => reader.cancel()],
    ['aborts', ({ controller }) => controller.abort()],
    ['reads no more', () => undefined],
  ]
  test.each(LEAVING)('whoever %s there has what was shown recorded, as a failure', async (_how, leave) => {
    const sent = await send(failing)
    await sent.reader.read()
    await sent.reader.read()
    await leave(sent)
    expect(await sent.entry()).toMatchObject({ outputText: 'You said: ', metadata: failed })
  })
})

test('an answer that is not streamed names its error, too', async () => {
  const log = new AuditLog()
  const capture = createCapture({ log })
  const fetch = auditFetch(capture, { fetch: async () => Response.json({ error: OVERLOADED }) })
  for (const path of [CHAT, RESPONSES])
    await (await fetch(`http://provider.test${path}`, { method: 'POST', body: '{}' })).json()
  const metadata = { 'audit.status': 'error', 'error.type': 'server_error', 'audit.error': 'overloaded' }
  expect(await log.query()).toMatchObject([{ metadata }, { metadata }])
})

test('the text of an error is a text like others, which may not be recorded as it is', async () => {
  const [, failing] = FAILING[0] ?? expect.fail()
  const { reader, entry } = await send(failing, { content: 'digest' })
  for (let part = await reader.read(); !part.done; part = await reader.read());
  expect((await entry())?.metadata['audit.error']).toMatch(/^\[text\/plain, 10 bytes, sha256:[0-9a-f]{64}\]$/)
})
