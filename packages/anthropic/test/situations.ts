import { readAll, type Situation as SharedSituation, situations } from '@audit/harness/situations'
import { type Api, ask, askAndRead, BODY, messagesOf, type Play } from './observed.ts'

/** One row of the matrix. */
export interface Situation extends SharedSituation<Play> {
  /** Only over these. Default: all. */
  readonly apis?: readonly Api[]
}

const schema = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
  additionalProperties: false,
}

async function parse({ client, api, seen }: Play): Promise<void> {
  const output_config = { format: { type: 'json_schema' as const, schema } }
  const parsed = await messagesOf(client, api).parse({ ...BODY, output_config })
  seen.push(parsed, parsed.parsed_output)
}

/** Reads by the helper of the SDK for streams. */
export async function streamHelper({ client, api, seen }: Play): Promise<void> {
  const stream = messagesOf(client, api).stream(BODY)
  for await (const event of stream) seen.push(event)
  seen.push(await stream.finalMessage(), await stream.finalText())
}

async function abortHelper({ client, api, seen }: Play): Promise<void> {
  const stream = messagesOf(client, api).stream(BODY)
  stream.on('text', text => {
    if (seen.push(text) === 2) stream.abort()
  })
  await stream.done()
}

async function toolLoop({ client, form, seen, sdk }: Play): Promise<void> {
  const tool = {
    name: 'get_weather',
    description: 'the weather',
    input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } },
    parse: Object,
    run: ({ city }: { city: string }) => `sunny in ${city}`,
  }
  const unthreaded = sdk.version === '1.14' ? { thread: false as const } : {} // a thread sends each message once
  const body = { ...BODY, tools: [tool], ...unthreaded }
  const { messages } = client.beta
  const runner =
    form === 'stream'
      ? messages.toolRunner({ ...body, stream: true })
      : messages.toolRunner({ ...body, stream: false })
  seen.push(await runner.runUntilDone())
}

async function rawPost({ client, form, seen }: Play): Promise<void> {
  const stream = form === 'stream'
  await readAll(await client.post('/v1/messages', { body: { ...BODY, stream }, stream }), seen)
}

async function withOptions(play: Play): Promise<void> {
  const client = play.client.withOptions({ maxRetries: 5 })
  play.seen.push(client.maxRetries, client instanceof play.client.constructor)
  await askAndRead({ ...play, client })
}

/** The rows. */
export const SITUATIONS: readonly Situation[] = [
  ...situations<Play>(ask),
  {
    name: 'parse',
    forms: ['json'],
    play: parse,
    status: 'ok',
    text: /^{"answer":"to one two three four five six"}$/,
  },
  { name: 'stream()', forms: ['stream'], play: streamHelper, status: 'ok' },
  {
    name: 'stream(), cut',
    behaviour: 'cut',
    forms: ['stream'],
    play: streamHelper,
    status: 'truncated',
    text: 'part',
  },
  {
    name: 'stream(), aborted',
    behaviour: 'slow',
    forms: ['stream'],
    play: abortHelper,
    status: 'aborted',
    text: 'part',
  },
  {
    name: 'tool loop',
    apis: ['beta'],
    play: toolLoop,
    status: 'ok',
    calls: 2,
    text: /^(get_weather\({"city":"Paris"}\)|You said: .*)$/,
    usage: false, // the second request answers a tool, with no words of its own
  },
  { name: 'raw post', apis: ['messages'], play: rawPost, status: 'ok' },
  { name: 'withOptions', behaviour: 'rate-limited', play: withOptions, status: 'ok', attempts: 3 },
]
