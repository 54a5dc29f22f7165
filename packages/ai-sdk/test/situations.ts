import { setTimeout as pause } from 'node:timers/promises'
import type { CallStatus, CaptureOptions } from '@audit/capture'
import type { Behaviour } from '@audit/harness'
import { ANSWER, type Api, askAndRead, type Form, generate, type Play, QUESTION, stream } from './observed.ts'

/** One row of the matrix. */
export interface Situation {
  readonly name: string
  readonly behaviour?: Behaviour
  /** Only over these. Default: all. */
  readonly forms?: readonly Form[]
  readonly apis?: readonly Api[]
  readonly play?: (play: Play) => Promise<unknown>
  readonly capture?: Partial<CaptureOptions>
  /** How each entry ends. */
  readonly statuses:
    | readonly CallStatus[]
    | ((cell: { form: Form; major: number; api: Api }) => readonly CallStatus[])
  /** What an entry that is not an error holds of the answer. Default: all of it. */
  readonly text?: 'all' | 'part' | 'none' | RegExp
}

async function abortInMidstream(play: Play): Promise<void> {
  const controller = new AbortController()
  const { seen } = play
  for await (const part of stream(play, { abortSignal: controller.signal }).fullStream) {
    seen.push(part)
    if (part.type === 'text-delta') controller.abort()
  }
}

async function abortBeforeAnswer(play: Play, reason?: Error): Promise<void> {
  const controller = new AbortController()
  const reading = askAndRead(play, { abortSignal: controller.signal })
  reading.catch(() => undefined) // it is awaited below
  while (play.scene.requests === 0) await pause(5)
  controller.abort(reason)
  await reading
}

async function abortInTheMiddle(play: Play): Promise<void> {
  const controller = new AbortController()
  const reading = generate(play, { abortSignal: controller.signal })
  reading.catch(() => undefined) // it is awaited below
  while (play.scene.bytes === 0) await pause(5)
  await pause(100)
  controller.abort()
  await reading
}

async function breakOff(play: Play): Promise<void> {
  for await (const text of stream(play).textStream) if (play.seen.push(text) === 3) break
}

async function throwWhileReading(play: Play): Promise<void> {
  for await (const text of stream(play).textStream) {
    if (play.seen.push(text) === 3) throw new RangeError('the application fails')
  }
}

async function unread(play: Play): Promise<void> {
  stream(play)
  while (play.scene.bytes === 0) await pause(5)
}

async function consume(play: Play): Promise<void> {
  const result = stream(play)
  await result.consumeStream({ onError: error => void play.seen.push(error) })
  play.seen.push(await result.text)
}

async function readTwice(play: Play): Promise<void> {
  const result = stream(play)
  const texts = [[], []] as string[][]
  await Promise.all(
    texts.map(async text => {
      for await (const part of result.textStream) text.push(part)
    }),
  )
  play.seen.push(texts)
}

async function smooth(play: Play): Promise<void> {
  const { ai, model, seen } = play
  const transform = ai.smoothStream({ delayInMs: null, chunking: 'line' })
  const result = ai.streamText({ model, prompt: QUESTION, experimental_transform: transform })
  for await (const text of result.textStream) seen.push(text)
}

async function uiResponse(play: Play): Promise<void> {
  const response = stream(play).toUIMessageStreamResponse()
  play.seen.push(response.status, [...response.headers], await response.text())
}

async function uiResponseLeft(play: Play): Promise<void> {
  const body = stream(play).toUIMessageStreamResponse().body
  const reader = body?.getReader()
  for (let i = 0; i < 3; i++) play.seen.push(Buffer.from((await reader?.read())?.value ?? []).toString())
  await reader?.cancel('the browser is gone')
}

async function textResponse(play: Play): Promise<void> {
  play.seen.push(await stream(play).toTextStreamResponse().text())
}

/** What telemetry is told: the names of spans, or in version 7 of events. */
async function telemetry(play: Play): Promise<void> {
  const { ai, model, form, major, seen } = play
  const told: string[] = []
  const span = (name: string, attributes: object) => {
    told.push(name, ...Object.keys(attributes))
    return {
      setAttributes: (more: object) => told.push(...Object.keys(more)),
      setAttribute: (key: string) => told.push(key),
      addEvent: (event: string) => told.push(event),
      setStatus: () => undefined,
      recordException: () => undefined,
      spanContext: () => ({ traceId: '', spanId: '', traceFlags: 0 }),
      end: () => told.push(`end of ${name}`),
    }
  }
  const tracer = {
    startActiveSpan: (name: string, { attributes = {} }: { attributes?: object }, ...more: unknown[]) => {
      const run = more.at(-1)
      return typeof run === 'function' ? run(span(name, attributes)) : undefined
    },
  }
  const integrations = new Proxy(
    {},
    { get: (_, event) => (String(event).startsWith('on') ? () => told.push(String(event)) : undefined) },
  )
  const options =
    major === 7 ? { telemetry: { integrations } } : { experimental_telemetry: { isEnabled: true, tracer } }
  const asked = { model, prompt: QUESTION, ...options }
  if (form === 'generate') await ai.generateText(asked)
  else await ai.streamText(asked).consumeStream()
  seen.push(told, told.length > 5)
}

