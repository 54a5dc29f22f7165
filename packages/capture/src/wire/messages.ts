import type { CallOutcome } from '../outcome.ts'
import type { Usage } from '../usage.ts'
import { blocksText, isToolResult } from './anthropic-blocks.ts'
import { countOf, type JsonRecord, numberOf, recordOf, recordsOf, stringOf } from './json.ts'
import { type Spoken, transcript } from './message-text.ts'
import { errorIn, errorOutcome } from './reported-error.ts'
import type { ServerSentEvent } from './server-sent-events.ts'
import { tierAsked } from './service-tier.ts'
import type { WireAnswer, WireFormat, WireQuestion } from './wire-format.ts'

/**
 * Anthropic's Messages. The path holds the version, because other paths end with `/messages` too: counting tokens, batches, and
 * the threads of OpenAI's Assistants ask no model.
 */
export const messages: WireFormat = {
  operation: 'chat',
  paths: ['/v1/messages'],
  question,
  answer: () => new MessagesAnswer(),
}

function question(body: JsonRecord): WireQuestion {
  const said = recordsOf(body.messages)
  const all = body.system ? [{ role: 'system', content: body.system }, ...said] : said
  return {
    requestModel: stringOf(body.model) ?? '',
    input: transcript(all.flatMap(spoken)),
    inputMessages: all,
    previous: stringOf(recordOf(body.thread).previous_message_id),
    serviceTier: body.speed === 'fast' ? 'fast' : tierAsked(body.service_tier),
  }
}

/** A message, of which the results of tools are said by these, and not by the user in whose name they are sent. */
function spoken({ role, content }: JsonRecord): readonly Spoken[] {
  const name = stringOf(role) ?? 'unknown'
  const blocks = recordsOf(content)
  const results = blocks.filter(isToolResult)
  if (results.length === 0) return [{ role: name, text: blocksText(content) }]
  const others = blocks.filter(block => !isToolResult(block))
  const tool = { role: 'tool', text: blocksText(results) }
  return others.length === 0 ? [tool] : [tool, { role: name, text: blocksText(others) }]
}

/** A block, put together from the pieces of a stream. */
interface GatheredBlock {
  readonly index: number
  readonly start: JsonRecord
  /** The pieces of each of its texts, by the text's name. */
  readonly pieces: Map<string, string[]>
  readonly citations: unknown[]
}

/** A message, whole or from the pieces of a stream. */
class MessagesAnswer implements WireAnswer {
  #message: JsonRecord = {}
  #usage: JsonRecord = {}
  /** All blocks, also those of a message before, where a second one has begun. */
  readonly #earlier: JsonRecord[] = []
  readonly #blocks: GatheredBlock[] = []
  #isMixed = false
  #hasAllOutput = false
  #hasStopped = false
  #error: unknown

  whole(body: JsonRecord): void {
    if (body.type === 'error') this.#error = body.error ?? body
    this.#message = body
    this.#usage = recordOf(body.usage)
    this.#hasAllOutput = true
  }

  event(event: ServerSentEvent): boolean {
    const { body } = event
    const type = stringOf(body.type) ?? event.event
    if (type === 'message_start') this.#start(recordOf(body.message))
    if (type === 'content_block_start') this.#startBlock(body)
    if (type === 'content_block_delta') this.#gather(body)
    if (type === 'message_delta') this.#finish(body)
    if (type === 'message_stop') this.#hasStopped = true
    this.#error ??= errorIn(event)
    return this.#hasStopped
  }

