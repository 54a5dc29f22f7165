import { setTimeout as pause } from 'node:timers/promises'
import type { CallStatus, CaptureOptions } from '@audit/capture'
import type { Behaviour } from '@audit/harness'
import {
  ANSWER,
  type Api,
  ask,
  askAndRead,
  type Form,
  isIterable,
  type Play,
  QUESTION,
  readAll,
} from './observed.ts'

/** One row of the matrix. */
export interface Situation {
  readonly name: string
  readonly behaviour?: Behaviour
  /** Only over these. Default: all. */
  readonly forms?: readonly Form[]
  readonly apis?: readonly Api[]
  readonly majors?: readonly number[]
  readonly play?: (play: Play) => Promise<unknown>
  readonly options?: { readonly maxRetries?: number; readonly timeout?: number }
  readonly capture?: Partial<CaptureOptions>
  /** How the one entry ends, by form. */
  readonly status: CallStatus | { readonly json: CallStatus; readonly stream: CallStatus }
  /** What it holds of the answer. Default: all of it. */
  readonly text?: 'all' | 'part' | 'none' | RegExp
  readonly attempts?: number
  /** How many calls there are. Default: 1. */
  readonly calls?: number
  /** Whether the tokens are known. Default: where the status is ok. */
  readonly usage?: boolean
}

const abortedBefore = (play: Play) => ask(play, { signal: AbortSignal.abort() })

async function abortInMidstream(play: Play): Promise<void> {
  const controller = new AbortController()
  const answer = await ask(play, { signal: controller.signal })
  if (!isIterable(answer)) return
  for await (const chunk of answer) {
    play.seen.push(chunk)
    if (play.seen.length === 4) controller.abort()
  }
}

async function abortBeforeAnswer(play: Play): Promise<void> {
  const controller = new AbortController()
  const answer = ask(play, { signal: controller.signal })
  const reading = Promise.resolve(answer).then(value => readAll(value, play.seen))
  reading.catch(() => undefined) // it is awaited below
  while (play.scene.requests === 0) await pause(5)
  controller.abort()
  await reading
}

/** Once the server has sent something, and the client had the time to see it. */
async function abortInTheMiddle(play: Play): Promise<void> {
  const controller = new AbortController()
  const answer = Promise.resolve(ask(play, { signal: controller.signal }))
  const reading = answer.then(value => readAll(value, play.seen))
  reading.catch(() => undefined) // it is awaited below
  while (play.scene.bytes === 0) await pause(5)
  await pause(200)
  controller.abort()
  await reading
}

async function breakOff(play: Play): Promise<void> {
  const answer = await ask(play)
  if (!isIterable(answer)) return
  for await (const chunk of answer) if (play.seen.push(chunk) === 4) break
}

async function abortByController(play: Play): Promise<void> {
  const answer = await ask(play)
  if (!isIterable(answer)) return
  for await (const chunk of answer) if (play.seen.push(chunk) === 4) answer.controller.abort()
}

async function throwWhileReading(play: Play): Promise<void> {
  const answer = await ask(play)
  if (!isIterable(answer)) return
  for await (const chunk of answer)
    if (play.seen.push(chunk) === 4) throw new RangeError('the application fails')
}

async function tee(play: Play): Promise<void> {
  const answer = await ask(play)
  if (!('tee' in answer)) return
  const [left, right] = answer.tee()
  await Promise.all([readAll(left, play.seen), readAll(right, [])])
}

async function toReadableStream(play: Play): Promise<void> {
  const answer = await ask(play)
  if (!('toReadableStream' in answer)) return
  for await (const bytes of answer.toReadableStream()) play.seen.push(Buffer.from(bytes).toString())
}

async function withResponse(play: Play): Promise<void> {
  const { data, response, request_id } = await ask(play).withResponse()
  play.seen.push(
    response.status,
    response.url.replace(/^.*\/v1/, ''),
    request_id,
    response.headers.get('content-type'),
  )
  await readAll(data, play.seen)
}

async function asResponse(play: Play): Promise<void> {
  const response = await ask(play).asResponse()
  play.seen.push(
    response.bodyUsed,
    response.ok,
    response.constructor.name,
    await response.text(),
    response.bodyUsed,
  )
}

async function asResponseUnread(play: Play): Promise<void> {
  const response = await ask(play).asResponse()
  play.seen.push(response.bodyUsed, response.status)
}

