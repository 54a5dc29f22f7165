import { setTimeout as pause } from 'node:timers/promises'
import { AuditError } from '@audit/core'
import type { CallStart } from '../call.ts'
import { KEYS } from '../metadata-keys.ts'
import type { CallOutcome } from '../outcome.ts'
import { ANSWER, modelOf, PARTS, QUESTION, type Rehearsal, type Staging } from './rehearsal.ts'

/** One thing that an integration must keep to. */
export interface IntegrationCase {
  readonly name: string
  readonly needsStream?: boolean
  readonly staging?: Staging
  /** Default: asks, and takes the whole answer. */
  readonly play?: (rehearsal: Rehearsal) => Promise<unknown>
  /** Whether the application sees the same without the integration. Default: it does. */
  readonly isUnseen?: boolean
  /** The statuses of the entries. Default: one that is ok. `'any'` leaves them to `check`. */
  readonly statuses?: readonly string[] | 'any'
  /** What else must hold. Returns what is wrong. */
  readonly check?: (rehearsal: Rehearsal) => string | undefined
}

const FAILURE = Object.assign(new Error('the model is overloaded'), { code: 'overloaded' })
const DOWN = new AuditError('AUDIT_WRITE_FAILED', 'the disk is full')

async function ask({ client, seen }: Rehearsal, signal?: AbortSignal): Promise<void> {
  seen.push(await client.ask(QUESTION, { signal }))
}

const END = 'the end'

/** Reads a stream, as far as `until` says. */
async function read({ client, seen }: Rehearsal, until = Infinity): Promise<void> {
  for await (const part of streamOf(client)) if (seen.push(part) >= until) return
  seen.push(END)
}

function streamOf(client: Rehearsal['client'], signal?: AbortSignal): AsyncIterable<string> {
  return (
    client.stream?.(QUESTION, { signal }) ?? {
      [Symbol.asyncIterator]: () => {
        throw new Error('no stream')
      },
    }
  )
}

async function abort({ client, seen }: Rehearsal): Promise<void> {
  const controller = new AbortController()
  for await (const part of streamOf(client, controller.signal)) if (seen.push(part) === 2) controller.abort()
}

async function abortAndLeave(rehearsal: Rehearsal): Promise<void> {
  const controller = new AbortController()
  const parts = streamOf(rehearsal.client, controller.signal)[Symbol.asyncIterator]()
  rehearsal.seen.push(await parts.next())
  controller.abort() // nobody reads on
  await pause(5)
}

async function dropped({ client, seen }: Rehearsal): Promise<void> {
  seen.push(await streamOf(client)[Symbol.asyncIterator]().next())
}

/** After `drain()`, as a server that is shutting down may do. */
async function readOn({ capture, client, seen }: Rehearsal): Promise<void> {
  const parts = streamOf(client)[Symbol.asyncIterator]()
  let part = await parts.next()
  await capture.drain()
  for (; !part.done; part = await parts.next()) seen.push(part.value)
  seen.push(END)
}

/** Ends a call before its whole answer has come. */
async function endEarly(rehearsal: Rehearsal, end: (controller: AbortController) => unknown): Promise<void> {
  const { client, counts, seen } = rehearsal
  const controller = new AbortController()
  let isOver = false
  const asking = client
    .ask(QUESTION, { signal: controller.signal })
    .catch(error => error)
    .finally(() => {
      isOver = true
    })
  while (counts.parts === 0 && !isOver) await new Promise(setImmediate)
  await end(controller)
  seen.push(await asking)
}

/** Asks, and never reads. Whether the request leaves is the SDK's way. */
async function unread({ client }: Rehearsal): Promise<void> {
  streamOf(client)
  await pause(5)
}

/** Leaves a stream where it is, and reads on when it was recorded. */
async function readAfterIdle({ client, entries, seen }: Rehearsal): Promise<void> {
  const parts = streamOf(client)[Symbol.asyncIterator]()
  let part = await parts.next()
  for (let i = 0; i < IDLE_CHECKS && entries.length === 0; i++) await pause(IDLE_MS)
  if (entries.length === 0) seen.push(NOT_RECORDED)
  for (; !part.done; part = await parts.next()) seen.push(part.value)
  seen.push(END)
}

const IDLE_MS = 10
const IDLE_CHECKS = 20
const NOT_RECORDED = new Error('a stream that nobody reads must be recorded after idleMs')

async function readSlowly({ client, seen, counts }: Rehearsal): Promise<void> {
  for await (const part of streamOf(client)) {
    await pause(5)
    seen.push([part, counts.parts])
  }
}

