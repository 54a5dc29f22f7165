import { AuditError, AuditLog, type EntryInput, MemoryBackend } from '@audit/core'
import { expect, test } from 'vitest'
import { type CallOutcome, type CallStart, type CaptureOptions, createCapture } from '../src/index.ts'

const ANSWER: CallOutcome = { status: 'ok', output: 'the answer' }

function bench(options: Partial<CaptureOptions> = {}) {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, ...options })
  const begin = (input: string, more: Partial<CallStart> = {}) =>
    capture.begin({ provider: 'acme', operation: 'chat', requestModel: 'a-1', input, ...more })
  const inputs = async () => (await log.query()).map(({ inputText }) => inputText)
  return { log, capture, begin, inputs }
}

/** Plays a call within a call, and returns whose entries there are. */
async function entriesOf(
  outer: Partial<CallStart> & CallOutcome,
  inner: Partial<CallStart> & CallOutcome,
): Promise<readonly string[]> {
  const { begin, inputs } = bench()
  const call = begin('outer', partsOf(outer))
  await call.run(() => begin('inner', partsOf(inner)).end(outcomeOf(inner)))
  await call.end(outcomeOf(outer))
  return inputs()
}

const KEYS_OF_START = ['input', 'operation', 'requestModel']
const partsOf = (given: object) =>
  Object.fromEntries(Object.entries(given).filter(([key]) => KEYS_OF_START.includes(key)))
const outcomeOf = ({ status, output, responseId }: CallOutcome): CallOutcome => ({
  status,
  output,
  responseId,
})

const FAILED: CallOutcome = { status: 'error' }
const LEFT: CallOutcome = { status: 'cancelled', output: 'the an' }
const SAME: readonly (readonly [name: string, outer: CallOutcome & Partial<CallStart>, inner: object])[] = [
  ['the same answer', ANSWER, {}],
  [
    'the same response, shown otherwise',
    { ...ANSWER, responseId: 'r1' },
    { output: 'assistant:\nthe answer', responseId: 'r1' },
  ],
  [
    'the same response of a model with an alias',
    { ...ANSWER, responseId: 'r1', requestModel: 'a' },
    { responseId: 'r1' },
  ],
  ['an id that only one knows', ANSWER, { responseId: 'r1' }],
  ['no answer', FAILED, { status: 'truncated' }],
  ['an answer that the consumer left, and the SDK had read', LEFT, {}],
  ['an answer that both left', LEFT, { status: 'cancelled', output: 'the ans' }],
]

test.each(SAME)(
  'a call within a call that is the same one has the only entry: %s',
  async (_, outer, more) => {
    expect(await entriesOf(outer, { ...ANSWER, ...more })).toEqual(['inner'])
  },
)

const OTHER: typeof SAME = [
  ['another model', ANSWER, { requestModel: 'guard-1' }],
  ['another operation', ANSWER, { operation: 'embeddings' }],
  ['another answer', ANSWER, { output: 'safe' }],
  ['another response with the same answer', { ...ANSWER, responseId: 'r1' }, { responseId: 'r2' }],
  ['an answer, where the outer one has none', FAILED, {}],
  ['no answer, where the outer one has one', ANSWER, { status: 'error', output: '' }],
]

test.each(OTHER)('one that is not has an entry of its own: %s', async (_, outer, more) => {
  expect(await entriesOf(outer, { ...ANSWER, ...more })).toEqual(['inner', 'outer'])
})

test('embeddings that are sent in several requests are those of the call around them', async () => {
  const { begin, inputs } = bench()
  const embeddings = { operation: 'embeddings' }
  const outer = begin('one\ntwo\nthree', embeddings)
  await outer.run(async () => {
    await begin('one two', embeddings).end({ status: 'ok', output: '[2 embeddings]' })
    await begin('three', embeddings).end({ status: 'ok', output: '[1 embedding]' })
  })
  await outer.end({ status: 'ok', output: '[3 embeddings]' })
  const other = begin('one', embeddings)
  await other.run(() => begin('a document', embeddings).end({ status: 'ok', output: '[1 embedding]' }))
  await other.end({ status: 'ok', output: '[1 embedding]' })
  expect(await inputs()).toEqual(['one two', 'three', 'a document', 'one'])
})

