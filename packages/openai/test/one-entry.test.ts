import { type Capture, createCapture } from '@audit/capture'
import { type AuditEntry, AuditLog, MemoryBackend } from '@audit/core'
import type { Scene } from '@audit/harness'
import { ANSWER, QUESTION } from '@audit/harness/situations'
import { providerServer } from '@audit/harness/vitest'
import { describe, expect, test } from 'vitest'
import { auditOpenAI } from '../src/index.ts'
import { type Client, SDKS } from './sdks.ts'

const server = await providerServer()

interface Bench {
  readonly log: AuditLog
  readonly capture: Capture
  readonly client: Client
  readonly scene: Scene
  entries(): Promise<readonly AuditEntry[]>
}

function bench(
  sdk: (typeof SDKS)[number],
  options: Partial<Parameters<typeof createCapture>[0]> = {},
): Bench {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, ...options })
  const scene = server.scene()
  const client = auditOpenAI(sdk.create({ baseURL: scene.url, apiKey: 'none' }), capture)
  return { log, capture, client, scene, entries: () => log.query() }
}

const messages = [{ role: 'user' as const, content: QUESTION }]
const chat = (client: Client, extra: object = {}) =>
  client.chat.completions.create({ model: 'gpt-4o-mini', messages, ...extra })

describe.each(SDKS)('openai $major', sdk => {
  test('wrapping changes neither the object nor what it shows of itself', () => {
    const capture = createCapture({ log: new AuditLog() })
    const bare = sdk.create({ baseURL: 'http://127.0.0.1:1/v1', apiKey: 'none' })
    const keys = Object.keys(bare)
    const client = auditOpenAI(bare, capture)
    expect(client).toBe(bare)
    expect(Object.keys(client)).toEqual(keys)
    expect(client).toBeInstanceOf(bare.constructor)
  })

  test('wrapping twice records once', async () => {
    const { capture, client, entries } = bench(sdk)
    expect(auditOpenAI(client, capture)).toBe(client)
    await chat(client)
    expect(await entries()).toHaveLength(1)
  })

  test('a client behind a Proxy records, as it works without', async () => {
    const log = new AuditLog({ backend: new MemoryBackend() })
    const bare = sdk.create({ baseURL: server.scene('rate-limited').url, apiKey: 'none' })
    const client = auditOpenAI(new Proxy(bare, {}), createCapture({ log }))
    await chat(client)
    expect(await log.query()).toMatchObject([{ outputText: ANSWER, metadata: { 'audit.attempts': 3 } }])
  })

  test.each([
    ['frozen', Object.freeze],
    ['sealed', Object.seal],
    ['not extensible', Object.preventExtensions],
  ])('a client that is %s is refused, and left as it was', async (_, close) => {
    const bare = close(sdk.create({ baseURL: server.scene().url, apiKey: 'none' }))
    const { fetch: before } = Object(bare)
    expect(() => auditOpenAI(bare, createCapture({ log: new AuditLog() }))).toThrow(
      expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }),
    )
    expect(Object(bare).fetch).toBe(before)
    expect((await chat(bare)).choices).toHaveLength(1)
  })

  test('two captures have an entry each', async () => {
    const { client, entries } = bench(sdk)
    const other = new AuditLog({ backend: new MemoryBackend() })
    auditOpenAI(client, createCapture({ log: other }))
    await chat(client)
    expect(await entries()).toHaveLength(1)
    expect(await other.count()).toBe(1)
  })

  test('who asked is settled when the call starts, not when it is read', async () => {
    let user = 'alice'
    const { client, capture, entries } = bench(sdk, { user: () => user })
    const stream = await client.chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true })
    user = 'bob'
    await capture.withScope({ user: 'mallory', conversation: 'other' }, async () => {
      for await (const _ of stream) user = 'carol'
    })
    expect(await entries()).toMatchObject([{ user: 'alice' }])
    expect((await entries())[0]?.metadata).not.toHaveProperty('gen_ai.conversation.id')
  })

  test('where user() throws, the call is not made', async () => {
    const { client, entries, scene } = bench(sdk, {
      user: () => {
        throw new RangeError('nobody is logged in')
      },
    })
    await expect((async () => chat(client))()).rejects.toThrow('nobody is logged in')
    expect(scene.requests).toBe(0)
    expect(await entries()).toHaveLength(0)
  })

  test('scopes nest, hold across await and in parallel', async () => {
    const { client, capture, entries } = bench(sdk, { user: 'nobody' })
    await Promise.all(
      ['alice', 'bob', 'carol'].map(user =>
        capture.withScope({ user, metadata: { tenant: 'eu' } }, async () => {
          await new Promise(setImmediate)
          await capture.withScope({ conversation: `of ${user}`, metadata: { part: 1 } }, () => chat(client))
        }),
      ),
    )
    const found = await entries()
    expect(found.map(({ user }) => user).toSorted()).toEqual(['alice', 'bob', 'carol'])
    for (const { user, metadata } of found) {
      expect(metadata).toMatchObject({ 'gen_ai.conversation.id': `of ${user}`, tenant: 'eu', part: 1 })
    }
  })

  test('metadata is that of the start, and what no entry can hold keeps the call from being made', async () => {
    const { client, capture, entries, scene } = bench(sdk)
    const metadata = { tenant: 'eu' }
    await capture.withScope({ metadata }, () => {
      const calling = chat(client)
      metadata.tenant = 'us'
      return calling
    })
    expect((await entries())[0]?.metadata.tenant).toBe('eu')
    const withDate = () => capture.withScope({ metadata: { at: new Date() } }, () => chat(client))
    expect(withDate).toThrow(expect.objectContaining({ code: 'AUDIT_INVALID_ENTRY' }))
    expect(scene.requests).toBe(1)
  })

  test('a middleware around an audited client leaves the entry to it', async () => {
    const { client, capture, entries } = bench(sdk)
    const start = {
      provider: 'openai',
      operation: 'chat',
      requestModel: 'gpt-4o-mini',
      input: 'as the framework says it',
    }
    const call = capture.begin(start)
    const answer = await call.run(() => chat(client))
    await call.end({ status: 'ok', output: answer.choices[0]?.message.content ?? '' })
    await chat(client) // outside of the call
    const found = await entries()
    expect(found).toHaveLength(2)
    for (const entry of found) expect(entry).toMatchObject({ inputText: QUESTION, outputText: ANSWER })
  })

  test('a guard that a middleware asks first has an entry beside that of the middleware', async () => {
    const { client, capture, entries } = bench(sdk)
    const call = capture.begin({
      provider: 'own',
      operation: 'chat',
      requestModel: 'own-1',
      input: 'a question',
    })
    await call.run(() => chat(client))
    await call.end({ status: 'ok', output: 'an answer' })
    expect((await entries()).map(({ outputText }) => outputText)).toEqual([ANSWER, 'an answer'])
  })

  test('content: messages keeps the exact messages', async () => {
    const { client, entries } = bench(sdk, { content: 'messages' })
    await chat(client)
    const [entry] = await entries()
    expect(entry).toMatchObject({ inputText: QUESTION, outputText: ANSWER })
    expect(entry?.metadata).toMatchObject({
      'gen_ai.input.messages': messages,
      'gen_ai.output.messages': [{ role: 'assistant', content: ANSWER }],
    })
  })

  test('content: digest keeps no text', async () => {
    const { client, entries } = bench(sdk, { content: 'digest' })
    await chat(client)
    const [entry] = await entries()
    expect(JSON.stringify(entry)).not.toMatch(/three/)
    expect(entry?.inputText).toMatch(/^\[text\/plain, 27 bytes, sha256:[0-9a-f]{64}\]$/)
  })

  test('the price is the hook’s, of the model that answered', async () => {
    const asked: unknown[] = []
    const price = { costUsd: 0.25, source: 'a list', version: '1', model: 'gpt-4o-mini' }
    const { client, entries } = bench(sdk, { price: call => (asked.push(call) > 0 ? price : null) })
    await chat(client)
    const [entry] = await entries()
    expect(entry?.costUsd).toBe(0.25)
    expect(entry?.metadata['audit.price']).toEqual({ source: 'a list', version: '1', model: 'gpt-4o-mini' })
    expect(asked).toMatchObject([
      {
        provider: server.host,
        responseModel: 'gpt-4o-mini',
        serviceTier: 'default',
        usage: { inputTokens: 10, cacheReadTokens: 2 },
      },
    ])
  })

  test.each([
    () => {
      throw new RangeError('no price list')
    },
    () => null,
    () => ({ costUsd: Number.NaN, source: 's', version: 'v', model: 'm' }),
    () => ({ costUsd: -1, source: 's', version: 'v', model: 'm' }),
  ])('a price that is none costs nothing but the price (%#)', async price => {
    const { client, entries } = bench(sdk, { price })
    await chat(client)
    expect(await entries()).toMatchObject([{ costUsd: null }])
  })

  test('media are shown by their digest, and roles by name', async () => {
    const { client, entries } = bench(sdk)
    const url = `data:image/png;base64,${Buffer.from('not really a picture').toString('base64')}`
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image_url' as const, image_url: { url } },
    ]
    await chat(client, {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content },
      ],
    })
    const [entry] = await entries()
    expect(entry?.inputText).toMatch(
      /^system:\nBe brief\.\n\nuser:\nWhat is this\?\n\[image\/png, 20 bytes, sha256:[0-9a-f]{64}\]$/,
    )
  })

  test('embeddings are counted, not copied', async () => {
    const { client, entries } = bench(sdk)
    const answer = await client.embeddings.create({
      model: 'text-embedding-3-small',
      input: ['one two', 'three'],
    })
    expect(answer.data).toHaveLength(2)
    expect(await entries()).toMatchObject([
      {
        model: 'text-embedding-3-small',
        inputText: 'one two\nthree',
        outputText: '[2 embeddings]',
        metadata: { 'gen_ai.operation.name': 'embeddings', 'gen_ai.usage.input_tokens': 3 },
      },
    ])
  })

  test('what asks no model passes, and is claimed', async () => {
    const { client, capture, entries } = bench(sdk, { hosts: [server.host], strict: true })
    await expect(client.models.list()).rejects.toMatchObject({ status: 404 })
    expect(await entries()).toHaveLength(0)
    expect(capture.coverage()).toMatchObject({ requests: 1, claimed: 1, unclaimed: {} })
    await capture.close() // it is strict
  })

  test('coverage counts a call that goes past every integration, and strict refuses it', async () => {
    const { capture, scene } = bench(sdk, { hosts: [server.host] })
    const bare = sdk.create({ baseURL: scene.url, apiKey: 'none', maxRetries: 0 })
    await chat(bare)
    expect(capture.coverage()).toMatchObject({ requests: 1, claimed: 0, unclaimed: { [server.host]: 1 } })
    const strict = createCapture({ log: new AuditLog(), hosts: [server.host], strict: true })
    const error = await chat(bare).then(
      () => undefined,
      (reason: Error) => reason,
    )
    // Version 4 fetches by node:http, whose errors node-fetch copies.
    expect(causes(error).indexOf('AUDIT_UNRECORDED_CALL')).toBe(sdk.major === 4 ? 1 : 2)
    expect(scene.requests).toBe(1)
    expect(strict.coverage()).toMatchObject({ requests: 1, claimed: 0 })
    await chat(auditOpenAI(bare, strict))
    expect(scene.requests).toBe(2)
    await strict.close()
    await chat(sdk.create({ baseURL: scene.url, apiKey: 'none' }))
    expect(scene.requests).toBe(3)
  })
})

