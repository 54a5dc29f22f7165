import type { CallOutcome } from '../outcome.ts'
import type { Usage } from '../usage.ts'
import { type JsonRecord, numberOf, recordOf, recordsOf, stringOf } from './json.ts'
import { jsonText } from './json-text.ts'
import { contentText, fuller, joinedLines, type Spoken, toolCallText, transcript } from './message-text.ts'
import { usageOf } from './openai-usage.ts'
import { errorIn, errorOutcome, isError } from './reported-error.ts'
import type { ServerSentEvent } from './server-sent-events.ts'
import { tierAsked } from './service-tier.ts'
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
    serviceTier: tierAsked(body.service_tier),
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
  if (type === 'reasoning') return joinedLines([contentText(item.summary), contentText(content)])
  if (content !== undefined) return contentText(content)
  return type === 'image_generation_call' ? '[image]' : jsonText(item)
}

/** The statuses of a response that has ended, with what they mean for the call. */
const ENDED: Readonly<Record<string, CallOutcome['status']>> = {
  completed: 'ok',
  incomplete: 'ok', // it ended at a limit, which is its finish reason
  failed: 'error',
  cancelled: 'cancelled',
}

/** The events that end a stream. */
const LAST_EVENTS = new Set(['response.completed', 'response.incomplete', 'response.failed'])

/** A response, whole or from the pieces of a stream. */
class ResponsesAnswer implements WireAnswer {
  #response: JsonRecord = {}
  #hasEnded = false
  readonly #items = new Map<number, GatheredItem>()
  #usage: Usage | undefined
  #error: unknown

  whole(body: JsonRecord): void {
    this.#take(body)
    this.#hasEnded = true
  }

  event(event: ServerSentEvent): boolean {
    const { body } = event
    const type = stringOf(body.type) ?? ''
    if (body.response !== undefined) this.#take(recordOf(body.response))
    if (type.startsWith('response.')) this.#gather(type, body)
    this.#error ??= errorIn(event)
    this.#hasEnded ||= LAST_EVENTS.has(type)
    return this.#hasEnded
  }

  sofar(): Partial<CallOutcome> {
    const known = this.#response
    const items = this.#allItems()
    const status = this.#hasEnded && (ENDED[stringOf(known.status) ?? ''] ?? 'ok')
    const failed = this.#error ?? known.error
    return {
      ...(status ? { status } : {}),
      ...(isError(failed) ? errorOutcome(failed) : {}),
      output: joinedLines(items.map(itemText)),
      outputMessages: items,
      responseId: stringOf(known.id),
      responseModel: stringOf(known.model),
      serviceTier: stringOf(known.service_tier),
      usage: this.#usage,
      finishReasons: finishReasons(known),
    }
  }

  /** What the response says of itself; what it leaves out now was said before. */
  #take(response: JsonRecord): void {
    const said = Object.entries(response).filter(([, value]) => value !== undefined && value !== null)
    this.#response = { ...this.#response, ...Object.fromEntries(said) }
    this.#usage = usageOf(response.usage, this.#usage)
  }

  #gather(type: string, body: JsonRecord): void {
    const index = numberOf(body.output_index) ?? 0
    if (body.item === undefined && typeof body.delta !== 'string') return
    const item = this.#items.get(index) ?? new GatheredItem()
    this.#items.set(index, item)
    item.take(type, body)
  }

  /** Each item in the form that says the most: at its end, a provider may leave out what it has sent. */
  #allItems(): readonly JsonRecord[] {
    const told = recordsOf(this.#response.output)
    const indexes = new Set([...told.keys(), ...this.#items.keys()])
    return [...indexes]
      .toSorted((a, b) => a - b)
      .flatMap((index): JsonRecord | readonly JsonRecord[] => {
        const [gathered, last] = [this.#items.get(index)?.item(), told[index]]
        if (gathered && last) return fuller(gathered, last, itemText)
        return gathered ?? last ?? []
      })
  }
}

/** Where in an item the pieces of a text belong. What is not named here is text that was said. */
const PLACES: Readonly<Record<string, PiecePlace>> = {
  'response.refusal.delta': { list: 'content', type: 'refusal', field: 'refusal' },
  'response.reasoning_text.delta': { list: 'content', type: 'reasoning_text', field: 'text' },
  'response.reasoning_summary_text.delta': { list: 'summary', type: 'summary_text', field: 'text' },
  'response.audio.transcript.delta': { list: 'content', type: 'output_audio', field: 'transcript' },
  'response.audio.delta': { item: 'message', field: 'audio' },
  'response.function_call_arguments.delta': { item: 'function_call', field: 'arguments' },
  'response.mcp_call_arguments.delta': { item: 'mcp_call', field: 'arguments' },
  'response.custom_tool_call_input.delta': { item: 'custom_tool_call', field: 'input' },
  'response.code_interpreter_call_code.delta': { item: 'code_interpreter_call', field: 'code' },
}
const SAID: PiecePlace = { list: 'content', type: 'output_text', field: 'text' }

/** A field of the item, or one of a part in a list of it. */
type PiecePlace =
  | { readonly item: string; readonly field: string }
  | { readonly list: 'content' | 'summary'; readonly type: string; readonly field: string }

/** An item of a response, put together from the pieces of a stream. */
class GatheredItem {
  #begun: JsonRecord = {}
  #done: JsonRecord | undefined
  readonly #pieces = new Map<string, { readonly place: PiecePlace; readonly texts: string[] }>()

  take(type: string, { item, delta, content_index, summary_index }: JsonRecord): void {
    if (type === 'response.output_item.added') this.#begun = recordOf(item)
    if (type === 'response.output_item.done') this.#done = recordOf(item)
    if (typeof delta !== 'string') return
    const key = `${type} ${numberOf(content_index) ?? numberOf(summary_index) ?? 0}`
    const pieces = this.#pieces.get(key) ?? { place: PLACES[type] ?? SAID, texts: [] }
    this.#pieces.set(key, pieces)
    pieces.texts.push(delta)
  }

  item(): JsonRecord {
    const gathered = this.#gathered()
    return this.#done ? fuller(gathered, this.#done, itemText) : gathered
  }

  #gathered(): JsonRecord {
    const fields: { [key: string]: unknown } = {}
    const lists: Record<'content' | 'summary', JsonRecord[]> = { content: [], summary: [] }
    for (const { place, texts } of this.#pieces.values()) {
      const { field } = place
      if ('list' in place) lists[place.list].push({ type: place.type, [field]: texts.join('') })
      else Object.assign(fields, { type: place.item, [field]: texts.join('') })
    }
    const parts = Object.entries(lists).filter(([, list]) => list.length > 0)
    const type = parts.length > 0 && lists.summary.length > 0 ? 'reasoning' : 'message'
    return { type, ...fields, ...this.#begun, ...without(fields, 'type'), ...Object.fromEntries(parts) }
  }
}

function without(fields: JsonRecord, key: string): JsonRecord {
  const { [key]: _, ...others } = fields
  return others
}

function finishReasons(response: JsonRecord): readonly string[] | undefined {
  const reason = stringOf(recordOf(response.incomplete_details).reason) ?? stringOf(response.status)
  return reason === undefined || reason === 'in_progress' ? undefined : [reason]
}
