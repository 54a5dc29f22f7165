import { QUESTION, readAll, type Situation as SharedSituation, situations } from '@audit/harness/situations'
import { type Api, ask, askAndRead, type Play } from './observed.ts'

/** One row of the matrix. */
export interface Situation extends SharedSituation<Play> {
  /** Only over these. Default: all. */
  readonly apis?: readonly Api[]
  readonly majors?: readonly number[]
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

/** Reads by the helper of the SDK for streams. */
export async function streamHelper({ client, api, seen, major }: Play): Promise<void> {
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

async function streamEvents({ client, seen, major }: Play): Promise<void> {
  const completions = major === 4 ? olderChat(client) : client.chat.completions
  const stream = completions.stream({
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: QUESTION }],
    stream_options: { include_usage: true },
  })
  stream.on('connect', () => seen.push('connect'))
  stream.on('content', (delta, snapshot) => seen.push([delta, snapshot]))
  stream.on('chunk', chunk => seen.push(chunk.choices.length))
  stream.on('end', () => seen.push('end'))
  await stream.done()
  seen.push(stream.ended, await stream.totalUsage())
}

/** Lets the SDK call tools, and ask again. */
export async function toolLoop({ client, form, seen, major }: Play): Promise<void> {
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

/** Versions 5 and 6 hand on the error event of the Responses API as any other, and read on behind it. */
function errorEvents(row: Situation): readonly Situation[] {
  const reading: Situation = { ...row, majors: [5, 6], apis: ['responses'], text: 'all' }
  return [{ ...row, majors: [4, 7] }, { ...row, majors: [5, 6], apis: ['chat'] }, reading]
}

/** The rows. */
export const SITUATIONS: readonly Situation[] = [
  ...situations<Play>(ask).flatMap(row => (row.behaviour === 'error-event' ? errorEvents(row) : [row])),
  { name: 'choices absent', behaviour: 'no-choices', apis: ['chat'], forms: ['stream'], status: 'ok' },
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
  {
    name: 'parse',
    forms: ['json'],
    play: parse,
    status: 'ok',
    text: /^{"answer":"to one two three four five six"}$/,
  },
  { name: 'stream()', forms: ['stream'], play: streamHelper, status: 'ok' },
  { name: 'stream(), by its events', apis: ['chat'], forms: ['stream'], play: streamEvents, status: 'ok' },
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
]
