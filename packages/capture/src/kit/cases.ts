import { setTimeout as pause } from 'node:timers/promises'
import { AuditError, type EntryInput } from '@audit/core'
import { KEYS } from '../metadata-keys.ts'
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
  /** The statuses of the entries. Default: one that is ok. */
  readonly statuses?: readonly string[]
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

async function nested(rehearsal: Rehearsal): Promise<void> {
  const start = { provider: 'outer', operation: 'chat', requestModel: '', input: 'outer' }
  const call = rehearsal.capture.begin(start)
  try {
    await call.run(() => ask(rehearsal))
  } finally {
    await call.end({ status: 'ok' })
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

const provider = (entry: EntryInput | undefined) => Object(entry?.metadata)[KEYS.provider]

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
    check: ({ entries: [entry] }) =>
      provider(entry) === 'outer' ? 'the innermost integration must record' : undefined,
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