// Version 4 has neither withOptions nor keys from a function.
describe.each(SDKS.filter(({ major }) => major > 4))('openai $major, and not 4', sdk => {
  test('a clone with a fetch of its own records, and a clone of a clone once', async () => {
    const { client, entries, scene } = bench(sdk)
    let sent = 0
    const own: typeof fetch = (...request) => {
      sent++
      return fetch(...request)
    }
    await chat(client.withOptions({ fetch: own }))
    expect(sent).toBe(1)
    await chat(client.withOptions({ timeout: 5000 }).withOptions({ maxRetries: 1 }))
    expect(await entries()).toHaveLength(2)
    expect(scene.requests).toBe(2)
  })

  test('a call that the SDK gives up between two requests is recorded then', async () => {
    const log = new AuditLog({ backend: new MemoryBackend() })
    let keys = 0
    const apiKey = async () => {
      if (++keys > 1) throw new RangeError('no second key')
      return 'none'
    }
    const client = sdk.create({ baseURL: server.scene('rate-limited').url, apiKey })
    await expect(chat(auditOpenAI(client, createCapture({ log })))).rejects.toThrow('no second key')
    for (let i = 0; i < 100 && (await log.count()) === 0; i++) await new Promise(setImmediate)
    expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'error', 'error.type': '429' } }])
  })

  test('a clone for another provider says so', async () => {
    const { client, entries } = bench(sdk)
    const answers: typeof fetch = async () => Response.json({ model: 'llama', choices: [] })
    await chat(client.withOptions({ baseURL: 'https://api.groq.com/openai/v1', fetch: answers }))
    expect((await entries())[0]).toMatchObject({
      model: 'llama',
      metadata: { 'gen_ai.provider.name': 'groq' },
    })
  })
})

/** The codes of an error and of what caused it. */
function causes(error: unknown): readonly unknown[] {
  const codes: unknown[] = []
  for (
    let at: { cause?: unknown; code?: unknown } = Object(error);
    at.cause ?? at.code;
    at = Object(at.cause)
  ) {
    codes.push(at.code)
  }
  return codes
}
