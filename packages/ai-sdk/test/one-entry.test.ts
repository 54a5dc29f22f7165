import { auditFetch, type Capture, createCapture } from '@audit/capture'
import { type AuditEntry, AuditLog, MemoryBackend } from '@audit/core'
import type { Behaviour, Scene } from '@audit/harness'
import { providerServer } from '@audit/harness/vitest'
import { describe, expect, onTestFinished, test } from 'vitest'
import { auditMiddleware } from '../src/index.ts'
import { bareModel, madeModel, PROMPT } from './made-model.ts'
import { ANSWER, QUESTION, readAll } from './observed.ts'
import { type Model, SDKS, type Sdk } from './sdks.ts'

const server = await providerServer()

interface Bench {
  readonly log: AuditLog
  readonly capture: Capture
  readonly model: Model
  readonly scene: Scene
  entries(): Promise<readonly AuditEntry[]>
}

type Options = Partial<Parameters<typeof createCapture>[0]> & { readonly behaviour?: Behaviour }

function bench(sdk: Sdk, { behaviour, ...options }: Options = {}): Bench {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, ...options })
  const scene = server.scene(behaviour)
  const model = sdk.ai.wrapLanguageModel({
    model: sdk.openai({ baseURL: scene.url }).chat('gpt-4o-mini'),
    middleware: auditMiddleware(capture),
  })
  return { log, capture, model, scene, entries: () => log.query() }
}

