import { randomUUID } from 'node:crypto'
import { decodeLine } from '@audit/core/backend'
import { serverUrl } from '@audit/harness'
import { providerServer } from '@audit/harness/vitest'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { allOf } from './all-of.ts'
import { runBinary } from './binary.ts'
import { proxied, startProxy, upstream } from './proxy-fixture.ts'

const server = await providerServer()

const MODEL = 'gpt-4o-mini'
const messages = [{ role: 'user' as const, content: 'a question of some words' }]

/** The calls that people make, each with all that the application sees of it. */
const CALLS: readonly (readonly [name: string, call: (client: OpenAI) => Promise<unknown>])[] = [
  ['chat', client => client.chat.completions.create({ model: MODEL, messages })],
  [
    'chat, streamed',
    async client => allOf(await client.chat.completions.create({ model: MODEL, messages, stream: true })),
  ],
  ['responses', client => client.responses.create({ model: MODEL, input: 'a question' })],
  [
    'responses, streamed',
    async client => allOf(await client.responses.create({ model: MODEL, input: 'a question', stream: true })),
  ],
  [
    'embeddings',
    client => client.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'] }),
  ],
]

function client(
  baseURL: string,
  options: { defaultHeaders?: Record<string, string>; maxRetries?: number } = {},
) {
  return new OpenAI({ baseURL, apiKey: 'sk-a-secret-of-the-test', ...options })
}

/** What a call gave, or how it failed, as the application sees it. */
async function outcomeOf(calling: Promise<unknown>) {
  return calling.then(
    value => ({ value: JSON.parse(JSON.stringify(value)) }),
    (error: Error & { status?: unknown; code?: unknown }) => ({
      error: error.constructor.name,
      status: error.status,
    }),
  )
}

describe.each(['audit.db', 'audit.jsonl'])('into %s', log => {
  test.each(CALLS)('%s is as without a proxy, and is recorded once', async (_, call) => {
    const { proxy, scene, baseURL } = await proxied(server, 'fine', { log })
    const direct = await call(client(scene.url))
    const through = await call(
      client(baseURL, { defaultHeaders: { 'x-audit-user': 'alice', 'x-audit-session': 's-1' } }),
    )
    expect(JSON.parse(JSON.stringify(through))).toEqual(JSON.parse(JSON.stringify(direct)))
    expect(scene.requests).toBe(2)
    const [entry, ...others] = await proxy.entries()
    expect(others).toEqual([])
    expect(entry).toMatchObject({
      user: 'alice',
      metadata: {
        'audit.status': 'ok',
        'gen_ai.provider.name': 'openai',
        'gen_ai.conversation.id': 's-1',
        'audit.capture': { integration: '@audit/cli', level: 'wire' },
      },
    })
    expect(entry?.inputText).not.toBe('')
    expect(entry?.outputText).not.toBe('')
  })
})

test('into PostgreSQL, calls are recorded and can be exported', async () => {
  const name = `proxy ${randomUUID()}`
  const env = { AUDIT_POSTGRES_URL: serverUrl().href }
  const args = ['--log', name]
  const { proxy, baseURL } = await proxied(server, 'fine', { log: 'postgres://', args, env })
  for (const [, call] of CALLS) await call(client(baseURL))
  expect(await proxy.stop()).toBe(0)
  const { exitCode, output, errors } = await runBinary(['export', 'postgres://', ...args], { env })
  expect(exitCode).toBe(0)
  const entries = output
    .trimEnd()
    .split('\n')
    .map(line => decodeLine(line))
  expect(entries.map(({ metadata }) => metadata['audit.status'])).toEqual(CALLS.map(() => 'ok'))
  expect(errors).toContain(`size ${CALLS.length}, root `)
})

describe.each([
  'cut',
  'refused',
  'failing',
  'rate-limited',
  'malformed',
  'no-done',
  'gzip',
  'slow',
  'trickle',
  'error-event',
] as const)('a provider that is %s', behaviour => {
  test.each(['chat', 'chat, streamed', 'responses, streamed'])('%s ends as without a proxy', async name => {
    const [, call] = CALLS.find(([known]) => known === name) ?? expect.fail()
    const alone = server.scene(behaviour)
    const direct = await outcomeOf(call(client(alone.url)))
    const { proxy, scene, baseURL } = await proxied(server, behaviour)
    const through = await outcomeOf(call(client(baseURL)))
    if (behaviour === 'cut' && 'error' in direct) expect('error' in through).toBe(true)
    else expect(through).toEqual(direct)
    expect(scene.requests).toBe(alone.requests)
    expect(await proxy.entries()).toHaveLength(scene.requests)
  })
})

