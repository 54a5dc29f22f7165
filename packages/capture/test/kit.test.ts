import { describe, expect, it, test } from 'vitest'
import type { Call, Capture } from '../src/index.ts'
import { IdleTimer, tooLate } from '../src/integration.ts'
import { checkIntegration, type IntegrationClient, testIntegration } from '../src/kit/index.ts'
import { Acme, auditAcme, startOf } from './acme.ts'

testIntegration({
  describe,
  it,
  create: ({ model, capture }) => audited(auditAcme, new Acme(model), capture),
})

type Audit = (acme: Acme, capture: Capture) => IntegrationClient

function audited(audit: Audit, acme: Acme, capture: Capture | undefined): IntegrationClient {
  return capture ? audit(acme, capture) : acme
}

test('an SDK without streams is tested on the rest', async () => {
  const results = await checkIntegration({
    create: ({ model, capture }) => {
      const { ask } = audited(auditAcme, new Acme(model), capture)
      return { ask: ask.bind(new Acme(model)) }
    },
  })
  expect(results.filter(({ problem }) => problem !== undefined)).toEqual([])
  expect(results.some(({ isSkipped }) => isSkipped)).toBe(true)
})

/** A stream that goes wrong in one way: what happens with each part, and at each end. */
interface StreamParts {
  /** What happens when a part comes after the call has ended. */
  readonly late?: (call: Call) => unknown
  readonly early?: (call: Call) => unknown
  readonly part?: (part: string, call: Call) => string | undefined
  readonly end?: (call: Call) => unknown
  readonly error?: (call: Call, error: unknown) => unknown
  readonly left?: (call: Call) => unknown
}

/** The integration, with another stream. */
function withStream(parts: StreamParts, start = startOf): Audit {
  return (acme, capture) => ({
    ...auditAcme(acme, capture),
    stream: (question, options) => {
      const call = capture.begin(start(question, options))
      const source = call.ready().then(() => acme.stream(question, options))
      source.catch(nothing)
      return streamed(call, parts, source, new IdleTimer(call, capture.idleMs))
    },
  })
}

async function* streamed(
  call: Call,
  parts: StreamParts,
  source: Promise<AsyncIterable<string>>,
  idle: Pick<IdleTimer, 'start' | 'stop' | 'end'>,
) {
  const {
    early,
    late = refuse,
    part: take = keep,
    end = endOk,
    error: onError = endError,
    left = leave,
  } = parts
  idle.stop()
  try {
    await early?.(call)
    for await (const part of await source) {
      if (call.hasEnded) late(call)
      const taken = take(part, call)
      idle.start()
      if (taken !== undefined) yield taken
      idle.stop()
    }
    await end(call)
  } catch (error) {
    await onError(call, error)
    throw error
  } finally {
    idle.end()
    await left(call)
  }
}

const keep = (part: string, call: Call) => {
  call.chunk(part)
  return part
}
const endOk = (call: Call) => call.end({ status: 'ok' })
const endError = (call: Call) => call.end({ status: 'error' })
const leave = (call: Call) => call.abandon({ status: 'cancelled' })
const refuse = () => {
  throw tooLate()
}
const nothing = () => undefined

/** The integration, with another way to ask. */
function withAsk(
  ask: (acme: Acme, capture: Capture, ...asked: Parameters<IntegrationClient['ask']>) => Promise<string>,
): Audit {
  return (acme, capture) => ({
    ...auditAcme(acme, capture),
    ask: (question, options) => ask(acme, capture, question, options),
  })
}

