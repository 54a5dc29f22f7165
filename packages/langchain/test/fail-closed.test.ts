import { setTimeout as pause } from 'node:timers/promises'
import { auditFetch, createCapture, type RecordingLog } from '@audit/capture'
import { BROKEN_LOGS, DOWN } from '@audit/capture-harness'
import { AuditError, AuditLog, type EntryInput, MemoryBackend } from '@audit/core'
import { providerServer } from '@audit/harness/vitest'
import { AIMessage } from '@langchain/core/messages'
import { type Runnable, RunnableLambda } from '@langchain/core/runnables'
import { FakeListChatModel } from '@langchain/core/utils/testing'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { AuditCallbackHandler, auditModel } from '../src/index.ts'
import { APIS, type Api, ask, type Form, modelAt, type Play, type Recorder, settled } from './observed.ts'
import { withOlderCaller } from './older-caller.ts'
import { answering, StageModel } from './stage-model.ts'

const server = await providerServer()

const CELLS = (['model', 'handler', 'both'] as const).flatMap(recorder =>
  APIS.flatMap(api =>
    (['invoke', 'stream', 'events', 'events v2'] as const)
      .filter(form => recorder !== 'handler' || form !== 'events')
      .map(form => ({ recorder, api, form })),
  ),
)

/** As many as LangChain sends by itself. */
const DEFAULT_RETRIES = { maxRetries: 6 }

function setUp(
  { recorder, api, form }: { recorder: Recorder; api: Api; form: Form },
  log: RecordingLog,
  options: { onAuditFailure?: (error: Error, draft: EntryInput) => void; intent?: boolean } = {},
) {
  const scene = server.scene()
  const capture = createCapture({ log, ...options })
  const bare = modelAt(scene, { api, options: DEFAULT_RETRIES })
  const model = recorder === 'handler' ? bare : auditModel(bare, capture)
  const callbacks = recorder === 'model' ? {} : { callbacks: [new AuditCallbackHandler(capture)] }
  const play: Play = { model, form, config: callbacks, seen: [], scene }
  return { scene, capture, play }
}

async function askAndRead(play: Play): Promise<void> {
  for await (const part of await ask(play)) play.seen.push(settled(part))
}

const TOOL = {
  type: 'function' as const,
  function: {
    name: 'answer',
    parameters: { title: 'answer', type: 'object', properties: { text: { type: 'string' } } },
  },
}

async function failureOf(calling: Promise<unknown>) {
  return calling.then(
    () => expect.fail('the call returned'),
    (error: Error & { code?: unknown; cause?: unknown }) => error,
  )
}

describe.each(CELLS)('recorded by $recorder, $api, $form', cell => {
  test.each(BROKEN_LOGS)(
    'with the log $name, the call fails, says why, and is billed once',
    async ({ create, code, isWithheld }) => {
      const { play, scene, capture } = setUp(cell, create())
      const error = await failureOf(askAndRead(play))
      expect(error.code).toBe(code)
      expect(Object(error.cause).code).toBe(isWithheld ? undefined : code)
      expect(scene).toMatchObject({ requests: 1, billed: 1 })
      await capture.drain() // the failure was met, so there is nothing left to say
    },
  )

  test('by choice it goes on, and the failure is reported with what should have been recorded', async () => {
    const reported: [Error, EntryInput][] = []
    const { play, scene, capture } = setUp(cell, DOWN, {
      onAuditFailure: (error, draft) => void reported.push([error, draft]),
    })
    await askAndRead(play)
    await capture.drain()
    expect(play.seen.length).toBeGreaterThan(0)
    expect(reported).toHaveLength(1)
    expect(reported[0]?.[0]).toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    expect(reported[0]?.[1]).toMatchObject({ outputText: 'You said: one two three four five six' })
    expect(scene.billed).toBe(1)
  })

  test('an intent that cannot be stored keeps the request from leaving', async () => {
    const { play, scene } = setUp(cell, DOWN, { intent: true })
    const error = await failureOf(askAndRead(play))
    expect(error.code).toBe('AUDIT_WRITE_FAILED')
    expect(scene.requests).toBe(0)
  })
})