async function switchUser(rehearsal: Rehearsal): Promise<void> {
  const { capture, client, seen } = rehearsal
  const parts = capture.withScope({ user: 'alice' }, () => streamOf(client)[Symbol.asyncIterator]())
  const first = capture.withScope({ user: 'alice' }, () => parts.next())
  seen.push(await first)
  await capture.withScope({ user: 'bob' }, async () => {
    for (let part = await parts.next(); !part.done; part = await parts.next()) seen.push(part)
  })
}

async function askForTwo(rehearsal: Rehearsal): Promise<void> {
  const { capture } = rehearsal
  await Promise.all(['alice', 'bob'].map(user => capture.withScope({ user }, () => ask(rehearsal))))
}

/** A framework around the SDK, which asks what the SDK asks, as its first entry says it. */
async function nested(rehearsal: Rehearsal): Promise<void> {
  await ask(rehearsal)
  const [first] = rehearsal.entries
  const { [KEYS.operation]: operation, [KEYS.requestModel]: requestModel }: Metadata = Object(first?.metadata)
  const start = { operation: String(operation), requestModel: String(requestModel ?? '') }
  await askWithin(rehearsal, { ...start, output: first?.outputText })
}

/** A model that asks the SDK for something on its way to an answer of its own. */
async function asking(rehearsal: Rehearsal): Promise<void> {
  await askWithin(rehearsal, { operation: 'chat', requestModel: OUTER, output: OUTER })
}

const OUTER = 'outer'

type Metadata = Readonly<Record<string, unknown>>
type Around = Pick<CallStart, 'operation' | 'requestModel'> & Pick<CallOutcome, 'output'>

async function askWithin(rehearsal: Rehearsal, { output, ...start }: Around): Promise<void> {
  const call = rehearsal.capture.begin({ provider: OUTER, input: OUTER, ...start })
  try {
    await call.run(() => ask(rehearsal))
  } finally {
    call.abandon({ status: 'ok', output })
  }
}

const failing: Staging = { model: counts => modelOf(counts, [], FAILURE) }
const breaking: Staging = { model: counts => modelOf(counts, PARTS.slice(0, 2), FAILURE) }
const down: Staging = { store: () => Promise.reject(DOWN) }

function textIs(expected: string) {
  return ({ entries }: Rehearsal) =>
    entries.every(({ outputText }) => outputText === expected)
      ? undefined
      : `the entry must hold ${JSON.stringify(expected)}, not ${JSON.stringify(entries[0]?.outputText)}`
}

/** The entry holds all that the application saw, and maybe a part that it was about to see. */
function isRecordedWhole({ entries, seen }: Rehearsal): string | undefined {
  const shown = seen.filter(value => typeof value === 'string').join('')
  return entries[0]?.outputText.startsWith(shown)
    ? undefined
    : `what is read after drain() must fail: the application saw ${JSON.stringify(shown)}`
}

function handsOnNothing({ seen }: Rehearsal): string | undefined {
  return seen.includes(ANSWER) ? 'an answer must not be handed on that is in no entry' : undefined
}

function entryOfItsRequest({ entries, counts }: Rehearsal): string | undefined {
  const [{ metadata } = {}, ...more] = entries
  if (counts.asked === 0 || (Object(metadata)[KEYS.status] === 'unfinished' && more.length === 0))
    return undefined
  return 'the request that has left must be one entry'
}

function failsClosed({ seen, counts }: Rehearsal): string | undefined {
  if (!seen.some(isAuditError)) return 'the application must meet the error of the log'
  if (seen.includes(ANSWER) || seen.includes(END)) return 'the end of the answer must be held back'
  return counts.asked === 1 ? undefined : `the model was asked ${counts.asked} times, and bills each`
}

function isAuditError(value: unknown): boolean {
  return value instanceof AuditError || (value instanceof Error && isAuditError(value.cause))
}

function usersAre(...users: readonly string[]) {
  return ({ entries }: Rehearsal) => {
    const found = entries.map(({ user }) => user).toSorted()
    return found.join() === users.join()
      ? undefined
      : `the users must be ${users.join()}, not ${found.join()}`
  }
}

function asksOnce({ counts }: Rehearsal): string | undefined {
  return counts.asked === 1 ? undefined : `the model was asked ${counts.asked} times`
}

const slow: Staging = { store: () => pause(20) }

function waitsAtTheEnd({ seenWhenStored: [seen = []] }: Rehearsal): string | undefined {
  if (seen.includes(END)) return 'a stream must not end before its entry is stored'
  return seen.length < PARTS.length - 1 ? 'no part but the last may wait for the log' : undefined
}