const BROKEN: Readonly<Record<string, Audit>> = {
  'records nothing': acme => acme,
  'records twice': doubly,
  'records no failure of a call': withAsk(async (acme, capture, question, options) => {
    const answer = await acme.ask(question, options)
    await capture.begin(startOf(question, options)).end({ status: 'ok', output: answer })
    return answer
  }),
  'calls a failure a success': withStream({ error: endOk }),
  'forgets a stream that the consumer leaves': withStream({ left: nothing }),
  'forgets an abort': withStream({}, question => startOf(question, {})),
  'takes a failure for a consumer that leaves': withStream({ error: nothing }),
  'shows what comes after drain()': withStream({ late: nothing }),
  'ends a stream when it begins': withStream({ early: endOk }),
  'does not wait for the log': withStream({ end: call => void call.end({ status: 'ok' }).catch(nothing) }),
  'leaves a rejection alone': withStream({ end: call => void call.end({ status: 'ok' }) }),
  'waits for the log with the first part': withStream({
    part: keep,
    early: async call => call.end({ status: 'ok', output: 'The answer is forty-two.' }),
  }),
  'changes a part': withStream({ part: (part, call) => keep(part, call).trim() }),
  'drops a part': withStream({ part: (part, call) => (keep(part, call) === 'is ' ? undefined : part) }),
  'records what nobody saw': withStream({
    part: part => part,
    end: call => call.end({ status: 'ok', output: 'made up' }),
  }),
  'reads ahead of the application': (acme, capture) => ({
    ...auditAcme(acme, capture),
    stream: (question, options) => {
      const call = capture.begin(startOf(question, options))
      const source = (async function* () {
        const parts: string[] = []
        for await (const part of acme.stream(question, options)) parts.push(part)
        yield* parts
      })()
      return streamed(call, {}, Promise.resolve(source), new IdleTimer(call, capture.idleMs))
    },
  }),
  'sends the request of a stream when it is read': (acme, capture) => ({
    ...auditAcme(acme, capture),
    async *stream(question, options) {
      yield* auditAcme(acme, capture).stream?.(question, options) ?? []
    },
  }),
  'leaves a stream open that nobody reads on': (acme, capture) => ({
    ...auditAcme(acme, capture),
    stream: (question, options) => {
      const call = capture.begin(startOf(question, options))
      const source = call.ready().then(() => acme.stream(question, options))
      source.catch(nothing)
      return streamed(call, {}, source, { start: nothing, stop: nothing, end: nothing })
    },
  }),
  'hands on an answer that is in no entry': withAsk(async (acme, capture, question, options) => {
    const call = capture.begin(startOf(question, options))
    await call.ready()
    const answer = await acme.ask(question, options).catch(async error => {
      await call.end({ status: 'error' })
      throw error
    })
    if (!call.hasEnded) await call.end({ status: 'ok', output: answer })
    return answer
  }),
  'takes who asked at the end': (acme, capture) => ({
    ...auditAcme(acme, capture),
    async *stream(question, options) {
      let answer = ''
      for await (const part of acme.stream(question, options)) {
        answer += part
        yield part
      }
      await capture.begin(startOf(question, options)).end({ status: 'ok', output: answer })
    },
  }),
  'asks twice': withAsk(async (acme, capture, question, options) => {
    await acme.ask(question, options)
    return auditAcme(acme, capture).ask(question, options)
  }),
  'asks again when the log fails': withAsk((acme, capture, question, options) =>
    auditAcme(acme, capture)
      .ask(question, options)
      .catch(() => auditAcme(acme, capture).ask(question, options)),
  ),
  'swallows an error': withAsk((acme, capture, question, options) =>
    auditAcme(acme, capture)
      .ask(question, options)
      .catch(() => ''),
  ),
  'wraps an error': withAsk((acme, capture, question, options) =>
    auditAcme(acme, capture)
      .ask(question, options)
      .catch(error => {
        throw new TypeError('acme failed', { cause: error })
      }),
  ),
  'asks without an intent': withAsk(async (acme, capture, question, options) => {
    const call = capture.begin(startOf(question, options))
    const answer = await acme.ask(question, options)
    await call.end({ status: 'ok', output: answer })
    return answer
  }),
  'leaves out the question': withAsk(async (acme, capture, question, options) => {
    const call = capture.begin({ ...startOf(question, options), input: '' })
    await call.ready()
    const answer = await acme.ask(question, options)
    await call.end({ status: 'ok', output: answer })
    return answer
  }),
  hangs: withStream({ end: () => new Promise(nothing) }),
}

/** Two entries for each call. */
function doubly(acme: Acme, capture: Capture): IntegrationClient {
  const once = auditAcme(acme, capture)
  return {
    ...once,
    async ask(question, options) {
      const answer = await once.ask(question, options)
      await capture.begin(startOf(question, options)).end({ status: 'ok', output: answer })
      return answer
    },
  }
}

test('what the broken ones are made of is not caught itself', async () => {
  const results = await checkIntegration({
    create: ({ model, capture }) => audited(withStream({}), new Acme(model), capture),
  })
  expect(results.filter(({ problem }) => problem !== undefined)).toEqual([])
})

test.each(Object.entries(BROKEN))('an integration is caught that %s', async (_, audit) => {
  const results = await checkIntegration({
    create: ({ model, capture }) => audited(audit, new Acme(model), capture),
    caseTimeoutMs: 500,
  })
  expect(results.filter(({ problem }) => problem !== undefined)).not.toEqual([])
})