async function cloned(play: Play): Promise<void> {
  const response = await ask(play).asResponse()
  const [one, other] = await Promise.all([response.clone().text(), response.text()])
  play.seen.push(one, one === other)
}

const FORMAT = {
  type: 'json_schema' as const,
  name: 'answer',
  schema: { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] },
}

async function parse({ client, api, seen, major }: Play): Promise<void> {
  const model = 'gpt-4o-mini'
  if (api === 'responses') {
    const parsed = await client.responses.parse({ model, input: QUESTION, text: { format: FORMAT } })
    return void seen.push(parsed.output_text)
  }
  const { type, ...json_schema } = FORMAT
  const completions = major === 4 ? olderChat(client) : client.chat.completions
  const parsed = await completions.parse({
    model,
    messages: [{ role: 'user', content: QUESTION }],
    response_format: { type, json_schema },
  })
  seen.push(parsed.choices[0]?.message)
}

/** Version 4 has the helpers under `beta`. */
function olderChat(client: Play['client']): Play['client']['chat']['completions'] {
  const { beta }: { beta: object } = client
  return (beta as { chat: Play['client']['chat'] }).chat.completions
}

async function streamHelper({ client, api, seen, major }: Play): Promise<void> {
  const model = 'gpt-4o-mini'
  if (api === 'responses') {
    const stream = client.responses.stream({ model, input: QUESTION })
    for await (const event of stream) seen.push(event.type)
    return void seen.push((await stream.finalResponse()).output_text)
  }
  const completions = major === 4 ? olderChat(client) : client.chat.completions
  const stream = completions.stream({
    model,
    messages: [{ role: 'user', content: QUESTION }],
    stream_options: { include_usage: true },
  })
  for await (const chunk of stream) seen.push(chunk)
  seen.push(await stream.finalContent())
}

async function toolLoop({ client, form, seen, major }: Play): Promise<void> {
  const completions = major === 4 ? olderChat(client) : client.chat.completions
  const tool = {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
      parse: JSON.parse,
      function: ({ city }: { city: string }) => `sunny in ${city}`,
      description: 'the weather',
    },
  }
  const body = {
    model: 'gpt-4o-mini',
    messages: [{ role: 'user' as const, content: QUESTION }],
    tools: [tool],
  }
  const runner =
    form === 'stream'
      ? completions.runTools({ ...body, stream: true, stream_options: { include_usage: true } })
      : completions.runTools(body)
  seen.push(await runner.finalContent())
}

async function rawPost({ client, api, form, seen }: Play): Promise<void> {
  const input = api === 'chat' ? { messages: [{ role: 'user', content: QUESTION }] } : { input: QUESTION }
  const stream = form === 'stream'
  const answer = await client.post(api === 'chat' ? '/chat/completions' : '/responses', {
    body: { model: 'gpt-4o-mini', ...input, stream },
    stream,
  })
  await readAll(answer, seen)
}

async function withOptions(play: Play): Promise<void> {
  const client = play.client.withOptions({ maxRetries: 5 })
  play.seen.push(client.maxRetries, client instanceof play.client.constructor)
  await askAndRead({ ...play, client })
}

