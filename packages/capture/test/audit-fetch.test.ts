import { AuditLog, MemoryBackend } from '@audit/core'
import type { Behaviour } from '@audit/harness'
import { providerServer } from '@audit/harness/vitest'
import { expect, test } from 'vitest'
import { auditFetch, createCapture } from '../src/index.ts'

const server = await providerServer()

function bench(behaviour: Behaviour = 'fine', options: Partial<Parameters<typeof createCapture>[0]> = {}) {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, ...options })
  const scene = server.scene(behaviour)
  const url = `${scene.url}/chat/completions`
  return { log, capture, scene, url, send: auditFetch(capture, { provider: 'mistral_ai' }) }
}

const question = { model: 'mistral-small', messages: [{ role: 'user', content: 'one two three' }] }
const post = (extra: object = {}) => ({ method: 'POST', body: JSON.stringify({ ...question, ...extra }) })

test('a response looks as it did: class, url, status, headers, clones', async () => {
  const { url, send } = bench()
  const bare = await fetch(url, post())
  const response = await send(url, post())
  expect(response).toBeInstanceOf(Response)
  for (const key of ['url', 'status', 'statusText', 'ok', 'redirected', 'type', 'bodyUsed'] as const) {
    expect(response[key]).toBe(bare[key])
  }
  const named = (of: Response) => [...of.headers].filter(([name]) => name !== 'date')
  expect(named(response)).toEqual(named(bare))
  const clone = response.clone()
  expect(clone.url).toBe(url)
  expect(await clone.json()).toEqual(await bare.json())
  expect(await response.json()).toMatchObject({ model: 'mistral-small' })
})

const INPUTS: readonly (readonly [name: string, input: (url: string) => Parameters<typeof fetch>])[] = [
  ['a string', url => [url, post()]],
  ['a URL', url => [new URL(url), post()]],
  ['a Request', url => [new Request(url, post()), undefined]],
  ['bytes', url => [url, { method: 'post', body: Buffer.from(post().body) }]],
  ['a Blob', url => [url, { method: 'POST', body: new Blob([post().body]) }]],
]

test.each(INPUTS)('it takes %s', async (_, input) => {
  const { url, send, log } = bench()
  await (await send(...input(url))).json()
  expect(await log.query()).toMatchObject([
    {
      model: 'mistral-small',
      inputText: 'one two three',
      outputText: 'You said: one two three',
      metadata: {
        'gen_ai.provider.name': 'mistral_ai',
        'audit.capture': { integration: '@audit/capture', level: 'wire' },
      },
    },
  ])
})

test('it reads nothing ahead of the application', async () => {
  const { url, send, capture, scene } = bench('endless')
  const response = await send(url, post({ stream: true }))
  await new Promise(resolve => setTimeout(resolve, 300)) // what reads ahead would read all that comes meanwhile
  const sent = scene.bytes
  await new Promise(resolve => setTimeout(resolve, 300))
  expect(scene.bytes - sent).toBeLessThan(4_000_000) // what lies in the buffers of the connection
  await response.body?.cancel()
  await capture.drain()
})

test('what was shown before a break is recorded, and nothing behind it', async () => {
  const { url, send, log, capture } = bench('gzip') // all events in one chunk of the network
  const response = await send(url, post({ stream: true }))
  const reader = response.body?.getReader()
  for (let i = 0; i < 4; i++) await reader?.read()
  await reader?.cancel()
  await capture.drain()
  expect(await log.query()).toMatchObject([
    { outputText: 'You said: one ', metadata: { 'audit.status': 'cancelled' } },
  ])
})

test('an answer that nobody reads on is recorded as unfinished, and cannot be read on', async () => {
  const { url, send, log } = bench('fine', { idleMs: 20 })
  const response = await send(url, post({ stream: true }))
  const reader = response.body?.getReader()
  await reader?.read()
  while ((await log.count()) === 0) await new Promise(resolve => setTimeout(resolve, 5))
  expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'unfinished' } }])
  await expect(reader?.read()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  expect(await log.count()).toBe(1)
})

test('a provider that is slow is not taken for a reader that is gone', async () => {
  const { url, send, log } = bench('slow', { idleMs: 2 })
  await (await send(url, post({ stream: true }))).text()
  expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'ok' } }])
})

test('an answer that is dropped is recorded once it is collected', async () => {
  const collect = globalThis.gc
  if (!collect) return expect.fail('run node with --expose-gc')
  const { url, send, log } = bench('fine', { idleMs: 600_000 })
  await (async () => void (await send(url, post({ stream: true }))))()
  for (let i = 0; (await log.count()) === 0; i++) {
    if (i > 400) expect.fail('it was never collected')
    collect()
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'unfinished' } }])
})

test.each([
  ['aborted', () => AbortSignal.abort()],
  ['timeout', () => AbortSignal.timeout(50)],
])('a signal ends the call: %s', async (status, signal) => {
  const { url, send, log, capture } = bench('silent')
  await expect(send(url, { ...post(), signal: signal() })).rejects.toThrow()
  await capture.drain()
  expect(await log.query()).toMatchObject([{ outputText: '', metadata: { 'audit.status': status } }])
})

test('a refusal is recorded when it comes, whether it is read or not', async () => {
  const { url, send, log } = bench('failing')
  const response = await send(url, post())
  expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'error', 'error.type': '500' } }])
  expect(response.status).toBe(500)
  expect(await response.json()).toHaveProperty('error')
})

test('a host that cannot be reached is an error with its code', async () => {
  const { send, log } = bench()
  await expect(send('http://127.0.0.1:1/v1/chat/completions', post())).rejects.toThrow(TypeError)
  const [entry] = await log.query()
  expect(entry?.metadata).toMatchObject({ 'audit.status': 'error' })
  expect(entry?.metadata['error.type']).toMatch(/^(ECONNREFUSED|ERR_|UND_ERR_|TypeError)/)
})

test.each([
  '/chat/completions/',
  '//chat//completions',
  '/CHAT/Completions',
  '/chat/%63ompletions',
  '/chat/completions?a=1#b',
  '/responses/compact',
])('a model that is asked at %s is recorded', async path => {
  const { log, capture } = bench()
  const send = auditFetch(capture, { fetch: async () => Response.json({ model: 'm' }) })
  await (await send(`https://llm.example/v1${path}`, post())).text()
  expect(await log.query()).toMatchObject([{ model: 'm' }])
})

test('what asks no model is passed on untouched', async () => {
  const { scene, log, capture } = bench()
  const sent: unknown[] = []
  const answer = new Response('ok')
  const send = auditFetch(capture, {
    fetch: async (...request) => {
      sent.push(request)
      return answer
    },
  })
  const init = { headers: { a: 'b' } }
  expect(await send(`${scene.url}/models`, init)).toBe(answer)
  expect(sent).toEqual([[`${scene.url}/models`, init]])
  expect(await log.count()).toBe(0)
})

test.each([
  ['throws', () => expect.fail('no session')],
  ['is asynchronous', async () => 'alice'],
])('it rejects, and sends nothing, where user() %s', async (_, user) => {
  const given = user as unknown as () => string // JavaScript gives what it likes
  const { url, send, scene, log } = bench('fine', { user: given })
  await expect(send(url, post())).rejects.toThrow()
  expect(scene.requests).toBe(0)
  expect(await log.count()).toBe(0)
})
