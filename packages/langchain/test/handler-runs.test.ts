import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type CaptureOptions, createCapture, type RecordingLog } from '@audit/capture'
import { AuditLog, MemoryBackend } from '@audit/core'
import type { CallbackManagerForRetrieverRun } from '@langchain/core/callbacks/manager'
import { ChatPromptTemplate } from '@langchain/core/prompts'
import { BaseRetriever } from '@langchain/core/retrievers'
import { RunnableLambda } from '@langchain/core/runnables'
import { DynamicTool } from '@langchain/core/tools'
import { describe, expect, test } from 'vitest'
import { AuditCallbackHandler } from '../src/index.ts'
import { answering, StageModel, WholeModel } from './stage-model.ts'

function bench(options: Partial<CaptureOptions> = {}) {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, ...options })
  return { log, capture, handler: new AuditCallbackHandler(capture) }
}

const runId = '0b9e2f8e-0000-4000-8000-000000000001'

/** A model that answers with what it is asked, once both are asked. */
function echoes(): WholeModel {
  let asked = 0
  const both = Promise.withResolvers<void>()
  return new WholeModel(async function* (question) {
    if (++asked === 2) both.resolve()
    await both.promise
    yield `to ${question}`
  })
}

describe('two calls with one run id', () => {
  test('are two entries, each with its own answer', async () => {
    const { log, handler } = bench()
    const model = echoes()
    await Promise.all(['A', 'B'].map(text => model.invoke(text, { callbacks: [handler], runId })))
    const entries = await log.query()
    expect(entries.map(({ inputText, outputText }) => [inputText, outputText]).toSorted()).toEqual([
      ['A', 'to A'],
      ['B', 'to B'],
    ])
  })

  test('are two entries also with a handler each', async () => {
    const { log, capture } = bench()
    const model = echoes()
    const handlers = () => [new AuditCallbackHandler(capture), new AuditCallbackHandler(capture)]
    await Promise.all(['A', 'B'].map(text => model.invoke(text, { callbacks: handlers(), runId })))
    const entries = await log.query()
    expect(entries.map(({ inputText, outputText }) => [inputText, outputText]).toSorted()).toEqual([
      ['A', 'to A'],
      ['B', 'to B'],
    ])
  })
})

test('a provider that pauses for longer than idleMs is waited for', async () => {
  const { log, handler } = bench({ idleMs: 5 })
  const model = new StageModel(async function* () {
    yield 'one '
    yield 'two '
    await new Promise(resolve => setTimeout(resolve, 60)) // the timer of idleMs, if there were one, comes first
    yield 'three'
  })
  let seen = ''
  for await (const { text } of await model.stream('q', { callbacks: [handler] })) seen += text
  expect(seen).toBe('one two three')
  expect(await log.query()).toMatchObject([{ outputText: seen, metadata: { 'audit.status': 'ok' } }])
})

test('a stream that was left is recorded when it is garbage collected, and nothing of it is kept', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const { log, handler } = bench()
  const model = new StageModel(answering('one ', 'two ', 'three'))
  const leave = async () => {
    for await (const _ of await model.stream('q', { callbacks: [handler] })) break
  }
  for (let i = 0; i < 10; i++) await leave()
  while ((await log.count()) < 10) {
    collect()
    await new Promise(setImmediate)
  }
  const statuses = (await log.query()).map(({ metadata }) => metadata['audit.status'])
  expect(new Set(statuses)).toEqual(new Set(['unfinished']))
})