describe.each(SDKS)('ai $major', sdk => {
  const { ai } = sdk
  const ask = (model: Model) => ai.generateText({ model, prompt: QUESTION })

  test('a wrapped model has the names of the model', () => {
    const { model, scene } = bench(sdk)
    const bare = sdk.openai({ baseURL: scene.url }).chat('gpt-4o-mini')
    expect(model).toMatchObject({ provider: bare.provider, modelId: bare.modelId })
  })

  test('wrapping twice records once, whole and streamed', async () => {
    const { capture, model, entries } = bench(sdk)
    const middleware = auditMiddleware(capture)
    const twice = ai.wrapLanguageModel({ model, middleware: [middleware, middleware] })
    await ask(twice)
    await ai.streamText({ model: twice, prompt: QUESTION }).consumeStream()
    expect(await entries()).toHaveLength(2)
  })

  test('two captures have an entry each', async () => {
    const { model, entries } = bench(sdk)
    const other = new AuditLog({ backend: new MemoryBackend() })
    const middleware = auditMiddleware(createCapture({ log: other }))
    await ask(ai.wrapLanguageModel({ model, middleware }))
    expect(await entries()).toHaveLength(1)
    expect(await other.count()).toBe(1)
  })

  test.each([false, true])('over a fetch that records, the fetch does (intent: %s)', async intent => {
    const { capture, scene, entries, log } = bench(sdk, { intent })
    const provider = sdk.openai({ baseURL: scene.url, fetch: auditFetch(capture, { provider: 'openai' }) })
    const model = ai.wrapLanguageModel({
      model: provider.chat('gpt-4o-mini'),
      middleware: auditMiddleware(capture),
    })
    await ask(model)
    await ai.streamText({ model, prompt: QUESTION }).consumeStream()
    const found = (await entries()).filter(({ metadata }) => metadata['audit.intent'] !== true)
    expect(found).toMatchObject([
      { outputText: ANSWER, metadata: { 'audit.capture': { level: 'wire' } } },
      { outputText: ANSWER, metadata: { 'audit.capture': { level: 'wire' } } },
    ])
    expect(await capture.unfinished(log)).toEqual([])
    expect(await log.count()).toBe(intent ? 4 : 2)
  })

  test('with the log down, the fetch within fails closed through the middleware', async () => {
    const scene = server.scene()
    const capture = createCapture({ log: { record: () => Promise.reject(new Error('disk full')) } })
    const provider = sdk.openai({ baseURL: scene.url, fetch: auditFetch(capture) })
    const model = ai.wrapLanguageModel({
      model: provider.chat('gpt-4o-mini'),
      middleware: auditMiddleware(capture),
    })
    await expect(ask(model)).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    const { textStream } = ai.streamText({ model, prompt: QUESTION })
    await expect(readAll(textStream)).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    expect(scene.requests).toBe(2)
  })

  test('a middleware that simulates streaming is recorded once, on either side', async () => {
    const { capture, scene, entries } = bench(sdk)
    const model = sdk.openai({ baseURL: scene.url }).chat('gpt-4o-mini')
    const audit = auditMiddleware(capture)
    const simulate = ai.simulateStreamingMiddleware()
    for (const middleware of [
      [audit, simulate],
      [simulate, audit],
    ]) {
      const wrapped = ai.wrapLanguageModel({ model, middleware })
      expect(await ai.streamText({ model: wrapped, prompt: QUESTION }).text).toBe(ANSWER)
    }
    expect((await entries()).map(({ outputText }) => outputText)).toEqual([ANSWER, ANSWER])
  })

  test('a middleware or a model that asks another model on its way leaves the answer its entry', async () => {
    const { capture, entries } = bench(sdk)
    const guard = madeModel(sdk, capture, {
      result: { content: [{ type: 'text', text: 'safe' }] },
      modelId: 'guard-1',
    })
    const inner = bareModel(sdk.major, {
      result: { content: [{ type: 'text', text: 'the answer' }] },
      parts: [
        { type: 'text-delta', id: '0', delta: 'the answer' },
        { type: 'finish', usage: {} },
      ],
    })
    const generate = inner.doGenerate.bind(inner)
    const stream = inner.doStream.bind(inner)
    inner.doGenerate = async options => {
      await ask(guard)
      return generate(options)
    }
    inner.doStream = async options => {
      await ask(guard)
      return stream(options)
    }
    const model = ai.wrapLanguageModel({ model: inner, middleware: auditMiddleware(capture) })
    await ask(model)
    await ai.streamText({ model, prompt: QUESTION }).consumeStream()
    expect((await entries()).map(({ outputText }) => outputText)).toEqual([
      'safe',
      'the answer',
      'safe',
      'the answer',
    ])
  })

  test('every language model of a wrapped provider records', async () => {
    const { capture, scene, entries } = bench(sdk)
    const provider = ai.wrapProvider({
      provider: sdk.openai({ baseURL: scene.url }),
      languageModelMiddleware: auditMiddleware(capture),
    })
    await ask(provider.languageModel('gpt-4o-mini'))
    expect(await entries()).toHaveLength(1)
  })

  test('every language model of a registry records, and of the provider that serves models given as strings', async () => {
    const { capture, scene, entries } = bench(sdk)
    const languageModelMiddleware = auditMiddleware(capture)
    const openai = sdk.openai({ baseURL: scene.url })
    const registry = ai.createProviderRegistry({ openai }, { languageModelMiddleware })
    await ask(registry.languageModel('openai:gpt-4o-mini'))
    globalThis.AI_SDK_DEFAULT_PROVIDER = ai.wrapProvider({ provider: openai, languageModelMiddleware })
    onTestFinished(() => {
      globalThis.AI_SDK_DEFAULT_PROVIDER = undefined
    })
    await ai.generateText({ model: 'gpt-4o-mini', prompt: QUESTION })
    await ai.streamText({ model: 'gpt-4o-mini', prompt: QUESTION }).consumeStream()
    expect((await entries()).map(({ outputText }) => outputText)).toEqual([ANSWER, ANSWER, ANSWER])
    expect(scene.requests).toBe(3)
  })

  test('who asked is settled when the call starts, not when it is read', async () => {
    let user = 'alice'
    const { model, capture, entries } = bench(sdk, { user: () => user })
    const { stream } = await model.doStream({ prompt: PROMPT })
    user = 'bob'
    await capture.withScope({ user: 'mallory', conversation: 'other' }, async () => {
      for await (const _ of stream) user = 'carol'
    })
    expect(await entries()).toMatchObject([{ user: 'alice' }])
    expect((await entries())[0]?.metadata).not.toHaveProperty('gen_ai.conversation.id')
  })

  test('scopes hold across the steps of a tool loop, and in parallel; tools are in no call', async () => {
    const { model, capture, entries } = bench(sdk)
    const properties = { city: { type: 'string' as const } }
    const get_weather = ai.tool({
      inputSchema: ai.jsonSchema<{ city: string }>({ type: 'object', properties }),
      execute: async () => {
        await capture.withScope({ metadata: { tool: true } }, () => ask(madeModel(sdk, capture, {})))
        return 'sunny'
      },
    })
    await Promise.all(
      ['alice', 'bob'].map(user =>
        capture.withScope({ user, conversation: `of ${user}` }, () =>
          ai
            .streamText({ model, prompt: QUESTION, tools: { get_weather }, stopWhen: ai.stepCountIs(3) })
            .consumeStream(),
        ),
      ),
    )
    const found = await entries()
    expect(found).toHaveLength(6) // for each of them two steps, and what the tool asks in between
    for (const user of ['alice', 'bob']) {
      const own = found.filter(entry => entry.user === user)
      expect(own.map(({ metadata }) => metadata['gen_ai.conversation.id'])).toEqual(
        Array(3).fill(`of ${user}`),
      )
      expect(own.map(({ metadata }) => metadata.tool)).toEqual([undefined, true, undefined])
    }
  })

  test('attempts are marked from the second one on', async () => {
    const { model, entries } = bench(sdk, { behaviour: 'rate-limited' })
    await ask(model)
    expect((await entries()).map(({ metadata }) => metadata['audit.attempt'])).toEqual([undefined, 2, 3])
    await ask(model) // the same question again is no attempt
    expect((await entries()).at(-1)?.metadata).not.toHaveProperty('audit.attempt')
  })

  test('attempts of a stream are marked where the SDK shows them to be some', async () => {
    const { model, entries } = bench(sdk, { behaviour: 'rate-limited' })
    await ai.streamText({ model, prompt: QUESTION }).consumeStream()
    const marks = (await entries()).map(({ metadata }) => metadata['audit.attempt'])
    expect(marks).toEqual(sdk.major === 7 ? [undefined, undefined, undefined] : [undefined, 2, 3])
  })

  test('a stream that nobody reads is recorded after idleMs, and fails when it is read on', async () => {
    const { model, entries } = bench(sdk, { idleMs: 20, behaviour: 'endless-stream' })
    const { stream } = await model.doStream({ prompt: PROMPT })
    const reader = stream.getReader()
    await reader.read()
    while ((await entries()).length === 0) await new Promise(resolve => setTimeout(resolve, 5))
    expect(await entries()).toMatchObject([{ metadata: { 'audit.status': 'unfinished' } }])
    await expect(reader.read()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  })

  test('a slow model is not taken for a slow reader', async () => {
    const { model, entries } = bench(sdk, { idleMs: 1, behaviour: 'slow' })
    const { stream } = await model.doStream({ prompt: PROMPT })
    for await (const _ of stream);
    expect(await entries()).toMatchObject([{ metadata: { 'audit.status': 'ok' } }])
  })

  test('cancelling reaches the model, with the reason', async () => {
    const { capture, entries } = bench(sdk)
    const reasons: unknown[] = []
    const parts = [{ type: 'text-delta', id: '0', delta: 'so far' }]
    const model = madeModel(sdk, capture, { parts, onCancel: reason => reasons.push(reason) })
    const { stream } = await model.doStream({ prompt: PROMPT })
    const reader = stream.getReader()
    await reader.read()
    await reader.cancel('enough')
    expect(reasons).toEqual(['enough'])
    expect(await entries()).toMatchObject([
      { outputText: 'so far', metadata: { 'audit.status': 'cancelled' } },
    ])
  })

  test('all requests are claimed, so strict refuses none', async () => {
    const { model, capture } = bench(sdk, { hosts: [server.host], strict: true })
    await ask(model)
    await ai.streamText({ model, prompt: QUESTION }).consumeStream()
    expect(capture.coverage()).toMatchObject({ requests: 2, claimed: 2, unclaimed: {} })
    await capture.close()
  })

  test('content: digest keeps no text', async () => {
    const { model, entries } = bench(sdk, { content: 'digest' })
    await ask(model)
    expect(JSON.stringify(await entries())).not.toMatch(/three/)
  })
})

describe.each(SDKS.filter(({ major }) => major > 5))('ai $major, embeddings', sdk => {
  const { ai } = sdk

  function embedding(options: Options = {}) {
    const { capture, scene, entries } = bench(sdk, options)
    const bare = sdk.openai({ baseURL: scene.url }).embedding('text-embedding-3-small')
    const model = ai.wrapEmbeddingModel({ model: bare, middleware: auditMiddleware(capture) })
    return { model, bare, scene, entries }
  }

  test('are counted, not copied', async () => {
    const { model, bare, entries } = embedding()
    const { embedding: one, usage } = await ai.embed({ model, value: 'one two' })
    expect([one, usage]).toEqual(Object.values(pick(await ai.embed({ model: bare, value: 'one two' }))))
    await ai.embedMany({ model, values: ['one two', 'three'] })
    expect(await entries()).toMatchObject([
      { inputText: 'one two', outputText: '[1 embedding]' },
      {
        model: 'text-embedding-3-small',
        inputText: 'one two\nthree',
        outputText: '[2 embeddings]',
        metadata: {
          'gen_ai.operation.name': 'embeddings',
          'gen_ai.provider.name': server.host,
          'gen_ai.usage.input_tokens': 3,
          'audit.status': 'ok',
        },
      },
    ])
  })

  test('fail, and are tried again', async () => {
    const { model, entries } = embedding({ behaviour: 'rate-limited' })
    await ai.embedMany({ model, values: ['one two'] })
    expect((await entries()).map(({ metadata }) => metadata['audit.status'])).toEqual([
      'error',
      'error',
      'ok',
    ])
  })

  test('fail with the log down, and are billed once', async () => {
    const { model, scene } = embedding({ log: { record: () => Promise.reject(new Error('disk full')) } })
    await expect(ai.embed({ model, value: 'one' })).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    expect(scene.billed).toBe(1)
  })
})

function pick({ embedding, usage }: { embedding: unknown; usage: unknown }) {
  return { embedding, usage }
}

test('ai 5, whose embedding models take no middleware, embeds through a fetch that records', async () => {
  const [sdk] = SDKS
  if (!sdk) return expect.fail('version 5 is missing')
  const { capture, scene, entries } = bench(sdk)
  const provider = sdk.openai({ baseURL: scene.url, fetch: auditFetch(capture, { provider: 'openai' }) })
  await sdk.ai.embed({ model: provider.embedding('text-embedding-3-small'), value: 'one two' })
  expect(await entries()).toMatchObject([{ inputText: 'one two', outputText: '[1 embedding]' }])
})
