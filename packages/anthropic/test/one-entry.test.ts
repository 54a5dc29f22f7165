import Anthropic, { type Middleware } from '@anthropic-ai/sdk'
import { auditFetch, type Capture, type CaptureOptions, createCapture } from '@audit/capture'
import { type AuditEntry, AuditLog, MemoryBackend } from '@audit/core'
import type { Behaviour, Scene } from '@audit/harness'
import { ANSWER, QUESTION, readAll } from '@audit/harness/situations'
import { providerServer } from '@audit/harness/vitest'
import { describe, expect, test } from 'vitest'
import { auditMiddleware } from '../src/index.ts'
import { addressOf, BODY, MODEL } from './observed.ts'
import { type Client, SDKS, type Sdk, WITH_MIDDLEWARE } from './sdks.ts'

const server = await providerServer()

interface Bench {
  readonly log: AuditLog
  readonly capture: Capture
  readonly client: Client
  readonly scene: Scene
  entries(): Promise<readonly AuditEntry[]>
}

function bench(sdk: Sdk, options: Partial<CaptureOptions> = {}, behaviour: Behaviour = 'fine'): Bench {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, ...options })
  const scene = server.scene(behaviour)
  const client = sdk.create({ baseURL: addressOf(scene) }, capture)
  return { log, capture, client, scene, entries: () => log.query() }
}

const chat = (client: Client, extra: object = {}) => client.messages.create({ ...BODY, ...extra })

/** Waits for as many entries as there must be; a test that waits in vain times out. */
async function stored(log: AuditLog, count: number): Promise<readonly AuditEntry[]> {
  while ((await log.count()) < count) await new Promise(resolve => setTimeout(resolve, 5))
  return log.query()
}

describe.each(SDKS)('$version', sdk => {
  test('who asked is settled when the call starts, not when it is read', async () => {
    let user = 'alice'
    const { client, capture, entries } = bench(sdk, { user: () => user })
    const stream = await client.messages.create({ ...BODY, stream: true })
    user = 'bob'
    await capture.withScope({ user: 'mallory', conversation: 'other' }, async () => {
      for await (const _ of stream) user = 'carol'
    })
    expect(await entries()).toMatchObject([{ user: 'alice' }])
    expect((await entries())[0]?.metadata).not.toHaveProperty('gen_ai.conversation.id')
  })

  test('scopes nest, hold across await and in parallel', async () => {
    const { client, capture, entries } = bench(sdk, { user: 'nobody' }, 'rate-limited')
    await Promise.all(
      ['alice', 'bob', 'carol'].map(user =>
        capture.withScope({ user, metadata: { tenant: 'eu' } }, async () => {
          await new Promise(setImmediate)
          await capture.withScope({ conversation: `of ${user}`, metadata: { part: 1 } }, () => chat(client))
        }),
      ),
    )
    const found = (await entries()).filter(({ metadata }) => metadata['audit.status'] === 'ok')
    expect(found.map(({ user }) => user).toSorted()).toEqual(['alice', 'bob', 'carol'])
    for (const { user, metadata } of found) {
      expect(metadata).toMatchObject({ 'gen_ai.conversation.id': `of ${user}`, tenant: 'eu', part: 1 })
    }
  })

  test('an integration around this one leaves the entry to it', async () => {
    const { client, capture, entries } = bench(sdk)
    const start = {
      provider: 'anthropic',
      operation: 'chat',
      requestModel: MODEL,
      input: 'as the framework says it',
    }
    const call = capture.begin(start)
    await call.run(() => chat(client))
    await call.end({ status: 'ok', output: ANSWER })
    await chat(client) // outside of the call
    const found = await entries()
    expect(found).toHaveLength(2)
    for (const entry of found) expect(entry).toMatchObject({ inputText: QUESTION, outputText: ANSWER })
  })

  test('content: messages keeps the exact messages', async () => {
    const { client, entries } = bench(sdk, { content: 'messages' })
    await chat(client, { system: 'Be brief.' })
    const [entry] = await entries()
    expect(entry).toMatchObject({ inputText: `system:\nBe brief.\n\nuser:\n${QUESTION}`, outputText: ANSWER })
    expect(entry?.metadata).toMatchObject({
      'gen_ai.input.messages': [{ role: 'system', content: 'Be brief.' }, ...BODY.messages],
      'gen_ai.output.messages': [{ role: 'assistant', content: [{ type: 'text', text: ANSWER }] }],
    })
  })

  test('counting tokens and batches ask no model: they pass, and are claimed', async () => {
    const { client, capture, entries } = bench(sdk, { hosts: [server.host], strict: true })
    const { model, messages } = BODY
    await expect(client.messages.countTokens({ model, messages })).rejects.toMatchObject({ status: 404 })
    const requests = [{ custom_id: 'one', params: BODY }]
    await expect(client.messages.batches.create({ requests })).rejects.toMatchObject({ status: 404 })
    expect(await entries()).toHaveLength(0)
    expect(capture.coverage()).toMatchObject({ requests: 2, claimed: 2, unclaimed: {} })
    await capture.close() // it is strict
  })

  test('an error event ends a stream for the SDK: what was shown before it is recorded, and what it says', async () => {
    const { client, capture, entries } = bench(sdk, {}, 'error-event')
    let shown = ''
    const reading = async () => {
      for await (const event of await client.messages.create({ ...BODY, stream: true }))
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta')
          shown += event.delta.text
    }
    await expect(reading()).rejects.toThrow('overloaded')
    await capture.drain()
    const metadata = {
      'audit.status': 'error',
      'error.type': 'overloaded_error',
      'audit.error': 'overloaded',
    }
    expect(await entries()).toMatchObject([{ outputText: shown, metadata }])
    expect(ANSWER.startsWith(shown)).toBe(true)
  })

  test('an entry says which integration wrote it', async () => {
    const { client, entries } = bench(sdk)
    await chat(client)
    const written = sdk.hasMiddleware
      ? { integration: '@audit/anthropic', level: 'middleware' }
      : { integration: '@audit/capture', level: 'wire' }
    expect((await entries())[0]?.metadata['audit.capture']).toMatchObject(written)
  })
})