async function output(play: Play): Promise<void> {
  const { ai, model, form, seen } = play
  const properties = { answer: { type: 'string' as const } }
  const schema = ai.jsonSchema<{ answer: string }>({
    type: 'object',
    properties,
    required: ['answer'],
    additionalProperties: false,
  })
  const asked = {
    model,
    prompt: QUESTION,
    output: ai.Output.object({ schema }),
    experimental_output: ai.Output.object({ schema }),
  }
  if (form === 'generate') return void seen.push((await ai.generateText(asked)).text)
  for await (const part of ai.streamText(asked).textStream) seen.push(part)
}

async function modelStreamLeft({ model, seen }: Play): Promise<void> {
  const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: QUESTION }] }]
  const { stream: parts } = await model.doStream({ prompt })
  for await (const part of parts) {
    seen.push(part)
    if (part.type === 'text-delta' && seen.length > 4) break
  }
}

async function toolLoop(play: Play): Promise<void> {
  const { ai, model, form, seen } = play
  const properties = { city: { type: 'string' as const } }
  const get_weather = ai.tool({
    description: 'the weather',
    inputSchema: ai.jsonSchema<{ city: string }>({ type: 'object', properties }),
    execute: async ({ city }) => `sunny in ${city}`,
  })
  const asked = { model, prompt: QUESTION, tools: { get_weather }, stopWhen: ai.stepCountIs(3) }
  if (form === 'generate') {
    const { text, steps } = await ai.generateText(asked)
    return void seen.push(text, steps.length, steps[0]?.toolResults)
  }
  const result = ai.streamText(asked)
  for await (const part of result.fullStream) seen.push(part)
  seen.push((await result.steps).length)
}

async function object(play: Play): Promise<void> {
  const { ai, model, form, seen } = play
  const properties = { answer: { type: 'string' as const } }
  const schema = ai.jsonSchema<{ answer: string }>({
    type: 'object',
    properties,
    required: ['answer'],
    additionalProperties: false,
  })
  const asked = { model, prompt: QUESTION, schema }
  if (form === 'generate') return void seen.push((await ai.generateObject(asked)).object)
  const result = ai.streamObject(asked)
  for await (const part of result.partialObjectStream) seen.push(part)
  seen.push(await result.object)
}

/** The attempts of the SDK, each of which is an entry. */
const attempts = (status: CallStatus): readonly CallStatus[] => [status, status, status]