test('a stream comes as it is made, chunk by chunk', async () => {
  const { baseURL } = await proxied(server, 'endless-stream')
  const stream = await client(baseURL).chat.completions.create({ model: MODEL, messages, stream: true })
  let chunks = 0
  for await (const _ of stream) if (++chunks === 20) break
  expect(chunks).toBe(20)
})

test('a client that leaves ends the call at the provider, and it is recorded with what it got', async () => {
  const { proxy, baseURL } = await proxied(server, 'endless-stream')
  const stop = new AbortController()
  const stream = await client(baseURL).chat.completions.create(
    { model: MODEL, messages, stream: true },
    { signal: stop.signal },
  )
  let chunks = 0
  for await (const _ of stream) if (++chunks === 5) stop.abort()
  await expect.poll(() => proxy.entries()).toHaveLength(1)
  const [entry] = await proxy.entries()
  expect(entry).toMatchObject({ metadata: { 'audit.status': 'aborted' } })
  expect(entry?.outputText).toContain('You said')
})

test('a client that leaves before any answer is recorded, too', async () => {
  const { proxy, scene, baseURL } = await proxied(server, 'silent')
  const stop = new AbortController()
  const calling = client(baseURL).chat.completions.create({ model: MODEL, messages }, { signal: stop.signal })
  calling.catch(() => {})
  await expect.poll(() => scene.requests).toBe(1)
  stop.abort()
  await expect.poll(() => proxy.entries()).toHaveLength(1)
  expect(await proxy.entries()).toMatchObject([{ metadata: { 'audit.status': 'aborted' } }])
})

test('a provider that cannot be reached is an error that clients may retry, and is recorded', async () => {
  const proxy = await startProxy({ args: ['--upstream', 'openai=http://127.0.0.1:9'] })
  const error = await client(`${proxy.address}/openai/v1`, { maxRetries: 1 })
    .chat.completions.create({ model: MODEL, messages })
    .catch(error => error)
  expect(error).toMatchObject({ status: 502, code: 'upstream_unreachable' })
  expect(await proxy.entries()).toMatchObject([
    { metadata: { 'audit.status': 'error' } },
    { metadata: { 'audit.status': 'error' } },
  ])
})

test('other providers have a path of their own', async () => {
  const scene = server.scene()
  const proxy = await startProxy({ args: upstream(scene, 'acme') })
  await client(`${proxy.address}/acme/v1`).chat.completions.create({ model: MODEL, messages })
  expect(await proxy.entries()).toMatchObject([{ metadata: { 'gen_ai.provider.name': 'acme' } }])
})

test('without a header the user is anonymous, and a name of any script is read', async () => {
  const { proxy, baseURL } = await proxied(server)
  await client(baseURL).chat.completions.create({ model: MODEL, messages })
  const name = Buffer.from('Ærøskøbing 太郎').toString('latin1') // as a client writes UTF-8 into a header
  await client(baseURL, { defaultHeaders: { 'x-audit-user': name } }).chat.completions.create({
    model: MODEL,
    messages,
  })
  expect(await proxy.entries()).toMatchObject([{ user: 'anonymous' }, { user: 'Ærøskøbing 太郎' }])
})

test('many at once are each recorded once, for whom they were asked', async () => {
  const { proxy, baseURL } = await proxied(server, 'slow')
  const users = Array.from({ length: 40 }, (_, i) => `user ${i}`)
  await Promise.all(
    users.map(async user => {
      const asking = client(baseURL, { defaultHeaders: { 'x-audit-user': user } })
      const content = `the question of ${user}`
      const stream = await asking.chat.completions.create({
        model: MODEL,
        messages: [{ role: 'user', content }],
        stream: true,
      })
      for await (const _ of stream);
    }),
  )
  const entries = await proxy.entries()
  expect(entries.map(({ user }) => user).toSorted()).toEqual(users.toSorted())
  for (const { user, outputText } of entries) expect(outputText).toBe(`You said: the question of ${user}`)
})
