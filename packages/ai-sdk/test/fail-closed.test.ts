import { createCapture, type RecordingLog } from '@audit/capture'
import { BROKEN_LOGS, DOWN } from '@audit/capture-harness'
import { AuditError, AuditLog, type EntryInput, MemoryBackend } from '@audit/core'
import type { Behaviour } from '@audit/harness'
import { providerServer } from '@audit/harness/vitest'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { auditMiddleware } from '../src/index.ts'
import { madeModel, PROMPT } from './made-model.ts'
import { type Api, askAndRead, type Form, type Play, readAll } from './observed.ts'
import { SDKS, type Sdk } from './sdks.ts'

const server = await providerServer()

const CELLS = SDKS.flatMap(sdk =>
  (['chat', 'responses'] as const).flatMap(api =>
    (['generate', 'stream'] as const).map(form => ({ sdk, api, form, major: sdk.major })),
  ),
)

interface Options {
  readonly behaviour?: Behaviour
  readonly intent?: boolean
  readonly user?: () => string
  readonly onAuditFailure?: (error: Error, draft: EntryInput) => void
}

function setUp(
  { sdk, api, form }: { sdk: Sdk; api: Api; form: Form },
  log: RecordingLog,
  { behaviour, ...options }: Options = {},
) {
  const scene = server.scene(behaviour)
  const capture = createCapture({ log, ...options })
  const bare = sdk.openai({ baseURL: scene.url })[api]('gpt-4o-mini')
  const model = sdk.ai.wrapLanguageModel({ model: bare, middleware: auditMiddleware(capture) })
  const play: Play = { ai: sdk.ai, major: sdk.major, model, form, seen: [], scene }
  return { scene, capture, play }
}

/** What the application meets, be it thrown or among the parts of a stream. */
async function failureOf({ play }: { play: Play }): Promise<Error & { readonly code?: unknown }> {
  const thrown = await askAndRead(play).then(
    () => undefined,
    (error: unknown) => error,
  )
  const reported = play.seen.map(part => Object(part).error ?? (Array.isArray(part) ? part[1] : undefined))
  const found = [thrown, ...reported].find(
    error => error instanceof AuditError || error instanceof RangeError,
  )
  return found instanceof Error ? found : expect.fail(`the application met ${thrown}`)
}

