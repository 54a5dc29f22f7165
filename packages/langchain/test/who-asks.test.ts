import { AsyncLocalStorage } from 'node:async_hooks'
import { createCapture, type ScopeOptions } from '@audit/capture'
import { AuditLog, MemoryBackend } from '@audit/core'
import { providerServer } from '@audit/harness/vitest'
import { ChatPromptTemplate } from '@langchain/core/prompts'
import { RunnableLambda } from '@langchain/core/runnables'
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons'
import { OpenAIEmbeddings } from '@langchain/openai'
import { describe, expect, test } from 'vitest'
import { AuditCallbackHandler, auditModel } from '../src/index.ts'
import { modelAt } from './observed.ts'

AsyncLocalStorageProviderSingleton.initializeGlobalInstance(new AsyncLocalStorage()) // as LangGraph does
const server = await providerServer()

function bench(recorder: 'model' | 'handler', user?: () => string) {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, user })
  const bare = modelAt(server.scene(), { api: 'chat', options: { maxConcurrency: 1 } })
  const model = recorder === 'model' ? auditModel(bare, capture) : bare
  const callbacks = recorder === 'model' ? [] : [new AuditCallbackHandler(capture)]
  return { log, capture, model, callbacks }
}

async function asked(log: AuditLog) {
  const entries = await log.query()
  return entries.map(({ user, metadata }) => [user, metadata['gen_ai.conversation.id']])
}

const CONFIGS: readonly {
  readonly name: string
  readonly metadata: object
  readonly found: readonly unknown[]
}[] = [
  { name: 'none', metadata: {}, found: ['anonymous', undefined] },
  { name: 'user_id and thread_id', metadata: { user_id: 'bob', thread_id: 't1' }, found: ['bob', 't1'] },
  { name: 'user and session_id', metadata: { user: 'bob', session_id: 7 }, found: ['bob', '7'] },
  {
    name: 'userId and conversationId',
    metadata: { userId: 'bob', conversationId: 'c' },
    found: ['bob', 'c'],
  },
  {
    name: 'what is no name',
    metadata: { user_id: '', user: { name: 'bob' }, thread_id: null },
    found: ['anonymous', undefined],
  },
]

describe.each(['model', 'handler'] as const)('recorded by %s', recorder => {
  test.each(CONFIGS)('the metadata of a config names who asks: $name', async ({ metadata, found }) => {
    const { log, model, callbacks } = bench(recorder)
    await model.invoke('one', { callbacks, metadata: { ...metadata } })
    for await (const _ of await model.stream('two', { callbacks, metadata: { ...metadata } }));
    expect(await asked(log)).toEqual([found, found])
  })

  test('a scope goes before the config, and the config before the capture', async () => {
    const { log, capture, model, callbacks } = bench(recorder, () => 'the capture')
    const config = { callbacks, metadata: { user_id: 'the config', thread_id: 'of the config' } }
    const scope: ScopeOptions = { user: 'the scope' }
    await model.invoke('one', { callbacks })
    await model.invoke('two', config)
    await capture.withScope(scope, () => model.invoke('three', config))
    await capture.withScope({ ...scope, conversation: 'of the scope' }, () => model.invoke('four', config))
    expect(await asked(log)).toEqual([
      ['the capture', undefined],
      ['the config', 'of the config'],
      ['the scope', 'of the config'],
      ['the scope', 'of the scope'],
    ])
  })

  test('a chain passes its config on', async () => {
    const { log, model, callbacks } = bench(recorder)
    const prompt = ChatPromptTemplate.fromTemplate('Say {word}.')
    await prompt.pipe(model).invoke({ word: 'one' }, { callbacks, metadata: { user_id: 'bob' } })
    expect(await log.query()).toMatchObject([{ user: 'bob', inputText: 'Say one.' }])
  })

  test('who asks is settled when the call starts', async () => {
    let user = 'alice'
    const { log, capture, model, callbacks } = bench(recorder, () => user)
    const stream = await model.stream('one', { callbacks })
    user = 'bob'
    await capture.withScope({ user: 'mallory', conversation: 'other' }, async () => {
      for await (const _ of stream) user = 'carol'
    })
    expect(await asked(log)).toEqual([['alice', undefined]])
  })

  test('calls at the same time name their own users, also where LangChain queues them', async () => {
    const { log, capture, model, callbacks } = bench(recorder)
    const users = ['alice', 'bob', 'carol', 'dave']
    await Promise.all(
      users.map(user => capture.withScope({ user }, () => model.invoke(`I am ${user}`, { callbacks }))),
    )
    const entries = await log.query()
    expect(entries.map(({ inputText }) => inputText).toSorted()).toEqual(users.map(user => `I am ${user}`))
    for (const { user, inputText } of entries) expect(inputText).toBe(`I am ${user}`)
  })
})

test('configurable names who asks, too; metadata goes first', async () => {
  const { log, model } = bench('model')
  await model.invoke('one', { configurable: { user_id: 'bob', thread_id: 't1' } })
  await model.invoke('two', { configurable: { user_id: 'bob' }, metadata: { user_id: 'carol' } })
  const stream = model.streamEvents('three', { configurable: { user_id: 'dave' } })
  for await (const _ of stream);
  expect(await asked(log)).toEqual([
    ['bob', 't1'],
    ['carol', undefined],
    ['dave', undefined],
  ])
})

test('what holds around a call that was given no config counts', async () => {
  const { log, model } = bench('model')
  const chain = RunnableLambda.from(async (text: string) => (await model.invoke(text)).text)
  await chain.invoke('one', { metadata: { user_id: 'bob' }, configurable: { thread_id: 't1' } })
  expect(await asked(log)).toEqual([['bob', 't1']])
})

test('a stream that another one reads was asked by who made it', async () => {
  const { log, capture, model } = bench('model', () => 'nobody')
  async function* words() {
    yield 'one'
  }
  const makes: (() => AsyncIterable<unknown>)[] = [
    () => model.streamLog('one'),
    () => model.transform(words(), {}),
  ]
  for (const make of makes) {
    const stream = capture.withScope({ user: 'alice', conversation: 'hers' }, make)
    await capture.withScope({ user: 'bob', conversation: 'his' }, async () => {
      for await (const _ of stream);
    })
  }
  expect(await asked(log)).toEqual([
    ['alice', 'hers'],
    ['alice', 'hers'],
  ])
})

test('embeddings in a queue name their own users', async () => {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log })
  const configuration = { baseURL: server.scene().url }
  const embeddings = auditModel(
    new OpenAIEmbeddings({ apiKey: 'none', maxConcurrency: 1, configuration }),
    capture,
  )
  await Promise.all(
    ['alice', 'bob', 'carol'].map(user =>
      capture.withScope({ user }, () => embeddings.embedQuery(`I am ${user}`)),
    ),
  )
  const entries = await log.query()
  expect(entries).toHaveLength(3)
  for (const { user, inputText } of entries) expect(inputText).toBe(`I am ${user}`)
})

test('metadata that no entry can hold is not copied, and changes nothing of the config', async () => {
  const { log, model } = bench('model')
  const config = { metadata: { user_id: 'bob', at: new Date(0) } }
  await model.invoke('one', config)
  expect(config.metadata).toEqual({ user_id: 'bob', at: new Date(0) })
  expect(await log.query()).toMatchObject([{ user: 'bob' }])
})
