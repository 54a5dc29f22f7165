import { AuditError, AuditLog, MemoryBackend } from '@audit/core'
import { expect, onTestFinished, test } from 'vitest'
import { type Call, type CallStart, createCapture } from '../src/index.ts'

function bench(options: Partial<Parameters<typeof createCapture>[0]> = {}) {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, ...options })
  const begin = (more: Partial<CallStart> = {}) =>
    capture.begin({ provider: 'acme', operation: 'chat', requestModel: 'a-1', input: 'Hi', ...more })
  return { log, capture, begin }
}

const statuses = async (log: AuditLog) => (await log.query()).map(({ metadata }) => metadata['audit.status'])

test('the first end counts, whoever calls it', async () => {
  const { log, begin } = bench()
  const call = begin()
  const first = call.end({ status: 'ok', output: 'Hello' })
  expect(call.end({ status: 'error' })).toBe(first)
  call.abandon({ status: 'cancelled' })
  await first
  await call.end({ status: 'truncated' })
  expect(await statuses(log)).toEqual(['ok'])
})

test('an entry has what is known, and no key for what is not', async () => {
  const { log, begin } = bench({ user: 'alice' })
  const call = begin()
  call.attempt({ status: 'error', errorType: '429' })
  call.attempt()
  call.chunk('Hel')
  call.chunk('lo')
  await call.end({ status: 'ok', usage: { inputTokens: 3, outputTokens: 0 }, responseModel: 'a-1-large' })
  const [entry] = await log.query()
  expect(entry).toMatchObject({
    user: 'alice',
    model: 'a-1-large',
    inputText: 'Hi',
    outputText: 'Hello',
    costUsd: null,
  })
  const seconds = entry?.metadata['gen_ai.response.time_to_first_chunk']
  expect(Number(seconds) * 1000).toBeLessThanOrEqual(Number(entry?.latencyMs))
  expect(entry?.metadata).toEqual({
    'gen_ai.provider.name': 'acme',
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'a-1',
    'gen_ai.usage.input_tokens': 3,
    'gen_ai.usage.output_tokens': 0,
    'gen_ai.response.time_to_first_chunk': seconds,
    'audit.status': 'ok',
    'audit.attempts': 2,
  })
})

test('metadata of the application hides nothing of the call, and makes no intent of it', async () => {
  const { log, capture, begin } = bench()
  const metadata = {
    tenant: 'eu',
    'audit.status': 'ok',
    'audit.intent': true,
    'gen_ai.provider.name': 'mine',
  }
  await capture.withScope({ metadata }, () => begin().end({ status: 'truncated' }))
  expect((await log.query())[0]?.metadata).toMatchObject({
    tenant: 'eu',
    'audit.status': 'truncated',
    'gen_ai.provider.name': 'acme',
  })
  expect(await capture.unfinished(log)).toEqual([])
})

test('a call without a model is one of an unknown model', async () => {
  const { log, begin } = bench()
  await begin({ requestModel: '' }).end({ status: 'error' })
  expect(await log.query()).toMatchObject([{ model: 'unknown' }])
})

test('a signal ends the call, and is left alone afterwards', async () => {
  const { log, capture, begin } = bench()
  const controller = new AbortController()
  const stopped = begin({ signal: controller.signal })
  stopped.chunk('as far as it ca')
  const finished = begin({ signal: controller.signal })
  await finished.end({ status: 'ok' })
  controller.abort()
  expect(stopped.hasEnded).toBe(true)
  begin({ signal: controller.signal }) // has been aborted already
  await capture.drain()
  expect(await statuses(log)).toEqual(['ok', 'aborted', 'aborted'])
  expect((await log.query())[1]?.outputText).toBe('as far as it ca')
})

test('what was expected counts where nothing else is said', async () => {
  const { log, capture, begin } = bench()
  const failed = begin()
  failed.expect({ status: 'error', errorType: '503' })
  begin()
  await capture.drain()
  const entries = await log.query()
  expect(entries.map(({ metadata }) => [metadata['audit.status'], metadata['error.type']])).toEqual([
    ['error', '503'],
    ['unfinished', undefined],
  ])
  await capture.drain() // nothing is left
  expect(await log.count()).toBe(2)
})