test('a call that is still open within one that is stopped is the same one', async () => {
  const { begin, inputs, capture } = bench()
  const controller = new AbortController()
  for (const responseId of [undefined, 'r1']) {
    const outer = begin('outer', { signal: controller.signal })
    outer.progress(() => ({ responseId }))
    outer.run(() => begin('inner')).progress(() => ({ output: 'the ans', responseId }))
  }
  controller.abort()
  await capture.drain()
  expect(await inputs()).toEqual(['inner', 'inner'])
})

test('what begins in the context of a call that has ended is a call of its own, and changes nothing', async () => {
  const { begin, inputs } = bench()
  const outer = begin('outer')
  const later = outer.run(() => () => begin('later').end(ANSWER))
  const ending = outer.end(ANSWER)
  await later()
  await ending
  expect(await inputs()).toEqual(expect.arrayContaining(['outer', 'later']))
})

const intentsOf = async (log: AuditLog) => {
  const open = await createCapture({ log }).unfinished(log) // as after a crash
  return open.map(({ inputText }) => inputText)
}

test.each(['guard-1', 'a-1'])(
  'a guard has an intent of its own, and ends no other: %s',
  async requestModel => {
    const { begin, capture, log } = bench({ intent: true })
    const outer = begin('outer')
    await outer.ready()
    await outer.run(async () => {
      const guard = begin('safe?', { requestModel })
      await guard.ready()
      expect(await intentsOf(log)).toEqual(['outer', 'safe?'])
      await guard.end({ status: 'ok', output: 'safe' })
    })
    expect(await intentsOf(log)).toEqual(['outer'])
    await outer.end(ANSWER)
    expect(await capture.unfinished(log)).toEqual([])
    expect(await log.count()).toBe(4)
  },
)

test('a call that asks the same takes the intent over, and both end it if they are not the same', async () => {
  const { begin, log } = bench({ intent: true })
  const outer = begin('Is it\nsafe?')
  await outer.ready()
  await outer.run(() => begin('Is it safe?').end({ status: 'ok', output: 'safe' }))
  await outer.end(ANSWER)
  const [intent, ...ends] = await log.query()
  expect(ends.map(({ metadata }) => metadata['audit.about'])).toEqual([intent?.entryId, intent?.entryId])
})

/** A call that asks in other words than the one within it, which is the same call. */
async function askedInOtherWords({ begin }: ReturnType<typeof bench>) {
  const outer = begin('outer', { inputMessages: ['outer'] })
  await outer.ready()
  await outer.run(async () => {
    const inner = begin('inner')
    await inner.ready()
    await inner.end(ANSWER)
  })
  return outer
}

test('an intent whose call another entry records has an end that is no call', async () => {
  const benched = bench({ intent: true, content: 'messages' })
  const { log } = benched
  const outer = await askedInOtherWords(benched)
  await outer.end(ANSWER)
  expect(await intentsOf(log)).toEqual([])
  const [intent, , , end, ...more] = await log.query()
  expect(more).toEqual([])
  expect(end).toMatchObject({ model: 'a-1', inputText: '', outputText: '', costUsd: null })
  expect(end?.metadata).toMatchObject({
    'audit.intent': true,
    'audit.about': intent?.entryId,
    'audit.status': 'ok',
  })
  expect(end?.metadata).not.toHaveProperty('gen_ai.input.messages')
})

test('an end of an intent that cannot be stored fails the call, which was recorded', async () => {
  const records = new AuditLog()
  let isDown = false
  const log = {
    record: (input: EntryInput) =>
      isDown ? Promise.reject(new AuditError('AUDIT_WRITE_FAILED', 'disk full')) : records.record(input),
  }
  const outer = await askedInOtherWords(bench({ log, intent: true }))
  isDown = true
  await expect(outer.end(ANSWER)).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  expect(await intentsOf(records)).toEqual(['outer'])
})

test('metadata of the application makes no end of an intent', async () => {
  const { begin, capture, log } = bench({ intent: true })
  await capture.withScope({ metadata: { 'audit.about': 'x' } }, () => begin('outer').ready())
  expect(await intentsOf(log)).toEqual(['outer'])
})
