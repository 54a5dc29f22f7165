import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { auditFetch, type CaptureOptions, createCapture } from '@audit/capture'
import { AuditLog, MemoryBackend } from '@audit/core'
import type { Scene } from '@audit/harness'
import { providerServer } from '@audit/harness/vitest'
import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { FakeEmbeddings, FakeListChatModel, FakeLLM } from '@langchain/core/utils/testing'
import { AzureChatOpenAI, ChatOpenAI, OpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { describe, expect, test } from 'vitest'
import { AuditCallbackHandler, auditModel } from '../src/index.ts'
import { ANSWER, modelAt, QUESTION } from './observed.ts'
import { withOlderCaller } from './older-caller.ts'
import { answering, StageModel, WholeModel } from './stage-model.ts'

const server = await providerServer()

function bench(options: Partial<CaptureOptions> = {}, scene: Scene = server.scene()) {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, ...options })
  const handler = new AuditCallbackHandler(capture)
  return { log, capture, scene, handler, bare: modelAt(scene, { api: 'chat', options: {} }) }
}

const WEATHER = {
  type: 'function' as const,
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}

describe('auditModel', () => {
  test('changes neither the object nor what it shows of itself', () => {
    const { bare, capture } = bench()
    const keys = Object.keys(bare)
    const written = JSON.stringify(bare)
    const model = auditModel(bare, capture)
    expect(model).toBe(bare)
    expect(Object.keys(model)).toEqual(keys)
    expect(JSON.stringify(model)).toBe(written)
    expect(model).toBeInstanceOf(ChatOpenAI)
  })

  test('twice records once, and two captures have an entry each', async () => {
    const { bare, capture, log } = bench()
    const other = bench()
    auditModel(auditModel(auditModel(bare, capture), capture), other.capture)
    await bare.invoke(QUESTION, { callbacks: [other.handler] })
    for await (const _ of await bare.stream(QUESTION, { callbacks: [other.handler] }));
    expect(await log.count()).toBe(2)
    expect(await other.log.count()).toBe(2)
  })

  test('a model whose fetch records already has one entry, the innermost’s', async () => {
    const { capture, log, scene } = bench()
    const options = { configuration: { fetch: auditFetch(capture, { provider: 'acme' }) } }
    const model = auditModel(modelAt(scene, { api: 'chat', options }), capture)
    await model.invoke(QUESTION)
    expect(await log.query()).toMatchObject([
      { outputText: ANSWER, metadata: { 'audit.capture': { level: 'wire' } } },
    ])
  })

  test('an integration around it leaves the entry to it', async () => {
    const { bare, capture, log } = bench()
    const model = auditModel(bare, capture)
    const start = { provider: 'outer', operation: 'chat', requestModel: 'gpt-4o-mini', input: 'outer' }
    const call = capture.begin(start)
    const answer = await call.run(() => model.invoke(QUESTION))
    await call.end({ status: 'ok', output: answer.text })
    expect(await log.query()).toMatchObject([{ inputText: QUESTION, model: 'gpt-4o-mini' }])
  })

  test('an agent has an entry for each call of the model', async () => {
    const { bare, capture, log } = bench()
    const model = auditModel(bare, capture).bindTools([WEATHER])
    await capture.withScope({ user: 'alice', conversation: 'abc123' }, async () => {
      const asked = new HumanMessage(QUESTION)
      const answer = await model.invoke([asked])
      const [call] = answer.tool_calls ?? []
      await model.invoke([asked, answer, new ToolMessage({ tool_call_id: call?.id ?? '', content: 'sunny' })])
    })
    expect(await log.query({ metadata: { 'gen_ai.conversation.id': 'abc123' } })).toMatchObject([
      { inputText: QUESTION, outputText: 'get_weather({"city":"Paris"})' },
      {
        inputText: `user:\n${QUESTION}\n\nassistant:\nget_weather({"city":"Paris"})\n\ntool:\nsunny`,
        outputText: ANSWER,
      },
    ])
  })

  test('an Azure model and its copies', async () => {
    const { capture, log, scene } = bench()
    const azure = new AzureChatOpenAI({
      model: 'gpt-4o-mini',
      azureOpenAIApiKey: 'none',
      azureOpenAIApiVersion: '2024-10-21',
      azureOpenAIApiDeploymentName: 'mine',
      azureOpenAIEndpoint: scene.url,
      maxRetries: 0,
    })
    const model = auditModel(azure, capture)
    await model.invoke(QUESTION)
    await model.bindTools([]).invoke(QUESTION)
    const expected = { outputText: ANSWER, metadata: { 'gen_ai.provider.name': 'azure.ai.openai' } }
    expect(await log.query()).toMatchObject([expected, expected])
  })

  test('what LangChain sends again is one entry, also with the first versions of its core 1', async () => {
    const { bare, capture, log } = bench({}, server.scene('rate-limited'))
    const model = auditModel(withOlderCaller(bare), capture)
    await model.invoke(QUESTION)
    expect(await log.query()).toMatchObject([
      { outputText: ANSWER, metadata: { 'audit.status': 'ok', 'audit.attempts': 3 } },
    ])
  })

  test('what LangChain sends again is one entry of each capture', async () => {
    const { bare, capture, log } = bench({}, server.scene('rate-limited'))
    const others = [bench(), bench()]
    auditModel(withOlderCaller(bare), capture) // which waits for nothing before it sends again
    for (const other of others) auditModel(bare, other.capture)
    await bare.invoke(QUESTION)
    for (const { log: one } of [{ log }, ...others]) {
      expect(await one.query()).toMatchObject([
        { outputText: ANSWER, metadata: { 'audit.status': 'ok', 'audit.attempts': 3 } },
      ])
    }
  })

  test('two captures record the clients that a model makes later', async () => {
    const { bare, capture, log, scene } = bench()
    const other = bench({ hosts: [server.host] })
    auditModel(auditModel(bare, capture), other.capture)
    for await (const _ of bare.streamEvents(QUESTION));
    expect(scene.requests).toBe(1)
    const levels = await Promise.all([log.query(), other.log.query()])
    for (const [entry] of levels) {
      expect(entry?.metadata).toMatchObject({ 'audit.capture': { level: 'wire' } })
    }
  })

  test('bytes in a message are shown by their digest, with its exact messages, too', async () => {
    const { capture, log } = bench({ content: 'messages' })
    const data = new Uint8Array(Buffer.from('not really a picture'))
    const model = auditModel(new FakeListChatModel({ responses: ['a picture'] }), capture)
    await model.invoke([new HumanMessage({ content: [{ type: 'image', mimeType: 'image/png', data }] })])
    const [entry] = await log.query()
    expect(entry?.inputText).toMatch(/^\[image\/png, 20 bytes, sha256:[0-9a-f]{64}\]$/)
    expect(JSON.stringify(entry?.metadata['gen_ai.input.messages'])).toMatch(/\[data, 20 bytes, sha256:/)
  })

  test('embeddings: one entry a request', async () => {
    const { capture, log, scene } = bench()
    const embeddings = new OpenAIEmbeddings({
      model: 'text-embedding-3-small',
      apiKey: 'none',
      batchSize: 2,
      configuration: { baseURL: scene.url },
    })
    expect(await auditModel(embeddings, capture).embedDocuments(['one two', 'three', 'four'])).toHaveLength(3)
    expect(scene.requests).toBe(2)
    const entries = await log.query()
    expect(entries.map(({ inputText }) => inputText).toSorted()).toEqual(['four', 'one two\nthree'])
    expect(entries).toMatchObject([{ model: 'text-embedding-3-small' }, { model: 'text-embedding-3-small' }])
    for (const { metadata } of entries) {
      expect(metadata).toMatchObject({
        'gen_ai.operation.name': 'embeddings',
        'gen_ai.provider.name': server.host,
      })
    }
  })

  test('embeddings without a client that is known', async () => {
    const { capture, log } = bench()
    const embeddings = auditModel(new FakeEmbeddings(), capture)
    await embeddings.embedQuery('one')
    await embeddings.embedDocuments(['one', 'two'])
    expect(await log.query()).toMatchObject([
      { inputText: 'one', outputText: '[1 embedding]' },
      {
        inputText: 'one\ntwo',
        outputText: '[2 embeddings]',
        metadata: { 'audit.capture': { level: 'middleware' } },
      },
    ])
  })

  test('embeddings that ask for each text are one entry', async () => {
    const { capture, log } = bench()
    class OneByOne extends FakeEmbeddings {
      override embedDocuments(texts: string[]) {
        return Promise.all(texts.map(text => this.embedQuery(text)))
      }
    }
    const embeddings = auditModel(new OneByOne(), capture)
    await embeddings.embedDocuments(['one', 'two', 'three'])
    await embeddings.embedQuery('four')
    expect(await log.query()).toMatchObject([
      { inputText: 'one\ntwo\nthree', outputText: '[3 embeddings]' },
      { inputText: 'four' },
    ])
  })

  test('a model of texts: one entry a request', async () => {
    const { capture, log } = bench()
    const model = auditModel(new FakeLLM({ response: 'an answer' }), capture)
    await model.invoke('one')
    await model.generate(['two', 'three'])
    expect(await log.query()).toMatchObject([
      { inputText: 'one', outputText: 'an answer', metadata: { 'gen_ai.operation.name': 'text_completion' } },
      { inputText: 'two\nthree', outputText: 'choice 1:\nan answer\n\nchoice 2:\nan answer' },
    ])
  })

  test('a model that cannot stream is not taken for one that can', async () => {
    const { capture, log } = bench()
    const model = auditModel(new WholeModel(answering('one ', 'two')), capture)
    let chunks = 0
    for await (const chunk of await model.stream('a question')) {
      chunks++
      expect(chunk.text).toBe('one two')
    }
    for await (const _ of model.streamEvents('a question', { version: 'v2' }));
    expect(chunks).toBe(1)
    expect(await log.query()).toMatchObject([{ outputText: 'one two' }, { outputText: 'one two' }])
  })

  test('a model that streams for a handler of streams is one entry', async () => {
    const { capture, log } = bench()
    const model = auditModel(new StageModel(answering('one ', 'two')), capture)
    for await (const _ of model.streamEvents('a question', { version: 'v2' }));
    for await (const _ of model.streamLog('a question'));
    for await (const _ of model.streamEvents('a question'));
    const entries = await log.query()
    expect(entries).toHaveLength(3)
    for (const { outputText } of entries) expect(outputText).toBe('one two')
  })

  test('a model that hands on what another one answers leaves the entry to that, by the id of the response', async () => {
    const { bare, capture, handler, log } = bench()
    const outer = new FakeListChatModel({ responses: [] })
    outer._generate = async messages => {
      const message = await bare.invoke(messages, { callbacks: [handler] })
      return { generations: [{ text: message.text, message }] }
    }
    await auditModel(outer, capture).invoke(QUESTION, { callbacks: [handler] })
    expect(await log.query()).toMatchObject([
      { outputText: ANSWER, metadata: { 'audit.capture': { level: 'callback' } } },
    ])
  })

  test('a model that asks another one for something else has an entry, and so has that', async () => {
    const { capture, handler, log } = bench()
    for (const callbacks of [[], [handler]]) {
      const guard = new FakeListChatModel({ responses: ['safe'] })
      if (callbacks.length === 0) auditModel(guard, capture)
      const outer = new FakeListChatModel({ responses: ['the answer'] })
      const generate = outer._generate.bind(outer)
      outer._generate = async (messages, options) => {
        await guard.invoke('Is it safe?', { callbacks })
        return generate(messages, options)
      }
      await auditModel(outer, capture).invoke(QUESTION)
    }
    expect((await log.query()).map(({ outputText }) => outputText)).toEqual([
      'safe',
      'the answer',
      'safe',
      'the answer',
    ])
  })

  test('a callback that asks another model leaves the answer its entry', async () => {
    const { capture, log } = bench()
    const guard = auditModel(new FakeListChatModel({ responses: ['safe'] }), capture)
    const model = auditModel(new StageModel(answering('one ', 'two')), capture)
    const moderate = {
      awaitHandlers: true,
      handleLLMNewToken: async (token: string) => void (await guard.invoke(token, { callbacks: [] })),
    }
    for await (const _ of await model.stream('a question', { callbacks: [moderate] }));
    expect((await log.query()).map(({ outputText }) => outputText)).toEqual(['safe', 'safe', 'one two'])
  })

  test('an unread stream of a model without a known client ends when it lies idle', async () => {
    const { capture, log } = bench({ idleMs: 20 })
    const model = auditModel(new StageModel(answering('one ', 'two ', 'three')), capture)
    const parts = model._streamIterator('a question')
    await parts.next()
    while ((await log.count()) === 0) await new Promise(setImmediate)
    await expect(parts.next()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
    expect(await log.query()).toMatchObject([
      { outputText: 'one ', metadata: { 'audit.status': 'unfinished' } },
    ])
  })

  test('a stream that nobody holds any more is an entry once it is garbage collected', async () => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const { capture, log } = bench()
    const model = auditModel(new StageModel(answering('one ', 'two ', 'three')), capture)
    const drop = async () => {
      await model._streamIterator('a question').next()
    }
    await drop()
    while ((await log.count()) === 0) {
      collect()
      await new Promise(setImmediate)
    }
    expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'unfinished' } }])
  })

  test('requests are claimed, and strict lets them pass', async () => {
    const { bare, capture, log } = bench({ hosts: [server.host], strict: true })
    await auditModel(bare, capture).invoke(QUESTION)
    expect(capture.coverage()).toMatchObject({ requests: 1, claimed: 1, unclaimed: {} })
    expect(await log.count()).toBe(1)
    await capture.close() // it is strict
  })
})