test('a version without middleware ignores it, which coverage() counts and strict refuses', async () => {
  const [withoutMiddleware] = SDKS
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, hosts: [server.host], strict: true })
  const ignored: object = { middleware: [auditMiddleware(capture)], maxRetries: 0 }
  const scene = server.scene()
  const client = withoutMiddleware?.create({ ...ignored, baseURL: addressOf(scene) }, undefined)
  if (!client) return expect.fail('there is no such version')
  const error = await chat(client).then(
    () => expect.fail('it was sent'),
    (reason: Error) => reason,
  )
  expect(error.cause).toMatchObject({ cause: { code: 'AUDIT_UNRECORDED_CALL' } })
  expect(scene.requests).toBe(0)
  expect(capture.coverage()).toMatchObject({ claimed: 0, unclaimed: { [server.host]: 1 } })
  await capture.close()
})

describe.each(WITH_MIDDLEWARE)('$version, whose middleware sees each attempt', sdk => {
  test('a client that has it twice records once, also where a request has its own', async () => {
    const { client, capture, entries } = bench(sdk, {}, 'rate-limited')
    await chat(client.withOptions({ middleware: [auditMiddleware(capture), auditMiddleware(capture)] }))
    expect(await entries()).toMatchObject([{ metadata: { 'audit.status': 'ok', 'audit.attempts': 3 } }])
    await client.messages.create(BODY, { middleware: [auditMiddleware(capture)] })
    expect(await entries()).toHaveLength(2)
  })

  test('with auditFetch below it, it records, since it knows which requests are one call', async () => {
    const { client, capture, entries } = bench(sdk, {}, 'rate-limited')
    await chat(client.withOptions({ fetch: auditFetch(capture) }))
    const metadata = {
      'audit.attempts': 3,
      'audit.capture': { integration: '@audit/anthropic', level: 'middleware' },
    }
    expect(await entries()).toMatchObject([{ outputText: ANSWER, metadata }])
  })

  test('two captures have an entry each', async () => {
    const { client, capture, entries } = bench(sdk, {}, 'rate-limited')
    const other = new AuditLog({ backend: new MemoryBackend() })
    const middleware = [auditMiddleware(capture), auditMiddleware(createCapture({ log: other }))]
    await chat(client.withOptions({ middleware }))
    for (const found of [await entries(), await other.query()]) {
      expect(found).toMatchObject([{ metadata: { 'audit.attempts': 3 } }])
    }
  })

  test('options that are used again are another call', async () => {
    const { client, entries } = bench(sdk)
    const body = { ...BODY, stream: true }
    const options = { method: 'post' as const, path: '/v1/messages', body, stream: true }
    const streams = [await client.request(options), await client.request(options)]
    for (const stream of streams) await readAll(stream, [])
    await readAll(await client.request(options), [])
    const whole = { outputText: ANSWER, metadata: { 'audit.status': 'ok' } }
    expect(await entries()).toMatchObject([whole, whole, whole])
  })

  test('an attempt that failed does not end the one that follows, however slowly that is read', async () => {
    const { client, entries } = bench(sdk, {}, 'rate-limited')
    const stream = await client.messages.create({ ...BODY, stream: true })
    await new Promise(resolve => setTimeout(resolve, 2500)) // longer than after two attempts a third is waited for
    await readAll(stream, [])
    expect(await entries()).toMatchObject([{ outputText: ANSWER, metadata: { 'audit.attempts': 3 } }])
  })

  test('a middleware around it that sends a request again has one entry for each answer', async () => {
    const { client, capture, entries } = bench(sdk)
    const twice: Middleware = async (request, next) => {
      await (await next(request)).text()
      return next(request)
    }
    await chat(client.withOptions({ middleware: [twice, auditMiddleware(capture)] }))
    expect(await entries()).toMatchObject([{ outputText: ANSWER }, { outputText: ANSWER }])
  })

  test('a middleware around it that reads a refusal changes nothing', async () => {
    const { client, capture, entries } = bench(sdk, {}, 'rate-limited')
    const bodies: unknown[] = []
    const reader: Middleware = async (request, next, context) => {
      const response = await next(request)
      if (!response.ok) bodies.push(await context.parse(response))
      return response
    }
    await chat(client.withOptions({ middleware: [reader, auditMiddleware(capture)] }))
    expect(bodies).toMatchObject([{ error: { code: '429' } }, { error: { code: '429' } }])
    expect(await entries()).toMatchObject([{ metadata: { 'audit.attempts': 3 } }])
  })

  test('a refusal is recorded before the application meets it', async () => {
    const { client, entries } = bench(sdk, {}, 'failing')
    await expect(chat(client)).rejects.toMatchObject({ status: 500 })
    expect(await entries()).toMatchObject([
      { metadata: { 'audit.status': 'error', 'error.type': '500', 'audit.attempts': 3 } },
    ])
  })

  test('a refusal that a middleware takes for itself is recorded when the SDK does not try again', async () => {
    const { client, capture, log } = bench(sdk, {}, 'failing')
    const thrower: Middleware = async (request, next) => {
      const { ok } = await next(request)
      if (!ok) throw new RangeError('no answer')
      return Response.json({})
    }
    await expect(
      chat(client.withOptions({ middleware: [thrower, auditMiddleware(capture)] })),
    ).rejects.toThrow('no answer')
    expect(await stored(log, 1)).toMatchObject([{ metadata: { 'error.type': '500' } }])
  })

  test('a host that cannot be reached is recorded: at once where the request says how often it is tried', async () => {
    const { client, log } = bench(sdk)
    const unreachable = client.withOptions({ baseURL: 'http://127.0.0.1:1', maxRetries: 0 })
    await expect(unreachable.messages.create(BODY, { maxRetries: 0 })).rejects.toThrow('Connection error.')
    expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'error' } }])
    await expect(chat(unreachable)).rejects.toThrow('Connection error.')
    const [, second] = await stored(log, 2) // and a second later where the client does
    expect(second?.metadata).toMatchObject({ 'audit.status': 'error' })
    expect(second?.metadata).not.toHaveProperty('audit.attempts')
  })
})

test.each([
  ['http://localhost:8080', undefined, 'localhost:8080'],
  ['https://api.anthropic.com', undefined, 'anthropic'],
  ['https://llm.example', { provider: 'anthropic' }, 'anthropic'],
])('who answers at %s with %j is %s', async (baseURL, options, provider) => {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const fetch = async () => Response.json({ type: 'message', model: MODEL, content: [] })
  const middleware = [auditMiddleware(createCapture({ log }), options)]
  await chat(new Anthropic({ apiKey: 'none', baseURL, fetch, middleware }))
  expect(await log.query()).toMatchObject([{ metadata: { 'gen_ai.provider.name': provider } }])
})

test.each([{ providers: 'anthropic' }, { provider: 1 }])('an option that is none is refused: %j', options => {
  const capture = createCapture({ log: new AuditLog() })
  expect(() => auditMiddleware(capture, options as object)).toThrow(
    expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }),
  )
})