describe('LangChain sends nothing again for a failed record', () => {
  test('nor for a refusal that could not be recorded, whoever gives up', async () => {
    const options = DEFAULT_RETRIES // of which LangChain makes no use without a time to wait
    const scene = server.scene('rate-limited')
    const model = auditModel(modelAt(scene, { api: 'chat', options }), createCapture({ log: DOWN }))
    expect((await failureOf(model.invoke('a question'))).code).toBe('AUDIT_WRITE_FAILED')
    expect(scene).toMatchObject({ requests: 1, billed: 0 })
  })

  test('also where the application decides what is sent again', async () => {
    const scene = server.scene()
    const options = { ...DEFAULT_RETRIES, onFailedAttempt: () => undefined }
    const model = auditModel(modelAt(scene, { api: 'chat', options }), createCapture({ log: DOWN }))
    expect((await failureOf(model.invoke('a question'))).code).toBe('AUDIT_WRITE_FAILED')
    expect(scene.billed).toBe(1)
  })

  test('also with the first versions of LangChain’s core 1', async () => {
    const scene = server.scene()
    const model = withOlderCaller(modelAt(scene, { api: 'chat', options: {} }))
    auditModel(model, createCapture({ log: DOWN }))
    expect((await failureOf(model.invoke('a question'))).code).toBe('AUDIT_WRITE_FAILED')
    expect(scene.billed).toBe(1)
  })

  test('for embeddings', async () => {
    const scene = server.scene()
    const embeddings = auditModel(
      new OpenAIEmbeddings({ apiKey: 'none', configuration: { baseURL: scene.url } }),
      createCapture({ log: DOWN }),
    )
    expect((await failureOf(embeddings.embedQuery('a text'))).code).toBe('AUDIT_WRITE_FAILED')
    expect(scene.billed).toBe(1)
  })

  test('with withRetry, which asks the application’s own handler about other errors', async () => {
    const scene = server.scene()
    const model = auditModel(modelAt(scene, { api: 'chat', options: {} }), createCapture({ log: DOWN }))
    const asked: unknown[] = []
    const retried = model.withRetry({ stopAfterAttempt: 3, onFailedAttempt: error => void asked.push(error) })
    expect((await failureOf(retried.invoke('a question'))).code).toBe('AUDIT_WRITE_FAILED')
    expect(scene.billed).toBe(1)
    expect(asked).toEqual([])
  })

  test.each([
    ['bindTools', model => model.bindTools([TOOL])],
    ['withConfig', model => model.withConfig({ tags: ['mine'] })],
    ['withStructuredOutput', model => model.withStructuredOutput(TOOL.function.parameters)],
    ['pipe', model => model.pipe(RunnableLambda.from(answer => answer))],
  ] satisfies readonly [string, (model: ChatOpenAI) => Runnable][])(
    'with withRetry of what %s makes',
    async (_, make) => {
      for (const api of ['chat', 'messages'] as const) {
        const scene = server.scene()
        const model = auditModel(modelAt(scene, { api, options: {} }), createCapture({ log: DOWN }))
        const retried = make(model).withRetry({ stopAfterAttempt: 3 })
        expect((await failureOf(retried.invoke('a question'))).code).toBe('AUDIT_WRITE_FAILED')
        expect(scene.billed).toBe(1)
      }
    },
  )

  test('an application’s own handler of withRetry may decide later', async () => {
    let asked = 0
    const model = new FakeListChatModel({ responses: [] })
    model._generate = async () => {
      asked++
      throw new Error('fatal')
    }
    const retried = auditModel(model, createCapture({ log: new AuditLog() })).withRetry({
      stopAfterAttempt: 3,
      onFailedAttempt: async error => {
        throw error
      },
    })
    await expect(retried.invoke('a question')).rejects.toThrow('fatal')
    expect(asked).toBe(1)
  })

  test('withRetry of a chain needs a word of the application', async () => {
    const scene = server.scene()
    const model = auditModel(modelAt(scene, { api: 'chat', options: {} }), createCapture({ log: DOWN }))
    const stop = (error: unknown) => {
      if (error instanceof AuditError) throw error
    }
    const chain = RunnableLambda.from((text: string) => text)
      .pipe(model)
      .withRetry({ onFailedAttempt: stop })
    expect((await failureOf(chain.invoke('a question'))).code).toBe('AUDIT_WRITE_FAILED')
    expect(scene.billed).toBe(1)
  })
})

test('withFallbacks takes a failed record for a failed model, and asks the next one', async () => {
  const scene = server.scene()
  const model = auditModel(modelAt(scene, { api: 'chat', options: {} }), createCapture({ log: DOWN }))
  const unrecorded = new FakeListChatModel({ responses: ['from the next one'] })
  const answer = await model.withFallbacks([unrecorded]).invoke('a question')
  expect(answer.text).toBe('from the next one')
  expect(scene.billed).toBe(1)
  const recorded = auditModel(
    new FakeListChatModel({ responses: ['from the next one'] }),
    createCapture({ log: DOWN }),
  )
  const both = model.withFallbacks([recorded]).invoke('a question')
  expect((await failureOf(both)).code).toBe('AUDIT_WRITE_FAILED') // where all are recorded, nothing is handed on
})

