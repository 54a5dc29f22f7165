import { setTimeout as pause } from 'node:timers/promises'
import type { CallStatus, CaptureLevel, CaptureOptions } from '@audit/capture'
import type { Behaviour } from '@audit/harness'
import type { ChatOpenAIFields } from '@langchain/openai'
import { z } from 'zod'
import {
  ANSWER,
  type Api,
  ask,
  askAndRead,
  type Form,
  type Play,
  QUESTION,
  type Recorder,
  settled,
} from './observed.ts'

/** One row of the matrix. */
export interface Situation {
  readonly name: string
  readonly behaviour?: Behaviour
  /** Only in these. Default: `invoke` and `stream`. */
  readonly forms?: readonly Form[]
  readonly apis?: readonly Api[]
  readonly recorders?: readonly Recorder[]
  readonly play?: (play: Play) => Promise<unknown>
  readonly options?: Partial<ChatOpenAIFields>
  readonly capture?: Partial<CaptureOptions>
  /** How the one entry ends: over the wire, and by callbacks where that differs. */
  readonly status: CallStatus | { readonly invoke: CallStatus; readonly stream: CallStatus }
  readonly callback?: CallStatus | { readonly invoke: CallStatus; readonly stream: CallStatus }
  /** What it holds of the answer. Default: all of it. */
  readonly text?: 'all' | 'part' | 'none' | 'any' | RegExp
  readonly attempts?: number
  /** Where `auditModel` meets it. Default: on the wire. */
  readonly level?: CaptureLevel
  /** How many calls there are. Default: 1. */
  readonly calls?: number
  /** Whether the tokens are known. Default: where the status is ok. */
  readonly usage?: boolean
}

async function abortInMidstream(play: Play): Promise<void> {
  const controller = new AbortController()
  for await (const part of await ask(play, { signal: controller.signal })) {
    play.seen.push(settled(part))
    if (play.seen.length === 4) controller.abort()
  }
}

async function abortAndLeave(play: Play): Promise<void> {
  const controller = new AbortController()
  const parts = (await ask(play, { signal: controller.signal }))[Symbol.asyncIterator]()
  for (let i = 0; i < 4; i++) play.seen.push(settled(await parts.next()))
  controller.abort() // nobody reads on
  await pause(20)
}

async function abortBeforeAnswer(play: Play): Promise<void> {
  const controller = new AbortController()
  const reading = ask(play, { signal: controller.signal })
  reading.catch(() => undefined) // it is awaited below
  while (play.scene.requests === 0) await pause(5)
  controller.abort()
  await reading
}

async function abortedBefore(play: Play): Promise<void> {
  for await (const part of await ask(play, { signal: AbortSignal.abort() })) play.seen.push(settled(part))
}

async function breakOff(play: Play): Promise<void> {
  for await (const part of await ask(play)) if (play.seen.push(settled(part)) === 4) break
}

async function throwWhileReading(play: Play): Promise<void> {
  for await (const part of await ask(play)) {
    if (play.seen.push(settled(part)) === 4) throw new RangeError('the application fails')
  }
}

async function tee({ model, config, seen }: Play): Promise<void> {
  const [left, right] = (await model.stream(QUESTION, config)).tee()
  const copy: unknown[] = []
  await Promise.all([
    (async () => {
      for await (const part of left) seen.push(settled(part))
    })(),
    (async () => {
      for await (const part of right) copy.push(settled(part))
    })(),
  ])
  seen.push(copy.length)
}

const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'the weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
}

async function callTool({ model, form, config, seen }: Play): Promise<void> {
  const bound = model.bindTools([WEATHER])
  if (form === 'invoke') return void seen.push(settled(await bound.invoke(QUESTION, config)))
  for await (const part of await bound.stream(QUESTION, config)) seen.push(settled(part))
}

const Answer = z.object({ answer: z.string() })

async function structured({ model, form, config, seen }: Play): Promise<void> {
  const runnable = model.withStructuredOutput(Answer)
  if (form === 'invoke') return void seen.push(settled(await runnable.invoke(QUESTION, config)))
  for await (const part of await runnable.stream(QUESTION, config)) seen.push(settled(part))
}

async function inBatch({ model, config, seen }: Play): Promise<void> {
  const answers = await model.batch([QUESTION, QUESTION, QUESTION], config, { maxConcurrency: 2 })
  seen.push(...answers.map(settled))
}

async function toItself(play: Play): Promise<void> {
  const model = play.model.withConfig({ tags: ['mine'] }) as typeof play.model // another one, of the same class
  play.seen.push(model.constructor.name)
  await askAndRead({ ...play, model })
}

const STREAMS: readonly Form[] = ['stream', 'events', 'events v2', 'log']
const ALL: readonly Form[] = ['invoke', ...STREAMS]
const RETRIED = { maxRetries: 2, onFailedAttempt: () => undefined }
/** LangChain waits for seconds before it sends a request again. */
const RETRY_CELL = { apis: ['chat'], recorders: ['model', 'handler'] } as const