test('drain waits for what is being recorded', async () => {
  let store = () => {}
  const stored = new Promise<void>(resolve => {
    store = resolve
  })
  const order: string[] = []
  const { capture, begin } = bench({
    log: {
      record: async () => {
        await stored
        order.push('stored')
        return { entryId: 'any' }
      },
    },
  })
  const ending = begin().end({ status: 'ok' })
  const draining = capture.drain().then(() => order.push('drained'))
  store()
  await Promise.all([ending, draining])
  expect(order).toEqual(['stored', 'drained'])
})

test('the innermost integration records; beside it, calls are their own', async () => {
  const { log, begin } = bench()
  const outer = begin({ input: 'outer' })
  await outer.run(async () => {
    const middle = begin({ input: 'middle' })
    await middle.run(() => begin({ input: 'inner' }).end({ status: 'ok' }))
    await middle.end({ status: 'ok' })
  })
  await outer.end({ status: 'ok' })
  await begin({ input: 'beside' }).end({ status: 'ok' })
  expect((await log.query()).map(({ inputText }) => inputText)).toEqual(['inner', 'beside'])
})

test('a log that answers with nothing will do, and one that throws at once fails the call', async () => {
  const silent = { record: async () => undefined as unknown as { entryId: string } } // a test double
  await bench({ log: silent, intent: true }).begin().end({ status: 'ok' })
  const broken = {
    record: () => {
      throw new TypeError('at once')
    },
  }
  await expect(bench({ log: broken }).begin().end({ status: 'ok' })).rejects.toBeInstanceOf(AuditError)
})

test('what a handler of failures throws fails the call', async () => {
  const { begin } = bench({
    log: { record: () => Promise.reject(new Error('disk full')) },
    onAuditFailure: () => {
      throw new RangeError('not without a record')
    },
  })
  await expect(begin().end({ status: 'ok' })).rejects.toThrow(RangeError)
})

test('an outcome that cannot be known keeps its id, for the application to look it up', async () => {
  const entryId = '0193a6a4-0000-7000-8000-000000000000'
  const { begin } = bench({
    log: { record: () => Promise.reject(new AuditError('AUDIT_OUTCOME_UNKNOWN', 'cut off', { entryId })) },
  })
  await expect(begin().end({ status: 'ok' })).rejects.toMatchObject({
    code: 'AUDIT_OUTCOME_UNKNOWN',
    entryId,
  })
})

test('a hook for the price that answers with too little costs nothing', async () => {
  const { log, begin } = bench({ price: () => undefined as never })
  await begin().end({ status: 'ok' })
  expect(await log.query()).toMatchObject([{ costUsd: null }])
})

test('a call around others leaves them the entries, and the first one the intent', async () => {
  const { log, capture, begin } = bench({ intent: true })
  const outer = begin()
  await outer.ready()
  await outer.run(async () => {
    for (const output of ['first', 'second']) {
      const inner = begin()
      await inner.ready()
      expect(await createCapture({ log }).unfinished(log)).toHaveLength(1)
      await inner.end({ status: 'ok', output })
    }
  })
  await outer.end({ status: 'ok', output: 'second' })
  expect(await capture.unfinished(log)).toEqual([])
  const entries = await log.query()
  expect(entries.map(({ outputText }) => outputText)).toEqual(['', 'first', '', 'second'])
  expect(entries[1]?.metadata['audit.about']).toBe(entries[0]?.entryId)
})

test.each([
  ['no prototype', () => Object.create(null)],
  ['a text that throws', () => ({ toString: 1 })],
])('a log that rejects with %s fails as any other', async (_, reason) => {
  const { begin } = bench({ log: { record: () => Promise.reject(reason()) } })
  await expect(begin().end({ status: 'ok' })).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
})

test('what the provider was told to continue stands in the entry, and in the intent', async () => {
  const { log, begin } = bench({ intent: true })
  const call = begin({ previous: 'resp_1' })
  await call.ready()
  await call.end({ status: 'ok' })
  expect((await log.query()).map(({ metadata }) => metadata['audit.previous'])).toEqual(['resp_1', 'resp_1'])
})