describe('withRetry asks no model again for a failed record', () => {
  const down: RecordingLog = { record: () => Promise.reject(new Error('disk full')) }

  function counted() {
    let calls = 0
    const model = new WholeModel(async function* () {
      calls++
      yield 'an answer'
    })
    const handler = new AuditCallbackHandler(createCapture({ log: down }))
    return { model, config: { callbacks: [handler] }, calls: () => calls }
  }

  class Asking extends BaseRetriever {
    override lc_namespace = ['test']
    readonly #model: WholeModel
    constructor(model: WholeModel) {
      super()
      this.#model = model
    }
    override async _getRelevantDocuments(query: string, manager?: CallbackManagerForRetrieverRun) {
      await this.#model.invoke(query, manager ? { callbacks: manager.getChild() } : {})
      return []
    }
  }

  test.concurrent.each(['model', 'withConfig', 'chain', 'tool', 'retriever'] as const)(
    'of a %s',
    async of => {
      const { model, config, calls } = counted()
      const asked = {
        model: () => model.withRetry({ stopAfterAttempt: 2 }),
        withConfig: () => model.withConfig({ tags: ['mine'] }).withRetry({ stopAfterAttempt: 2 }),
        chain: () =>
          RunnableLambda.from((text: string) => text)
            .pipe(model)
            .withRetry({ stopAfterAttempt: 2 }),
        tool: () =>
          new DynamicTool({
            name: 'asks',
            description: 'asks a model',
            func: async (text, manager) =>
              (await model.invoke(text, manager ? { callbacks: manager.getChild() } : {})).text,
          }).withRetry({ stopAfterAttempt: 2 }),
        retriever: () => new Asking(model).withRetry({ stopAfterAttempt: 2 }),
      }[of]()
      await expect(asked.invoke('q', config)).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
      expect(calls()).toBe(1)
    },
  )

  test('and asks again after other errors', async () => {
    const { log, handler } = bench()
    let calls = 0
    const model = new WholeModel(async function* () {
      if (++calls === 1) throw new Error('busy')
      yield 'an answer'
    })
    await model.withRetry({ stopAfterAttempt: 2 }).invoke('q', { callbacks: [handler] })
    expect(await log.query()).toMatchObject([
      { metadata: { 'audit.status': 'error' } },
      { outputText: 'an answer' },
    ])
  })
})

describe('a call is one entry, whatever becomes of those beside it', () => {
  const statuses = async (log: AuditLog) =>
    (await log.query()).map(({ inputText, metadata }) => [inputText, metadata['audit.status']]).toSorted()

  test('in a batch of which one fails', async () => {
    const { log, handler } = bench()
    const model = new WholeModel(async function* (question) {
      if (question === 'b') throw new Error('refused')
      yield `to ${question}`
    })
    const config = { callbacks: [handler] }
    await model.batch(['a', 'b', 'c'], config, { returnExceptions: true })
    expect(await statuses(log)).toEqual([
      ['a', 'ok'],
      ['b', 'error'],
      ['c', 'ok'],
    ])
  })

  test.each(['invoke', 'stream'] as const)('with fallbacks (%s)', async form => {
    const { log, handler } = bench()
    const failing = new StageModel(async function* () {
      yield* []
      throw new Error('refused')
    })
    const model = failing.withFallbacks([new StageModel(answering('one ', 'two'))])
    const config = { callbacks: [handler] }
    if (form === 'invoke') await model.invoke('q', config)
    else for await (const _ of await model.stream('q', config));
    expect(await log.query()).toMatchObject([
      { outputText: '', metadata: { 'audit.status': 'error' } },
      { outputText: 'one two', metadata: { 'audit.status': 'ok' } },
    ])
  })

  test('in a chain that is aborted, or times out', async () => {
    const { log, handler } = bench()
    const model = new StageModel(async function* (_, signal) {
      yield 'one '
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    })
    const chain = ChatPromptTemplate.fromTemplate('{text}').pipe(model)
    const controller = new AbortController()
    const read = async (text: string, options: object) => {
      for await (const _ of await chain.stream({ text }, { callbacks: [handler], ...options }))
        controller.abort()
    }
    await expect(read('aborted', { signal: controller.signal })).rejects.toThrow()
    await expect(read('late', { timeout: 20 })).rejects.toThrow()
    expect(await statuses(log)).toEqual([
      ['aborted', 'aborted'],
      ['late', 'timeout'],
    ])
  })
})
