import type { CallOutcome } from '../outcome.ts'
import { type JsonRecord, numberOf, recordOf, recordsOf, stringOf } from './json.ts'
import { contentText, joinedLines, type Spoken, toolCallText, transcript } from './message-text.ts'
import { errorTypeIn, usageOf } from './openai-common.ts'
import type { ServerSentEvent } from './server-sent-events.ts'
import type { WireAnswer, WireFormat, WireQuestion } from './wire-format.ts'

/** OpenAI's Responses. */
export const responses: WireFormat = {
  operation: 'chat',
  paths: ['/responses', '/responses/compact'],
  question,
  answer: () => new ResponsesAnswer(),
}

function question(body: JsonRecord): WireQuestion {
  const items =
    typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : recordsOf(body.input)
  const instructions = stringOf(body.instructions)
  const all = instructions === undefined ? items : [{ role: 'system', content: instructions }, ...items]
  return {
    requestModel: stringOf(body.model) ?? '',
    input: transcript(all.map(spoken)),
    inputMessages: all,
    previous: previousOf(body),
  }
}

/** The id of the response or the conversation that goes before. */
function previousOf({ previous_response_id, conversation }: JsonRecord): string | undefined {
  return stringOf(previous_response_id) ?? stringOf(conversation) ?? stringOf(recordOf(conversation).id)
}

function spoken(item: JsonRecord): Spoken {
  return { role: stringOf(item.role) ?? stringOf(item.type) ?? 'unknown', text: itemText(item) }
}

/** What an item says: a message, a call of a tool, or what a tool answered; anything else as its JSON. */
function itemText(item: JsonRecord): string {
  const { type, content, name, output } = item
  if (type === 'function_call') return toolCallText(name, item.arguments)
  if (type === 'custom_tool_call') return toolCallText(name, item.input)
  if (type === 'function_call_output' || type === 'custom_tool_call_output') return contentText(output)
  if (type === 'reasoning') return contentText(item.summary)
  if (content !== undefined) return contentText(content)
  return type === 'image_generation_call' ? '[image]' : JSON.stringify(item)
}

/** The statuses of a response that has ended, with what they mean for the call. */
const ENDED: Readonly<Record<string, CallOutcome['status']>> = {
  completed: 'ok',
  incomplete: 'ok', // it ended at a limit, which is its finish reason
  failed: 'error',
  cancelled: 'cancelled',
}

/** The events that end a stream. */
const LAST_EVENTS = new Set(['response.completed', 'response.incomplete', 'response.failed', 'error'])

/** A response, whole or from the pieces of a stream. */
class ResponsesAnswer implements WireAnswer {
  #whole: JsonRecord | undefined
  #started: JsonRecord = {}
  readonly #begun = new Map<number, JsonRecord>()
  readonly #done = new Map<number, JsonRecord>()
  readonly #pieces = new Map<number, string[]>()
  #error: unknown

  whole(body: JsonRecord): void {
    this.#whole = body
  }

  event({ body }: ServerSentEvent): boolean {
    const type = stringOf(body.type) ?? ''
    if (body.response !== undefined) this.#started = recordOf(body.response)
    const index = numberOf(body.output_index) ?? 0
    if (type === 'response.output_item.added') this.#begun.set(index, recordOf(body.item))
    if (type === 'response.output_item.done') this.#done.set(index, recordOf(body.item))
    if (type.endsWith('.delta')) this.#piece(body)
    if (type === 'error' || body.error) this.#error = body.error ?? body
    if (this.#error === undefined && !LAST_EVENTS.has(type)) return false
    if (body.response !== undefined) this.#whole = recordOf(body.response)
    return true
  }

  sofar(): Partial<CallOutcome> {
    const known = this.#whole ?? this.#started
    const items = this.#whole ? recordsOf(known.output) : this.#gathered()
    const status = this.#whole && (ENDED[stringOf(known.status) ?? ''] ?? 'ok')
    const failed = this.#error ?? known.error ?? undefined
    return {
      ...(status === undefined ? {} : { status }),
      ...(failed === undefined ? {} : { status: 'error', errorType: errorTypeIn(failed) }),
      output: joinedLines(items.map(itemText)),
      outputMessages: items,
      responseId: stringOf(known.id),
      responseModel: stringOf(known.model),
      serviceTier: stringOf(known.service_tier),
      usage: usageOf(known.usage),
      finishReasons: finishReasons(known),
    }
  }

  #piece(body: JsonRecord): void {
    const { type, delta } = body
    if (typeof delta !== 'string' || typeof type !== 'string' || !SPOKEN_PIECES.has(type)) return
    const index = numberOf(body.output_index) ?? 0
    const pieces = this.#pieces.get(index) ?? []
    this.#pieces.set(index, pieces)
    pieces.push(delta)
  }

  /** The items of a response that did not end: what is done as it is, the others from their pieces. */
  #gathered(): readonly JsonRecord[] {
    return [...this.#begun].map(([index, begun]) => {
      const text = this.#pieces.get(index)?.join('') ?? ''
      const gathered = begun.type === 'function_call' ? { arguments: text } : { content: text }
      return this.#done.get(index) ?? { ...begun, ...gathered }
    })
  }
}

const SPOKEN_PIECES = new Set([
  'response.output_text.delta',
  'response.refusal.delta',
  'response.function_call_arguments.delta',
  'response.custom_tool_call_input.delta',
])

function finishReasons(response: JsonRecord): readonly string[] | undefined {
  const reason = stringOf(recordOf(response.incomplete_details).reason) ?? stringOf(response.status)
  return reason === undefined || reason === 'in_progress' ? undefined : [reason]
}