/** The rows. */
export const SITUATIONS: readonly Situation[] = [
  { name: 'fine', statuses: ['ok'] },
  { name: '429 twice, then fine', behaviour: 'rate-limited', statuses: ['error', 'error', 'ok'] },
  { name: '500', behaviour: 'failing', statuses: attempts('error') },
  { name: '400', behaviour: 'refused', statuses: ['error'] },
  {
    name: '429 without retries',
    behaviour: 'rate-limited',
    play: play => askAndRead(play, { maxRetries: 0 }),
    statuses: ['error'],
  },
  { name: 'slow', behaviour: 'slow', statuses: ['ok'] },
  { name: 'trickling', behaviour: 'trickle', statuses: ['ok'] },
  { name: 'gzip', behaviour: 'gzip', statuses: ['ok'] },
  { name: 'a wrong content type', behaviour: 'wrong-type', statuses: ['ok'] },
  {
    name: 'no trailing newline',
    behaviour: 'no-newline',
    // The SDK loses such an event. A chat has said why it stopped by then, a response has not.
    statuses: ({ api, form }) => [api === 'responses' && form === 'stream' ? 'truncated' : 'ok'],
  },
  {
    name: 'stopped by break',
    behaviour: 'slow',
    forms: ['stream'],
    play: breakOff,
    statuses: ['unfinished'],
    text: 'part',
  },
  {
    name: 'stopped by break, never ending',
    behaviour: 'endless',
    forms: ['stream'],
    play: breakOff,
    statuses: ['unfinished'],
    text: 'part',
  },
  {
    name: 'the consumer throws',
    behaviour: 'slow',
    forms: ['stream'],
    play: throwWhileReading,
    statuses: ['unfinished'],
    text: 'part',
  },
  {
    name: 'the model’s own stream is left',
    behaviour: 'slow',
    forms: ['stream'],
    play: modelStreamLeft,
    statuses: ['cancelled'],
    text: 'part',
  },
  {
    name: 'aborted in mid-stream',
    behaviour: 'slow',
    forms: ['stream'],
    play: abortInMidstream,
    statuses: ['aborted'],
    text: 'part',
  },
  {
    name: 'aborted before the answer',
    behaviour: 'silent',
    play: abortBeforeAnswer,
    statuses: ['aborted'],
    text: 'none',
  },
  {
    name: 'aborted in the middle of the answer',
    behaviour: 'endless',
    forms: ['generate'],
    play: abortInTheMiddle,
    statuses: ['aborted'],
    text: 'none',
  },
  {
    name: 'aborted before it started',
    play: play => askAndRead(play, { abortSignal: AbortSignal.abort() }),
    statuses: ['aborted'],
    text: 'none',
  },
  {
    name: 'aborted by a timeout',
    behaviour: 'silent',
    play: play => abortBeforeAnswer(play, new DOMException('too slow', 'TimeoutError')), // as AbortSignal.timeout() does
    statuses: ['timeout'],
    text: 'none',
  },
  {
    name: 'cut',
    behaviour: 'cut',
    play: play => askAndRead(play, { maxRetries: 0 }),
    statuses: ['truncated'],
    text: 'part',
  },
  {
    name: 'no last event',
    behaviour: 'no-done',
    apis: ['responses'],
    forms: ['stream'],
    statuses: ['truncated'],
  },
  { name: 'no [DONE]', behaviour: 'no-done', apis: ['chat'], statuses: ['ok'] },
  {
    name: 'choices absent',
    behaviour: 'no-choices',
    play: play => askAndRead(play, { maxRetries: 0 }),
    statuses: ({ api, form }) => [api === 'responses' && form === 'stream' ? 'ok' : 'error'],
  },
  { name: 'choices empty', behaviour: 'empty-choices', forms: ['stream'], statuses: ['ok'] },
  {
    name: 'choices empty, whole',
    behaviour: 'empty-choices',
    forms: ['generate'],
    statuses: ({ api }) => [api === 'chat' ? 'error' : 'ok'],
    text: 'none',
  },
  {
    name: 'malformed',
    behaviour: 'malformed',
    play: play => askAndRead(play, { maxRetries: 0 }),
    statuses: ['error'],
  },
  {
    name: 'an error event',
    behaviour: 'error-event',
    forms: ['stream'],
    // OpenAI's provider for version 5 passes over that of a response.
    statuses: ({ api, major }) => [api === 'responses' && major === 5 ? 'ok' : 'error'],
  },
  {
    name: 'an empty body',
    behaviour: 'no-content',
    play: play => askAndRead(play, { maxRetries: 0 }),
    statuses: ({ form }) => [form === 'stream' ? 'truncated' : 'error'],
    text: 'none',
  },
  {
    name: 'a reset connection, then fine',
    behaviour: 'reset',
    play: play => askAndRead(play, { maxRetries: 1 }),
    statuses: ['error', 'ok'],
  },
  {
    name: 'unread',
    behaviour: 'slow',
    forms: ['stream'],
    play: unread,
    statuses: ['unfinished'],
    text: 'part',
  },
  { name: 'consumeStream', forms: ['stream'], play: consume, statuses: ['ok'] },
  { name: 'read twice', forms: ['stream'], play: readTwice, statuses: ['ok'] },
  { name: 'smoothStream', forms: ['stream'], play: smooth, statuses: ['ok'] },
  { name: 'a UI message stream response', forms: ['stream'], play: uiResponse, statuses: ['ok'] },
  {
    name: 'a UI message stream response that the browser leaves',
    behaviour: 'slow',
    forms: ['stream'],
    play: uiResponseLeft,
    statuses: ['unfinished'],
    text: 'part',
  },
  { name: 'a text stream response', forms: ['stream'], play: textResponse, statuses: ['ok'] },
  {
    name: 'tool loop',
    play: toolLoop,
    statuses: ['ok', 'ok'],
    text: /^(get_weather\({"city":"Paris"}\)|You said: .*)$/,
  },
  { name: 'telemetry', play: telemetry, statuses: ['ok'] },
  { name: 'output', play: output, statuses: ['ok'], text: /^{"answer":"to one two three four five six"}$/ },
  {
    name: 'an object',
    play: object,
    statuses: ['ok'],
    text: /^{"answer":"to one two three four five six"}$/,
  },
]

/** What an entry must hold of the answer. */
export function textMatches({ text = 'all' }: Situation, found: string): boolean {
  if (text instanceof RegExp) return text.test(found)
  if (text === 'all') return found === ANSWER
  if (text === 'none') return found === ''
  return found !== ANSWER && ANSWER.startsWith(found)
}