describe.each(CELLS)('ai $major, $api, $form', cell => {
  test.each(BROKEN_LOGS)(
    'with the log $name, the call fails, says why, and is billed once',
    async ({ create, code, isWithheld }) => {
      const bench = setUp(cell, create())
      const error = await failureOf(bench)
      expect(error).toMatchObject({ code })
      expect(Object(error.cause).code).toBe(isWithheld ? undefined : code)
      expect(bench.scene).toMatchObject({ requests: 1, billed: 1 })
      const types = bench.play.seen.map(part => Object(part).type)
      expect(types).not.toContain('finish-step')
      const drained = bench.capture.drain()
      if (cell.form === 'stream')
        await expect(drained).rejects.toMatchObject({ code }) // it cannot be known that it was met
      else await drained
    },
  )

  test('with the log down, a call that failed anyway says so, and is not made again', async () => {
    const bench = setUp(cell, DOWN, { behaviour: 'failing' })
    expect(await failureOf(bench)).toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    expect(bench.scene).toMatchObject({ requests: 1, billed: 0 })
  })

  test('by choice it goes on, and the failure is reported with what should have been recorded', async () => {
    const reported: [Error, EntryInput][] = []
    const onAuditFailure = (error: Error, draft: EntryInput) => void reported.push([error, draft])
    const { play, scene, capture } = setUp(cell, DOWN, { onAuditFailure })
    await askAndRead(play)
    await capture.drain()
    expect(reported).toHaveLength(1)
    expect(reported[0]?.[0]).toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    expect(reported[0]?.[1]).toMatchObject({ outputText: 'You said: one two three four five six' })
    expect(scene.billed).toBe(1)
  })

  test('with a slow log, the end of the answer waits until the entry is stored, and nothing else does', async () => {
    const log = new AuditLog({ backend: new MemoryBackend() })
    let seenBefore: readonly unknown[] = []
    let stored = false
    const slow: RecordingLog = {
      record: async input => {
        for (let i = 0; i < 50; i++) await new Promise(setImmediate)
        seenBefore = [...play.seen]
        const entry = await log.record(input)
        stored = true
        return entry
      },
    }
    const { play, scene, capture } = setUp(cell, slow)
    await askAndRead(play)
    expect(stored).toBe(true)
    expect(scene.billed).toBe(1)
    const types = (parts: readonly unknown[]) => parts.map(part => Object(part).type).filter(Boolean)
    const last = types(play.seen).indexOf('finish-step')
    expect(types(seenBefore)).toEqual(cell.form === 'stream' ? types(play.seen).slice(0, last) : [])
    await capture.drain()
    expect(await log.count()).toBe(1)
  })

  test('an intent that cannot be stored keeps the request from leaving', async () => {
    const bench = setUp(cell, DOWN, { intent: true })
    expect(await failureOf(bench)).toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    expect(bench.scene.requests).toBe(0)
  })

  test('who cannot be named asks nothing', async () => {
    const user = () => {
      throw new RangeError('no session')
    }
    const bench = setUp(cell, new AuditLog(), { user })
    expect(await failureOf(bench)).toBeInstanceOf(RangeError)
    expect(bench.scene.requests).toBe(0)
  })

  test('an answer that is read on after drain() fails', async () => {
    const log = new AuditLog({ backend: new MemoryBackend() })
    const { play, capture } = setUp(cell, log, { behaviour: 'slow' })
    const asked = failureOf({ play })
    while (play.scene.bytes === 0) await new Promise(setImmediate)
    await capture.drain()
    expect(await asked).toMatchObject({ code: 'AUDIT_CLOSED' })
    expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'unfinished' } }])
  })
})

describe.each(SDKS)('ai $major', sdk => {
  test('a failure that nobody can be told of makes drain() reject', async () => {
    const { play, capture } = setUp({ sdk, api: 'chat', form: 'stream' }, DOWN)
    const warned = new Promise<Error>(resolve => process.once('warning', resolve))
    const { stream } = await play.model.doStream({ prompt: [] })
    await stream.cancel()
    await expect(capture.drain()).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    await expect(warned).resolves.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    await capture.drain()
  })

  test('after a refusal that was recorded, the attempt that cannot be is not made again', async () => {
    const log = new AuditLog({ backend: new MemoryBackend() })
    let records = 0
    const failing: RecordingLog = {
      record: input => (++records > 1 ? Promise.reject(new Error('disk full')) : log.record(input)),
    }
    const { play, scene } = setUp({ sdk, api: 'chat', form: 'generate' }, failing, {
      behaviour: 'rate-limited',
    })
    const error: { readonly lastError?: unknown } = await askAndRead(play).catch(thrown => thrown)
    expect(error.lastError).toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    expect(scene.requests).toBe(2)
  })

  test('the failure of a stream surfaces wherever an answer is read', async () => {
    const code = 'AUDIT_WRITE_FAILED'
    const { play, scene } = setUp({ sdk, api: 'chat', form: 'stream' }, DOWN)
    const ask = () => sdk.ai.streamText({ model: play.model, prompt: 'a question' })
    await expect(readAll(ask().textStream)).rejects.toMatchObject({ code })
    await expect(readAll(ask().fullStream)).rejects.toMatchObject({ code })
    await expect(ask().toUIMessageStreamResponse().text()).rejects.toMatchObject({ code })
    await expect(ask().toTextStreamResponse().text()).rejects.toMatchObject({ code })
    const schema = sdk.ai.jsonSchema({ type: 'object' })
    const { partialObjectStream } = sdk.ai.streamObject({ model: play.model, prompt: 'a question', schema })
    await expect(readAll(partialObjectStream)).rejects.toMatchObject({ code })
    const consumed: unknown[] = []
    await ask().consumeStream({ onError: error => void consumed.push(error) })
    expect(consumed).toMatchObject([{ code }])
    // Version 5 settles none of these once a stream broke, whatever broke it.
    if (sdk.major > 5) await expect(Promise.resolve(ask().text)).rejects.toMatchObject({ code })
    expect(scene.requests).toBe(sdk.major > 5 ? 7 : 6)
  })
})

