import { eventText, type ProviderAnswer, type ProviderEvent } from './answer.ts'

/**
 * How the stand-in answers.
 *
 * | behaviour | over JSON | over a stream |
 * | --- | --- | --- |
 * | `fine` | at once | at once |
 * | `slow` | in two parts, 30 ms apart | an event every 5 ms |
 * | `cut` | the connection breaks in the middle | likewise |
 * | `ends-early` | fine | ends in the middle, as if that were all |
 * | `no-done` | fine | `[DONE]`, or the last event, never comes |
 * | `no-newline` | fine | nothing follows the last event, not even its line's end |
 * | `no-choices`, `empty-choices` | without, or with empty, choices, output or content | likewise, an event before the others |
 * | `malformed` | half of the JSON, as if it were all | an event in the middle is no JSON |
 * | `rate-limited` | 429 for the first two requests, then fine | likewise |
 * | `failing` | 500 | 500 |
 * | `refused` | 400 | 400 |
 * | `error-event` | fine | an error event in the middle |
 * | `endless` | headers and some bytes, then nothing | the middle event over and over, until the client leaves |
 * | `endless-stream` | fine | as `endless` |
 * | `silent` | no headers, ever | likewise |
 * | `wrong-type` | the content type of a web page | likewise |
 * | `gzip` | compressed | compressed |
 * | `reset` | breaks the connection before any answer, for the first request | likewise |
 * | `trickle` | in pieces of one to seven bytes | likewise |
 * | `no-content` | an empty body | likewise |
 */
export type Behaviour =
  | 'fine'
  | 'slow'
  | 'cut'
  | 'ends-early'
  | 'no-done'
  | 'no-newline'
  | 'no-choices'
  | 'empty-choices'
  | 'malformed'
  | 'rate-limited'
  | 'failing'
  | 'refused'
  | 'error-event'
  | 'endless'
  | 'endless-stream'
  | 'silent'
  | 'wrong-type'
  | 'gzip'
  | 'reset'
  | 'trickle'
  | 'no-content'

/** The texts of the events that a stream has with this behaviour. */
export function streamTexts(behaviour: Behaviour, { events, failure }: ProviderAnswer): readonly string[] {
  const texts = events.map(eventText)
  const middle = Math.ceil(texts.length / 2)
  const last = texts.at(-1) ?? ''
  switch (behaviour) {
    case 'cut':
    case 'ends-early':
      return texts.slice(0, middle)
    case 'no-done':
      return texts.slice(0, -1)
    case 'no-newline':
      return [...texts.slice(0, -1), last.trimEnd()]
    case 'no-choices':
      return [oddEvent(events[0], undefined), ...texts]
    case 'empty-choices':
      return [oddEvent(events[0], []), ...texts]
    case 'malformed':
      return [...texts.slice(0, middle), brokenEvent(events[middle]), ...texts.slice(middle)]
    case 'error-event':
      return [...texts.slice(0, middle), eventText(failure ?? errorEvent(events[0])), ...texts.slice(middle)]
    default:
      return texts
  }
}

/** A text in pieces of one byte, two, and so on to seven, and again: each kind of place is cut somewhere. */
export function trickled(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text)
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + (pieces.length % 7)
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

/** The text of the JSON with this behaviour. */
export function jsonText(behaviour: Behaviour, { json }: ProviderAnswer): string {
  const text = JSON.stringify(json)
  switch (behaviour) {
    case 'malformed':
      return text.slice(0, text.length / 2)
    case 'no-choices':
      return JSON.stringify({ ...json, choices: undefined, output: undefined, content: undefined })
    case 'empty-choices':
      return JSON.stringify({
        ...json,
        choices: json.choices && [],
        output: json.output && [],
        content: json.content && [],
      })
    default:
      return text
  }
}

/** The first event of a chat, with other choices; in other formats, an event of a type that nobody knows. */
function oddEvent(first: ProviderEvent | undefined, choices: readonly [] | undefined): string {
  if (first?.event !== undefined) return eventText({ event: 'response.odd', data: { type: 'response.odd' } })
  const data = typeof first?.data === 'object' ? first.data : {}
  return eventText({ data: { ...data, choices, prompt_filter_results: [] } })
}

function errorEvent(first: ProviderEvent | undefined): ProviderEvent {
  const error = { type: 'server_error', code: 'server_error', message: 'overloaded' }
  if (first?.event === undefined) return { data: { error } }
  return { event: 'error', data: { ...error, type: 'error' } }
}

/** An event of the name that is due, whose data is no JSON: an SDK may skip one without a name. */
function brokenEvent(due: ProviderEvent | undefined): string {
  return eventText({ ...due, data: '{"half": ' })
}