/** A log that is slow, and then down. */
function failingLater() {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => undefined)
  return {
    log: { record: () => promise },
    fail: () => reject(new AuditError('AUDIT_WRITE_FAILED', 'disk full')),
  }
}

const LEAVING: Readonly<Record<string, (call: Call, controller: AbortController) => void>> = {
  'by abandon': call => call.abandon({ status: 'cancelled' }),
  'by its signal': (_, controller) => controller.abort(),
  twice: (call, controller) => {
    controller.abort()
    call.abandon()
  },
}

test.each(Object.entries(LEAVING))(
  'a record that fails after its reader has left is told, %s',
  async (_, leave) => {
    const { log, fail } = failingLater()
    const { capture, begin } = bench({ log })
    const warnings: Error[] = []
    const warned = (warning: Error) => void warnings.push(warning)
    process.on('warning', warned)
    onTestFinished(() => void process.off('warning', warned))
    const controller = new AbortController()
    const call = begin({ signal: controller.signal })
    call.end({ status: 'ok' }).catch(() => undefined) // a read that nobody waits for any more
    leave(call, controller)
    fail()
    await expect(capture.drain()).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    await new Promise(setImmediate)
    expect(warnings).toMatchObject([{ code: 'AUDIT_WRITE_FAILED' }])
  },
)

test('a failure that somebody waits for, or was told, is told once', async () => {
  const { log, fail } = failingLater()
  const { capture, begin } = bench({ log })
  const call = begin()
  const ending = call.end({ status: 'ok' })
  const draining = capture.drain()
  fail()
  await expect(ending).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  call.abandon() // as a generator does in its `finally`
  await draining
  await capture.drain()
})

test('an answer that comes after the call was abandoned is refused', async () => {
  const { capture, begin, log } = bench()
  const drained = begin()
  await capture.drain()
  await expect(drained.end({ status: 'ok', output: 'late' })).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  await drained.end({ status: 'error' }) // the application meets the error itself
  const aborted = begin({ signal: AbortSignal.abort() })
  await expect(aborted.end({ status: 'ok', output: 'late' })).rejects.toMatchObject({ name: 'AbortError' })
  await capture.drain()
  expect(await statuses(log)).toEqual(['unfinished', 'aborted'])
})

test('a call that expects no more than a request ends when none comes in time, and not before', async () => {
  const { log, capture, begin } = bench()
  const [waiting, going] = [begin(), begin()]
  for (const call of [waiting, going]) call.expect({ status: 'error', errorType: '429' }, 20)
  going.attempt()
  while ((await log.count()) === 0) await new Promise(resolve => setTimeout(resolve, 5))
  expect([waiting.hasEnded, going.hasEnded]).toEqual([true, false])
  expect(waiting.wasCutShort).toBe(false)
  going.expect({ status: 'error', errorType: '500' }, 100_000)
  await capture.drain()
  expect(going.wasCutShort).toBe(true)
  expect(await log.query()).toMatchObject([
    { metadata: { 'error.type': '429' } },
    { metadata: { 'error.type': '500' } },
  ])
})

test('a handler of failures that rejects fails the call, and nothing is left unhandled', async () => {
  const failure = new Error('the handler cannot tell anybody')
  const capture = createCapture({
    log: { record: () => Promise.reject(new Error('disk full')) },
    onAuditFailure: async () => {
      throw failure
    },
  })
  const call = capture.begin({ provider: 'acme', operation: 'chat', requestModel: 'a-1', input: 'hello' })
  await expect(call.end({ status: 'ok' })).rejects.toBe(failure)
})

test.each(['price', 'user'])(
  'a %s that is asynchronous by mistake, and rejects, is not left unhandled',
  async hook => {
    const log = new AuditLog()
    const wrong: object = { [hook]: async () => Promise.reject(new Error('not awaited')) }
    const capture = createCapture({ log, ...wrong })
    const start = { provider: 'acme', operation: 'chat', requestModel: 'a-1', input: 'hello' }
    if (hook === 'user')
      expect(() => capture.begin(start)).toThrow(expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }))
    else await capture.begin(start).end({ status: 'ok' })
    expect((await log.query()).map(({ costUsd }) => costUsd)).toEqual(hook === 'user' ? [] : [null])
  },
)