/** The cases, in the order in which they run. */
export const CASES: readonly IntegrationCase[] = [
  {
    name: 'a call is one entry with its question and its answer',
    check: whole => textIs(ANSWER)(whole) ?? asked(whole),
  },
  { name: 'a stream is one entry', needsStream: true, play: read, check: textIs(ANSWER) },
  { name: 'a call that fails is an entry', staging: failing, statuses: ['error'], check: asksOnce },
  {
    name: 'a stream that fails is an entry of what came',
    needsStream: true,
    staging: breaking,
    play: read,
    statuses: ['error'],
    check: textIs('The answer '),
  },
  {
    name: 'a stream that the consumer leaves is an entry of what it saw',
    needsStream: true,
    play: whole => read(whole, 2),
    statuses: ['cancelled'],
    check: textIs('The answer '),
  },
  {
    name: 'a stream that is aborted is an entry',
    needsStream: true,
    play: abort,
    statuses: ['aborted'],
    check: textIs('The answer '),
  },
  {
    name: 'a stream that is aborted and not read on is an entry',
    needsStream: true,
    play: abortAndLeave,
    statuses: ['aborted'],
  },
  {
    name: 'a call that is aborted before it starts is no success',
    play: whole => ask(whole, AbortSignal.abort()),
    statuses: ['aborted'],
  },
  {
    name: 'a stream that is dropped is an entry when the capture is drained',
    needsStream: true,
    play: dropped,
    statuses: ['unfinished'],
  },
  {
    name: 'a stream that is read on after drain() shows nothing that is not in its entry',
    needsStream: true,
    play: readOn,
    isUnseen: false,
    statuses: ['unfinished'],
    check: isRecordedWhole,
  },
  {
    name: 'an answer that comes after drain() is not handed on',
    staging: { model: counts => modelOf(counts, PARTS, undefined, true) },
    play: whole => endEarly(whole, () => whole.capture.drain()),
    isUnseen: false,
    statuses: ['unfinished'],
    check: handsOnNothing,
  },
  {
    name: 'an answer that comes after an abort which the model ignores is not handed on',
    staging: { model: counts => modelOf(counts, PARTS, undefined, true) },
    play: whole => endEarly(whole, controller => controller.abort()),
    isUnseen: false,
    statuses: ['aborted'],
    check: handsOnNothing,
  },
  {
    name: 'a stream that is not read sends its request as the SDK does',
    needsStream: true,
    play: unread,
    statuses: 'any',
    check: entryOfItsRequest,
  },
  {
    name: 'a stream that nobody reads on is recorded after idleMs, and shows nothing more',
    needsStream: true,
    staging: { capture: { idleMs: IDLE_MS } },
    play: readAfterIdle,
    isUnseen: false,
    statuses: ['unfinished'],
    check: whole => (whole.seen.includes(NOT_RECORDED) ? NOT_RECORDED.message : isRecordedWhole(whole)),
  },
  {
    name: 'a stream is read no faster than the application reads',
    needsStream: true,
    play: readSlowly,
    check: textIs(ANSWER),
  },
  {
    name: 'a stream names who asked when it began',
    needsStream: true,
    play: switchUser,
    check: usersAre('alice'),
  },
  {
    name: 'calls at the same time name their own users',
    play: askForTwo,
    statuses: ['ok', 'ok'],
    check: usersAre('alice', 'bob'),
  },
  {
    name: 'an integration around this one leaves the entry to it',
    play: nested,
    statuses: ['ok', 'ok'],
    check: ({ entries }) =>
      entries.some(({ inputText }) => inputText === OUTER)
        ? 'the innermost integration must record'
        : undefined,
  },
  {
    name: 'a call within one of another model has an entry, and so has that',
    play: asking,
    statuses: ['ok', 'ok'],
  },
  {
    name: 'with the log down, a call fails',
    staging: down,
    isUnseen: false,
    statuses: [],
    check: failsClosed,
  },
  {
    name: 'with the log down, a stream fails before its end',
    needsStream: true,
    staging: down,
    play: read,
    isUnseen: false,
    statuses: [],
    check: failsClosed,
  },
  {
    name: 'with a slow log, only the end of a stream waits',
    needsStream: true,
    staging: slow,
    play: read,
    check: waitsAtTheEnd,
  },
  {
    name: 'an intent that cannot be stored keeps the call from being made',
    staging: { ...down, capture: { intent: true } },
    isUnseen: false,
    statuses: [],
    check: whole => (whole.counts.asked === 0 ? undefined : 'the model was asked without an intent'),
  },
]

function asked({ entries }: Rehearsal): string | undefined {
  return entries[0]?.inputText.includes(QUESTION) ? undefined : 'the entry must hold the question'
}
