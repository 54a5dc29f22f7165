import { AuditError } from '@audit/core'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createCapture } from '../src/index.ts'

const DOWN = { record: () => Promise.reject(new Error('disk full')) }

/** The warnings of this process, as they come. */
function warnings(): readonly Error[] {
  const seen: Error[] = []
  const see = (warning: Error) => void seen.push(warning)
  process.on('warning', see)
  onTestFinished(() => void process.off('warning', see))
  return seen
}

function bench(log: Parameters<typeof createCapture>[0]['log'] = DOWN, intent = false) {
  const capture = createCapture({ log, intent, user: 'alice@example.com' })
  const begin = (requestModel: string) =>
    capture.begin({ provider: 'acme', operation: 'chat', requestModel, input: 'a secret' })
  return { capture, begin }
}

test('each call that is lost where nobody waits is a warning that names it, and not the user or a text', async () => {
  const seen = warnings()
  const { capture, begin } = bench()
  for (const model of ['a-1', 'a-2', 'a-3']) begin(model).abandon({ status: 'cancelled' })
  const error: AuditError = await capture.drain().then(
    () => expect.fail('it must reject'),
    reason => reason,
  )
  await new Promise(setImmediate)
  expect(seen.map(({ message }) => /"acme".*"a-\d".*: \d\)/.test(message))).toEqual([true, true, true])
  expect(JSON.stringify(seen.map(String))).not.toMatch(/alice|secret/)
  expect(error).toMatchObject({ code: 'AUDIT_WRITE_FAILED', message: expect.stringContaining('3 calls') })
  expect(error.cause).toBeInstanceOf(AggregateError)
  expect(Object(error.cause).errors).toEqual(seen)
  await capture.drain() // nothing is left to say
})

test('one call that is lost is the error itself, with its intent and what the log said', async () => {
  const seen = warnings()
  let records = 0
  const failure = new AuditError('AUDIT_BUSY', 'locked')
  const log = {
    record: async () => {
      if (++records > 1) throw failure
      return { entryId: 'the-intent' }
    },
  }
  const { capture, begin } = bench(log, true)
  await begin('a-1').ready()
  await expect(capture.drain()).rejects.toMatchObject({
    code: 'AUDIT_BUSY',
    message: expect.stringContaining('the-intent'),
    cause: { code: 'AUDIT_BUSY', cause: failure },
  })
  await new Promise(setImmediate)
  expect(seen).toHaveLength(1)
})

test('of many, the first hundred are kept, and all are counted', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue() // 150 lines that nobody wants to read
  onTestFinished(() => warn.mockRestore())
  const { capture, begin } = bench()
  for (let i = 0; i < 150; i++) begin('a-1').abandon()
  await expect(capture.drain()).rejects.toMatchObject({
    message: expect.stringContaining('150 calls'),
    cause: { errors: { length: 100 } },
  })
  expect(warn).toHaveBeenCalledTimes(150)
})

/** What an SDK would take for a failure of its own connection. */
const RETRYABLE: readonly (readonly [string, object])[] = [
  ['an abort', { name: 'AbortError' }],
  ['a connection error of an SDK', { name: 'APIConnectionError' }],
  ['a connection that broke', { code: 'ECONNRESET' }],
  ['one of undici', { code: 'UND_ERR_SOCKET' }],
  ['a refusal', { status: 503 }],
  ['a refusal of the AI SDK', { statusCode: 429 }],
  ['one that says so', { isRetryable: true }],
  ['a timeout', { message: 'Connection timed out' }],
]

test.each(RETRYABLE)('%s is not the cause of the error that the application meets', async (_, fields) => {
  const inner = Object.assign(new Error('inner'), fields)
  for (const error of [inner, new AuditError('AUDIT_WRITE_FAILED', 'disk full', { cause: inner })]) {
    const { begin } = bench({ record: () => Promise.reject(error) })
    await expect(begin('a-1').end({ status: 'ok' })).rejects.toSatisfy(
      (met: AuditError) => met.code === 'AUDIT_WRITE_FAILED' && met.cause === undefined,
    )
  }
})

test('anything else is', async () => {
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' })
  for (const error of [full, new AuditError('AUDIT_WRITE_FAILED', 'disk full', { cause: full }), 'a text']) {
    const { begin } = bench({ record: () => Promise.reject(error) })
    await expect(begin('a-1').end({ status: 'ok' })).rejects.toMatchObject({
      code: 'AUDIT_WRITE_FAILED',
      cause: error,
    })
  }
})
