import type { CallOutcome, CallStatus } from '@audit/capture'
import { type JsonRecord, recordOf, recordsOf, stringOf } from '@audit/capture/integration'
import { contentText, joinedTexts } from './content.ts'
import { exactJson, jsonText } from './exact-json.ts'
import { failureType } from './failure.ts'
import type { LanguageParams } from './middleware-types.ts'
import { serviceTierOf, usageOf } from './usage.ts'

/** What came of a call that was not streamed. */
export function generatedOutcome(result: unknown, params: LanguageParams): CallOutcome {
  const whole = recordOf(result)
  const { content, finishReason, response } = whole
  if (!Array.isArray(content)) return noAnswer(result)
  return {
    status: unifiedReason(finishReason) === 'error' ? 'error' : 'ok',
    ...answered(recordsOf(content)),
    ...identified(recordOf(response)),
    finishReasons: reasonsOf(finishReason),
    usage: usageOf(whole),
    serviceTier: serviceTierOf(whole, params.providerOptions),
  }
}

/** What came of a call whose answer is none: the SDK fails by it. */
export function noAnswer(result: unknown): CallOutcome {
  return { status: 'error', errorType: 'TypeError', output: result === undefined ? '' : jsonText(result) }
}

/** A part of an answer, which may come in pieces. */
interface Block {
  part: JsonRecord
  readonly pieces: string[]
}

/** A streamed answer, as it comes. */
export class StreamedAnswer {
  readonly #params: LanguageParams
  /** In the order in which they began. */
  readonly #blocks: Block[] = []
  /** Those that pieces belong to, by their kind and id. */
  readonly #open = new Map<string, Block>()
  #known: Partial<CallOutcome> = {}
  #ending: CallStatus | undefined
  #errorType: string | undefined

  constructor(params: LanguageParams) {
    this.#params = params
  }

  /** Takes a part. Returns whether it is the last of the answer, as the model says. */
  take(value: unknown): boolean {
    const part = recordOf(value)
    if (value === null || value === undefined) this.#errorType ??= 'TypeError' // the SDK fails by it
    const type = stringOf(part.type) ?? ''
    if (type.endsWith('-start')) this.#begin(part)
    else if (type.endsWith('-delta')) this.#blockOf(part).pieces.push(stringOf(part.delta) ?? '')
    else if (type === 'tool-call') this.#blockOf({ type: 'tool-input', id: part.toolCallId }).part = part
    else if (type === 'response-metadata') this.#known = { ...this.#known, ...identified(part) }
    else if (type === 'error') this.#errorType ??= failureType(part.error)
    else if (type === 'finish') this.#finish(part)
    else if (WHOLE_PARTS.has(type)) this.#blocks.push({ part, pieces: [] })
    return type === 'finish'
  }

  /** How the call ended, now that the stream has. Without the part that ends it, an answer has broken off. */
  ended(): CallOutcome {
    return this.#outcome(this.#ending ?? 'truncated')
  }

  /** How the call ended, if nobody reads on. */
  stopped(): CallOutcome {
    return this.#outcome('cancelled')
  }

  /** What has come so far. */
  sofar(): Partial<CallOutcome> {
    return { ...this.#known, ...answered(this.#blocks.map(partOf)) }
  }

  #outcome(status: CallStatus): CallOutcome {
    const failed = this.#errorType
    return failed === undefined
      ? { ...this.sofar(), status }
      : { ...this.sofar(), status: 'error', errorType: failed }
  }

  #begin(part: JsonRecord): Block {
    const block = { part, pieces: [] }
    if (PIECED_PARTS.has(kindOf(part.type))) this.#blocks.push(block)
    this.#open.set(keyOf(part), block)
    return block
  }

  /** The block that a piece belongs to, which a provider may not have announced. */
  #blockOf(part: JsonRecord): Block {
    return this.#open.get(keyOf(part)) ?? this.#begin(part)
  }

  #finish(part: JsonRecord): void {
    const usage = usageOf(part)
    const reason = unifiedReason(part.finishReason)
    const isCut = reason === 'interrupted' || (usage === undefined && isUnsaid(part.finishReason))
    this.#ending = reason === 'error' ? 'error' : isCut ? 'truncated' : 'ok'
    this.#known = {
      ...this.#known,
      finishReasons: reasonsOf(part.finishReason),
      usage,
      serviceTier: serviceTierOf(part, this.#params.providerOptions),
    }
  }
}

const PIECED_PARTS = new Set(['text', 'reasoning', 'tool-input'])

const WHOLE_PARTS = new Set([
  'file',
  'reasoning-file',
  'source',
  'tool-result',
  'tool-approval-request',
  'custom',
])

/** `text` for `text-delta`. */
function kindOf(type: unknown): string {
  return (stringOf(type) ?? '').replace(/-(?:start|delta)$/, '')
}

function keyOf({ type, id }: JsonRecord): string {
  return `${kindOf(type)} ${stringOf(id) ?? jsonText(id)}`
}

/** A block as the part that it would be in an answer that is not streamed. */
function partOf({ part, pieces }: Block): JsonRecord {
  const kind = kindOf(part.type)
  if (kind === 'tool-input') return { type: 'tool-call', toolName: part.toolName, input: pieces.join('') }
  return PIECED_PARTS.has(kind) ? { type: kind, text: pieces.join('') } : part
}

function answered(content: readonly JsonRecord[]): Partial<CallOutcome> {
  return {
    output: contentText(joinedTexts(content)),
    outputMessages: [{ role: 'assistant', content: exactJson(content) }],
  }
}

function identified({ id, modelId }: JsonRecord): Partial<CallOutcome> {
  return { responseId: stringOf(id), responseModel: stringOf(modelId) }
}

function unifiedReason(reason: unknown): string | undefined {
  return stringOf(reason) ?? stringOf(recordOf(reason).unified)
}

function rawReason(reason: unknown): string | undefined {
  return stringOf(recordOf(reason).raw)
}

/** Whether the model never said why it stopped: what providers of v2 and v3 finish with where the connection just ended. */
function isUnsaid(reason: unknown): boolean {
  if (typeof reason === 'string') return reason === 'unknown'
  return rawReason(reason) === undefined && (unifiedReason(reason) ?? 'other') === 'other'
}

/** The provider's own word where it is known, otherwise the SDK's. */
function reasonsOf(reason: unknown): readonly string[] | undefined {
  const found = rawReason(reason) ?? unifiedReason(reason)
  return found === undefined ? undefined : [found]
}