describe('AuditCallbackHandler', () => {
  test('two handlers of a capture record once', async () => {
    const { bare, capture, handler, log } = bench()
    await bare.invoke(QUESTION, { callbacks: [handler, new AuditCallbackHandler(capture)] })
    for await (const _ of await bare.stream(QUESTION, {
      callbacks: [handler, new AuditCallbackHandler(capture)],
    }));
    expect(await log.query()).toMatchObject([{ outputText: ANSWER }, { outputText: ANSWER }])
  })

  test('holds what a model says of its answer', async () => {
    const { handler, log } = bench({ content: 'messages' })
    const model = new StageModel(answering('one ', 'two'))
    await model.invoke([new SystemMessage('Be brief.'), new HumanMessage('a question')], {
      callbacks: [handler],
    })
    expect(await log.query()).toMatchObject([
      {
        model: 'stage-1',
        inputText: 'system:\nBe brief.\n\nuser:\na question',
        outputText: 'one two',
        metadata: {
          'gen_ai.provider.name': 'stagemodel',
          'gen_ai.response.finish_reasons': ['stop'],
          'gen_ai.usage.input_tokens': 30,
          'gen_ai.usage.output_tokens': 12,
          'gen_ai.usage.cache_read.input_tokens': 20,
          'gen_ai.usage.cache_write.input_tokens': 5,
          'gen_ai.usage.reasoning.output_tokens': 3,
          'gen_ai.input.messages': [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: 'a question' },
          ],
          'gen_ai.output.messages': [{ role: 'assistant', content: 'one two' }],
        },
      },
    ])
  })

  test('media are shown by their digest', async () => {
    const { handler, log } = bench()
    const data = Buffer.from('not really a picture').toString('base64')
    const content = [
      { type: 'text', text: 'What are these?' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
      { type: 'image', source_type: 'base64', mime_type: 'image/png', data },
      { type: 'image', mimeType: 'image/png', data },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
      { type: 'file', url: 'https://example.com/a.pdf' },
    ]
    const model = new FakeListChatModel({ responses: ['pictures'] })
    await model.invoke([new HumanMessage({ content })], { callbacks: [handler] })
    const [entry] = await log.query()
    const picture = /^\[image\/png, 20 bytes, sha256:[0-9a-f]{64}\]$/
    const [text, ...media] = entry?.inputText.split('\n') ?? []
    expect(text).toBe('What are these?')
    expect(media).toEqual([
      expect.stringMatching(picture),
      expect.stringMatching(picture),
      expect.stringMatching(picture),
      expect.stringMatching(picture),
      '[file, https://example.com/a.pdf]',
    ])
  })

  test('an LLM is an entry', async () => {
    const { handler, log } = bench()
    const model = new FakeLLM({ response: 'an answer' })
    await model.invoke('a question', { callbacks: [handler] })
    expect(await log.query()).toMatchObject([
      {
        inputText: 'a question',
        outputText: 'an answer',
        metadata: { 'gen_ai.operation.name': 'text_completion' },
      },
    ])
  })

  test('an answer of LangChain’s cache is an entry without usage; auditModel records none, since no model was asked', async () => {
    const { capture, handler, log } = bench()
    const model = new FakeListChatModel({ responses: ['an answer'], cache: true } as never) // its type hides the option
    await model.invoke('an odd question', { callbacks: [handler] })
    await model.invoke('an odd question', { callbacks: [handler] })
    expect(await log.query()).toMatchObject([{ outputText: 'an answer' }, { outputText: 'an answer' }])
    await auditModel(model, capture).invoke('an odd question')
    expect(await log.count()).toBe(2)
  })

  test('is what LangChain copies', () => {
    const { handler } = bench()
    expect(handler.copy()).toBe(handler)
    expect(JSON.stringify(handler)).not.toMatch(/capture/i)
  })
})