const noSession = () => {
  throw new AuditError('AUDIT_INVALID_OPTIONS', 'no session')
}
const EARLY = [
  ['whose intent cannot be stored', { intent: true }, 'AUDIT_WRITE_FAILED'],
  ['whose user cannot be named', { user: noSession }, 'AUDIT_INVALID_OPTIONS'],
] as const

describe.each(SDKS)('ai $major', sdk => {
  test.each(EARLY)(
    'a stream %s is a refusal to the SDK: textStream ends, and onError is told',
    async (_, options, code) => {
      const { play, scene } = setUp({ sdk, api: 'chat', form: 'stream' }, DOWN, options)
      const errors: unknown[] = []
      const onError = ({ error }: { readonly error: unknown }) => void errors.push(error)
      const result = sdk.ai.streamText({ model: play.model, prompt: 'a question', onError })
      expect(await readAll(result.textStream)).toEqual([])
      await expect(Promise.resolve(result.text)).rejects.toMatchObject({ name: 'AI_NoOutputGeneratedError' })
      expect(errors).toMatchObject([{ code }])
      const parts = await readAll(
        sdk.ai.streamText({ model: play.model, prompt: 'a question', onError }).fullStream,
      )
      expect(parts).toContainEqual(expect.objectContaining({ type: 'error', error: errors[0] }))
      expect(scene.requests).toBe(0)
    },
  )
})

// No other version has streamRetries.
describe.each(SDKS.filter(({ major }) => major === 7))('ai $major', sdk => {
  test('streamRetries does not send again what could not be recorded', async () => {
    const { play, scene } = setUp({ sdk, api: 'chat', form: 'stream' }, DOWN)
    const result = sdk.ai.streamText({
      model: play.model,
      prompt: 'a question',
      streamRetries: 2,
      onError: () => {},
    })
    await expect(Promise.resolve(result.text)).rejects.toThrow()
    expect(scene.requests).toBe(1)
  })
})

describe.each(SDKS)('ai $major, with the log down later', sdk => {
  test.each(['cancel', 'abort', 'forget'])('a failure is told after the reader has left: %s', async way => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue()
    onTestFinished(() => warn.mockRestore())
    const { promise: failed, reject } = Promise.withResolvers<never>()
    failed.catch(() => undefined)
    const recording = Promise.withResolvers<void>()
    const record = () => {
      recording.resolve()
      return failed
    }
    const capture = createCapture({ log: { record } })
    const controller = new AbortController()
    const parts = [
      { type: 'text-delta', id: '0', delta: 'all of it' },
      { type: 'finish', usage: {} },
    ]
    const model = madeModel(sdk, capture, { parts })
    const { stream } = await model.doStream({ prompt: PROMPT, abortSignal: controller.signal })
    const reader = stream.getReader()
    await reader.read()
    reader.read().catch(() => undefined) // the end, for which nobody waits any more
    await recording.promise
    if (way === 'cancel') void reader.cancel('enough')
    else if (way === 'abort') controller.abort() // and nothing where it is forgotten
    reject(new AuditError('AUDIT_WRITE_FAILED', 'disk full'))
    await expect(capture.drain()).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    expect(warn).toHaveBeenCalledOnce()
  })
})