/** The rows. */
export const SITUATIONS: readonly Situation[] = [
  { name: 'fine', forms: ALL, status: 'ok' },
  {
    name: '429 twice, then fine',
    behaviour: 'rate-limited',
    options: RETRIED,
    status: 'ok',
    attempts: 3,
    ...RETRY_CELL,
  },
  {
    name: 'a reset connection, then fine',
    behaviour: 'reset',
    options: RETRIED,
    status: 'ok',
    attempts: 2,
    ...RETRY_CELL,
  },
  { name: '500', forms: ALL, behaviour: 'failing', status: 'error', text: 'none' },
  { name: '400', behaviour: 'refused', status: 'error', text: 'none' },
  { name: '429 without retries', behaviour: 'rate-limited', status: 'error', text: 'none' },
  { name: 'slow', forms: ALL, behaviour: 'slow', status: 'ok' },
  { name: 'trickling', behaviour: 'trickle', status: 'ok' },
  {
    name: 'broken off by the consumer',
    behaviour: 'slow',
    forms: ['stream'],
    play: breakOff,
    status: 'cancelled',
    callback: 'unfinished',
    text: 'part',
  },
  {
    name: 'broken off, never ending',
    behaviour: 'endless',
    forms: ['stream'],
    play: breakOff,
    status: 'cancelled',
    callback: 'unfinished',
    text: 'any',
  },
  {
    name: 'the consumer throws',
    behaviour: 'slow',
    forms: ['stream'],
    play: throwWhileReading,
    status: 'cancelled',
    callback: 'unfinished',
    text: 'part',
  },
  {
    name: 'aborted in mid-stream',
    behaviour: 'slow',
    forms: ['stream', 'events v2'],
    play: abortInMidstream,
    status: 'aborted',
    text: 'part',
  },
  {
    name: 'aborted, and not read on',
    behaviour: 'slow',
    forms: ['stream'],
    play: abortAndLeave,
    status: 'aborted',
    text: 'part',
  },
  {
    name: 'aborted before the answer',
    behaviour: 'silent',
    play: abortBeforeAnswer,
    status: 'aborted',
    text: 'none',
  },
  {
    name: 'aborted before it started',
    forms: ALL,
    play: abortedBefore,
    status: 'aborted',
    text: 'none',
    level: 'middleware',
  },
  {
    name: 'never ending, too slow',
    apis: ['chat', 'responses'], // Anthropic's SDK waits for ever
    behaviour: 'endless',
    forms: ['invoke'],
    options: { timeout: 500 },
    status: 'timeout',
    text: 'any',
  },
  { name: 'cut', behaviour: 'cut', status: 'truncated', text: 'any' },
  {
    name: 'no end',
    behaviour: 'no-done',
    status: { invoke: 'ok', stream: 'truncated' },
    callback: 'ok',
    usage: false,
  },
  { name: 'no trailing newline', behaviour: 'no-newline', status: 'ok' },
  { name: 'choices absent', behaviour: 'no-choices', forms: ['stream'], status: 'ok' },
  {
    name: 'choices absent, JSON',
    behaviour: 'no-choices',
    forms: ['invoke'],
    apis: ['chat'],
    status: 'ok',
    text: 'none',
    usage: false,
  },
  {
    name: 'output absent, JSON',
    behaviour: 'no-choices',
    forms: ['invoke'],
    apis: ['responses'],
    status: 'ok',
    callback: 'error', // LangChain cannot read it
    text: 'none',
    usage: false,
  },
  { name: 'choices empty', behaviour: 'empty-choices', forms: ['stream'], status: 'ok' },
  {
    name: 'choices empty, JSON',
    behaviour: 'empty-choices',
    forms: ['invoke'],
    status: 'ok',
    text: 'none',
    usage: false,
  },
  { name: 'malformed', behaviour: 'malformed', status: 'error', text: 'any' },
  { name: 'an error event', behaviour: 'error-event', forms: ['stream'], status: 'error', text: 'any' },
  { name: 'too slow', behaviour: 'silent', options: { timeout: 500 }, status: 'timeout', text: 'none' },
  { name: 'unread', forms: ['stream'], play: ask, status: 'unfinished', text: 'any' },
  { name: 'tee', forms: ['stream'], play: tee, status: 'ok' },
  { name: 'a call of a tool', play: callTool, status: 'ok', text: /^get_weather\(\{"city":"Paris"\}\)$/ },
  {
    name: 'structured output',
    apis: ['chat', 'responses'], // Anthropic's is a call of a tool
    play: structured,
    status: 'ok',
    text: /^\{"answer":"to one two three four five six"\}$/,
  },
  { name: 'three in a batch', forms: ['invoke'], play: inBatch, status: 'ok', calls: 3 },
  { name: 'withConfig', forms: ALL, play: toItself, status: 'ok' },
  { name: 'gzip', behaviour: 'gzip', status: 'ok' },
  { name: 'a wrong content type', behaviour: 'wrong-type', forms: ['stream'], status: 'ok' },
  {
    name: 'a wrong content type, JSON',
    behaviour: 'wrong-type',
    forms: ['invoke'],
    recorders: ['model', 'both'],
    status: 'ok',
  },
  {
    name: 'a wrong content type, JSON, in which LangChain finds nothing',
    behaviour: 'wrong-type',
    forms: ['invoke'],
    apis: ['chat'],
    recorders: ['handler'],
    status: 'ok',
    text: 'none',
    usage: false,
  },
  {
    name: 'a wrong content type, JSON, which LangChain cannot read',
    behaviour: 'wrong-type',
    forms: ['invoke'],
    apis: ['responses'],
    recorders: ['handler'],
    status: 'error',
    text: 'none',
  },
  {
    name: 'an empty body',
    behaviour: 'no-content',
    apis: ['chat'],
    status: 'ok',
    text: 'none',
    usage: false,
  },
  {
    name: 'an empty body of a response',
    behaviour: 'no-content',
    apis: ['responses'],
    status: 'ok',
    callback: { invoke: 'error', stream: 'ok' }, // LangChain cannot read it
    text: 'none',
    usage: false,
  },
]

/** What an entry must hold of the answer. */
export function textMatches({ text = 'all' }: Situation, found: string): boolean {
  if (text instanceof RegExp) return text.test(found)
  if (text === 'any') return true
  if (text === 'all') return found === ANSWER
  if (text === 'none') return found === ''
  return found !== ANSWER && ANSWER.startsWith(found)
}