test('with a slow log, only the end of a stream waits', async () => {
  const log = new AuditLog({ backend: new MemoryBackend() })
  let release = () => {}
  const asked = new Promise<void>(resolve => {
    release = resolve
  })
  const seen: string[] = []
  let seenBefore: readonly string[] = []
  const slow: RecordingLog = {
    record: async input => {
      setImmediate(release)
      await asked
      seenBefore = [...seen]
      return log.record(input)
    },
  }
  const capture = createCapture({ log: slow })
  const model = auditModel(modelAt(server.scene(), { api: 'chat', options: {} }), capture)
  for await (const chunk of await model.stream('one two three')) seen.push(chunk.text)
  expect(seenBefore.join('')).toBe('You said: one two three')
  expect(await log.count()).toBe(1)
})

test('a failure that nobody can be told of makes drain() reject', async () => {
  const capture = createCapture({ log: DOWN })
  const model = auditModel(modelAt(server.scene('slow'), { api: 'chat', options: {} }), capture)
  const warned = new Promise<Error>(resolve => process.once('warning', resolve))
  for await (const _ of await model.stream('one two three')) break
  await expect(warned).resolves.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  await expect(capture.drain()).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  await capture.drain()
})

test.each(['model', 'handler'] as const)('who cannot be named asks nothing (%s)', async recorder => {
  const scene = server.scene()
  const user = () => {
    throw new RangeError('no session')
  }
  const capture = createCapture({ log: new AuditLog(), user })
  const bare = modelAt(scene, { api: 'chat', options: {} })
  const model = recorder === 'model' ? auditModel(bare, capture) : bare
  const callbacks = recorder === 'model' ? [] : [new AuditCallbackHandler(capture)]
  await expect(model.invoke('a question', { callbacks })).rejects.toThrow(RangeError)
  await expect(model.stream('a question', { callbacks })).rejects.toThrow(RangeError)
  expect(scene.requests).toBe(0)
})

test.each(['model', 'handler'] as const)(
  'an answer that comes after drain() is not handed on unrecorded (%s)',
  async recorder => {
    const log = new AuditLog({ backend: new MemoryBackend() })
    const capture = createCapture({ log })
    const bare = new FakeListChatModel({ responses: [] })
    bare._generate = async () => {
      await capture.drain()
      return { generations: [{ text: 'too late', message: new AIMessage('too late') }] }
    }
    const model = recorder === 'model' ? auditModel(bare, capture) : bare
    const callbacks = recorder === 'model' ? [] : [new AuditCallbackHandler(capture)]
    const error = await failureOf(model.invoke('a question', { callbacks }))
    expect(error.code).toBe('AUDIT_CLOSED')
    expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'unfinished' }, outputText: '' }])
  },
)

test('a ChatOpenAI with a fetch that records is billed once, too, for a failed record', async () => {
  const scene = server.scene()
  const fetch = auditFetch(createCapture({ log: DOWN }))
  const model = new ChatOpenAI({
    model: 'gpt-4o-mini',
    apiKey: 'none',
    configuration: { baseURL: scene.url, fetch },
  })
  expect((await failureOf(model.invoke('a question'))).code).toBe('AUDIT_WRITE_FAILED')
  expect(scene.billed).toBe(1)
})

test.each(['stage', 'openai'])('a failure is told after the consumer has left (%s)', async kind => {
  const { promise: failed, reject } = Promise.withResolvers<never>()
  failed.catch(() => undefined)
  const recording = Promise.withResolvers<void>()
  const record = () => {
    recording.resolve()
    return failed
  }
  const capture = createCapture({ log: { record } })
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue()
  onTestFinished(() => warn.mockRestore())
  const bare =
    kind === 'stage'
      ? new StageModel(answering('one ', 'two'))
      : modelAt(server.scene(), { api: 'chat', options: {} })
  for await (const _ of await auditModel(bare, capture).stream('a question')) {
    // LangChain reads ahead: once it records, the last part was handed on.
    if (!(await Promise.race([recording.promise.then(() => true), pause(20, false)]))) continue
    setImmediate(() => reject(new AuditError('AUDIT_WRITE_FAILED', 'disk full'))) // leaving waits for what was begun
    break
  }
  await expect(capture.drain()).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  expect(warn).toHaveBeenCalledOnce()
})