  sofar(): Partial<CallOutcome> {
    const { id, model, role, stop_reason } = this.#message
    const blocks = [...this.#earlier, ...this.#gathered()]
    const reason = stringOf(stop_reason)
    const isKnown = Object.keys(this.#message).length > 0
    return {
      ...(this.#hasStopped ? { status: 'ok' } : {}),
      ...(this.#error === undefined ? {} : errorOutcome(this.#error)),
      output: blocksText(blocks),
      outputMessages: isKnown ? [{ role: role ?? 'assistant', content: blocks }] : [],
      responseId: stringOf(id),
      responseModel: stringOf(model),
      serviceTier: billedAs(this.#usage),
      usage: this.#tokens(),
      finishReasons: reason === undefined ? undefined : [reason],
    }
  }

  #start(message: JsonRecord): void {
    if (this.#blocks.length > 0) this.#isMixed = true
    this.#earlier.push(...this.#gathered())
    this.#blocks.length = 0
    this.#message = { ...this.#message, content: [], ...message }
    this.#usage = recordOf(message.usage)
  }

  #startBlock(body: JsonRecord): GatheredBlock {
    const index = numberOf(body.index) ?? this.#blocks.length
    const block = { index, start: recordOf(body.content_block), pieces: new Map(), citations: [] }
    this.#blocks.push(block)
    return block
  }

  #gather(body: JsonRecord): void {
    const block = this.#blockOf(body)
    const { type, citation, ...delta } = recordOf(body.delta)
    if (citation !== undefined) block.citations.push(citation)
    for (const [name, piece] of Object.entries(delta)) {
      if (typeof piece !== 'string') continue
      const pieces = block.pieces.get(name) ?? []
      block.pieces.set(name, pieces)
      pieces.push(piece)
    }
  }

  /** The block that a piece belongs to, which may not have been announced. */
  #blockOf(body: JsonRecord): GatheredBlock {
    const index = numberOf(body.index)
    const found = this.#blocks.findLast(block => index === undefined || block.index === index)
    const { type } = recordOf(body.delta)
    return (
      found ??
      this.#startBlock({ index, content_block: { type: BLOCK_TYPES[stringOf(type) ?? ''] ?? 'text' } })
    )
  }

  /** Counts in here are those of the whole message, and left out where there are none. */
  #finish(body: JsonRecord): void {
    const usage = Object.entries(recordOf(body.usage)).filter(([, value]) => value !== null)
    const delta = Object.entries(recordOf(body.delta)).filter(([, value]) => value !== null)
    this.#message = { ...this.#message, ...Object.fromEntries(delta) }
    this.#usage = { ...this.#usage, ...Object.fromEntries(usage) }
    this.#hasAllOutput ||= countOf(this.#usage.output_tokens) !== undefined
  }

  #gathered(): readonly JsonRecord[] {
    const blocks = this.#blocks.toSorted((a, b) => a.index - b.index).map(gatheredBlock)
    return [...recordsOf(this.#message.content), ...blocks]
  }

  #tokens(): Usage | undefined {
    const usage = usageOf(this.#usage)
    if (this.#isMixed) return undefined // the counts are those of one message, and the blocks of several
    if (!usage || this.#hasAllOutput) return usage
    return { ...usage, outputTokens: undefined } // what a stream begins with is not what it will have been
  }
}

/** The kinds of blocks whose pieces are of another kind than text. */
const BLOCK_TYPES: Readonly<Record<string, string>> = {
  thinking_delta: 'thinking',
  signature_delta: 'thinking',
  input_json_delta: 'tool_use',
}

function gatheredBlock({ start, pieces, citations }: GatheredBlock): JsonRecord {
  const { partial_json, ...texts } = Object.fromEntries(
    Array.from(pieces, ([name, parts]) => [name, `${stringOf(start[name]) ?? ''}${parts.join('')}`]),
  )
  return {
    ...start,
    ...texts,
    ...(partial_json ? { input: inputOf(partial_json) } : {}),
    ...(citations.length > 0 ? { citations } : {}),
  }
}

/** The input of a tool; as its text where it has broken off. */
function inputOf(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

/** Input is what was read from no cache, what was read from one, and what was written into one. */
function usageOf(usage: JsonRecord): Usage | undefined {
  const fresh = countOf(usage.input_tokens)
  if (fresh === undefined) return undefined
  const cacheRead = countOf(usage.cache_read_input_tokens)
  const cacheWrite = countOf(usage.cache_creation_input_tokens)
  return {
    inputTokens: countOf(fresh + (cacheRead ?? 0) + (cacheWrite ?? 0)),
    outputTokens: countOf(usage.output_tokens),
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    cacheWrite1hTokens: countOf(recordOf(usage.cache_creation).ephemeral_1h_input_tokens),
    reasoningTokens: countOf(recordOf(usage.output_tokens_details).thinking_tokens),
  }
}

/** The service tier; or what else makes the price another one: the fast mode, and models that ran beside the one that answers. */
function billedAs(usage: JsonRecord): string | undefined {
  const aside = recordsOf(usage.iterations).find(({ type }) => type !== 'message')
  if (aside) return stringOf(aside.type) ?? 'iterations'
  return usage.speed === 'fast' ? 'fast' : stringOf(usage.service_tier)
}