/** The rows. */
export const SITUATIONS: readonly Situation[] = [
  { name: 'fine', status: 'ok' },
  { name: '429 twice, then fine', behaviour: 'rate-limited', status: 'ok', attempts: 3 },
  { name: '500', behaviour: 'failing', status: 'error', text: 'none', attempts: 3 },
  { name: '400', behaviour: 'refused', status: 'error', text: 'none' },
  {
    name: '429 without retries',
    behaviour: 'rate-limited',
    options: { maxRetries: 0 },
    status: 'error',
    text: 'none',
  },
  { name: 'slow', behaviour: 'slow', status: 'ok' },
  { name: 'trickling', behaviour: 'trickle', status: 'ok' },
  {
    name: 'broken off by the consumer',
    behaviour: 'slow',
    forms: ['stream'],
    play: breakOff,
    status: 'cancelled',
    text: 'part',
  },
  {
    name: 'broken off, never ending',
    behaviour: 'endless',
    forms: ['stream'],
    play: breakOff,
    status: 'cancelled',
    text: 'part',
  },
  {
    name: 'controller.abort()',
    behaviour: 'slow',
    forms: ['stream'],
    play: abortByController,
    status: 'cancelled',
    text: 'part',
  },
  {
    name: 'the consumer throws',
    behaviour: 'slow',
    forms: ['stream'],
    play: throwWhileReading,
    status: 'cancelled',
    text: 'part',
  },
  {
    name: 'aborted in mid-stream',
    behaviour: 'slow',
    forms: ['stream'],
    play: abortInMidstream,
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
    name: 'aborted in the middle of the answer',
    behaviour: 'endless',
    forms: ['json'],
    play: abortInTheMiddle,
    status: 'aborted',
    text: 'part',
  },
  { name: 'aborted before it started', play: abortedBefore, status: 'aborted', calls: 0 },
  { name: 'cut', behaviour: 'cut', status: 'truncated', text: 'part' },
  { name: 'no [DONE]', behaviour: 'no-done', status: { json: 'ok', stream: 'truncated' } },
  { name: 'no trailing newline', behaviour: 'no-newline', status: 'ok' },
  { name: 'choices absent', behaviour: 'no-choices', apis: ['chat'], forms: ['stream'], status: 'ok' },
  { name: 'choices absent, JSON', behaviour: 'no-choices', forms: ['json'], status: 'ok', text: 'none' },
  { name: 'choices empty', behaviour: 'empty-choices', forms: ['stream'], status: 'ok' },
  { name: 'choices empty, JSON', behaviour: 'empty-choices', forms: ['json'], status: 'ok', text: 'none' },
  { name: 'malformed', behaviour: 'malformed', status: 'error', text: 'part' },
  { name: 'an error event', behaviour: 'error-event', forms: ['stream'], status: 'error', text: 'part' },
  {
    name: 'too slow for the SDK',
    behaviour: 'silent',
    options: { timeout: 1000, maxRetries: 0 },
    status: 'timeout',
    text: 'none',
  },
  {
    name: 'too slow for the SDK, twice',
    behaviour: 'silent',
    options: { timeout: 1000, maxRetries: 1 },
    status: 'timeout',
    text: 'none',
    attempts: 2,
  },
  {
    name: 'never ending, too slow for the SDK',
    behaviour: 'endless',
    forms: ['json'],
    majors: [7],
    options: { timeout: 1000, maxRetries: 1 },
    status: 'timeout',
    text: 'part',
    attempts: 2,
  },
  { name: 'unread', forms: ['stream'], play: ask, status: 'unfinished', text: 'none' },
  { name: 'unread response', play: asResponseUnread, status: 'unfinished', text: 'none' },
  { name: 'tee', forms: ['stream'], play: tee, status: 'ok' },
  { name: 'toReadableStream', forms: ['stream'], play: toReadableStream, status: 'ok' },
  { name: 'withResponse', play: withResponse, status: 'ok' },
  { name: 'asResponse', play: asResponse, status: 'ok' },
  { name: 'asResponse, cloned', play: cloned, status: 'ok' },
  {
    name: 'parse',
    forms: ['json'],
    play: parse,
    status: 'ok',
    text: /^{"answer":"to one two three four five six"}$/,
  },
  { name: 'stream()', forms: ['stream'], play: streamHelper, status: 'ok' },
  {
    name: 'tool loop',
    apis: ['chat'],
    play: toolLoop,
    status: 'ok',
    calls: 2,
    text: /^(get_weather\({"city":"Paris"}\)|You said: .*)$/,
  },
  { name: 'raw post', play: rawPost, status: 'ok', usage: false },
  {
    name: 'withOptions',
    majors: [5, 6, 7],
    behaviour: 'rate-limited',
    play: withOptions,
    status: 'ok',
    attempts: 3,
  },
  { name: 'gzip', behaviour: 'gzip', status: 'ok' },
  { name: 'a wrong content type', behaviour: 'wrong-type', status: 'ok' },
  { name: 'a reset connection, then fine', behaviour: 'reset', status: 'ok', attempts: 2 },
  {
    name: 'an empty body',
    behaviour: 'no-content',
    status: { json: 'ok', stream: 'ok' },
    text: 'none',
    usage: false,
  },
]

/** What an entry must hold of the answer. */
export function textMatches({ text = 'all' }: Situation, found: string, form: Form): boolean {
  if (text instanceof RegExp) return text.test(found)
  if (text === 'all') return found === ANSWER
  if (text === 'none') return found === ''
  if (form === 'json') return found !== '' && found.startsWith('{')
  return found !== ANSWER && found !== '' && ANSWER.startsWith(found)
}