test('an OpenAI of texts records over the wire', async () => {
  const { capture, log } = bench()
  const fetch: typeof globalThis.fetch = async () =>
    Response.json({
      id: 'cmpl-1',
      model: 'gpt-3.5-turbo-instruct',
      choices: [{ index: 0, text: 'an answer', finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    })
  const model = new OpenAI({ model: 'gpt-3.5-turbo-instruct', apiKey: 'none', configuration: { fetch } })
  expect(await auditModel(model, capture).invoke('a question')).toBe('an answer')
  expect(await log.query()).toMatchObject([
    {
      inputText: 'a question',
      outputText: 'an answer',
      metadata: { 'audit.capture': { level: 'wire' }, 'gen_ai.usage.input_tokens': 3 },
    },
  ])
})

test.each(['model', 'handler'] as const)(
  'the response that OpenAI is told to continue stands in the entry (%s)',
  async recorder => {
    const { capture, handler, log, scene } = bench()
    const model = modelAt(scene, { api: 'responses', options: {} })
    const callbacks = recorder === 'handler' ? [handler] : []
    if (recorder === 'model') auditModel(model, capture)
    await model.invoke(QUESTION, { previous_response_id: 'resp_1', callbacks })
    expect(await log.query()).toMatchObject([{ metadata: { 'audit.previous': 'resp_1' } }])
  },
)
