import { digestOf } from '../digest.ts'
import type { CallOutcome } from '../outcome.ts'
import type { Usage } from '../usage.ts'
import { grow } from './grown.ts'
import { type JsonRecord, numberOf, recordOf, recordsOf, stringOf } from './json.ts'
import { jsonText } from './json-text.ts'
import { contentText, fuller, joinedLines, thinkingText, toolCallText, transcript } from './message-text.ts'
import { usageOf } from './openai-usage.ts'
import { errorIn, errorOutcome, isError } from './reported-error.ts'
import { isDone, type ServerSentEvent } from './server-sent-events.ts'
import { tierAsked } from './service-tier.ts'
import type { WireAnswer, WireFormat, WireQuestion } from './wire-format.ts'

/** OpenAI's chat completions, as many providers speak them. */
export const chatCompletions: WireFormat = {
  operation: 'chat',
  paths: ['/chat/completions'],
  question: chatQuestion,
  answer: () => new ChatAnswer(),
}

/** OpenAI's older completions, of a prompt. */
export const completions: WireFormat = {
  operation: 'text_completion',
  paths: ['/completions'],
  question: promptQuestion,
  answer: () => new ChatAnswer(),
}

function chatQuestion(body: JsonRecord): WireQuestion {
  const messages = recordsOf(body.messages)
  const spoken = messages.map(message => ({
    role: stringOf(message.role) ?? 'unknown',
    text: messageText(message),
  }))
  return {
    requestModel: stringOf(body.model) ?? '',
    input: transcript(spoken),
    inputMessages: messages,
    serviceTier: tierAsked(body.service_tier),
  }
}

function promptQuestion(body: JsonRecord): WireQuestion {
  const prompts = Array.isArray(body.prompt) ? body.prompt : [body.prompt]
  const input = prompts.map(prompt => stringOf(prompt) ?? jsonText(prompt ?? '')).join('\n')
  const serviceTier = tierAsked(body.service_tier)
  return { requestModel: stringOf(body.model) ?? '', input, inputMessages: prompts, serviceTier }
}

function messageText(message: JsonRecord): string {
  const { content, refusal, audio } = message
  const calls = recordsOf(message.tool_calls).map(({ function: called, custom }) => {
    const { name, arguments: input, input: customInput } = recordOf(called ?? custom)
    return toolCallText(name, input ?? customInput)
  })
  const legacy = recordOf(message.function_call)
  const legacyCall = legacy.name === undefined ? undefined : toolCallText(legacy.name, legacy.arguments)
  const thought = thinkingText(message.reasoning_content ?? message.reasoning)
  return joinedLines([
    thought,
    contentText(content),
    stringOf(refusal),
    spokenText(audio),
    ...calls,
    legacyCall,
  ])
}

function spokenText(audio: unknown): string | undefined {
  const { data, transcript } = recordOf(audio)
  if (typeof data !== 'string') return stringOf(transcript)
  return joinedLines([stringOf(transcript), digestOf('audio', decoded(data))])
}

/** The bytes of base64 that may have come in pieces, each filled up. */
function decoded(base64: string): Uint8Array {
  return Buffer.concat((base64.match(/[^=]+=*/g) ?? []).map(piece => Buffer.from(piece, 'base64')))
}

/** A choice, put together from the pieces of a stream. */
interface GatheredChoice {
  message: { [key: string]: unknown }
  finishReason: string | undefined
}

/** An answer of one choice or several. */
class ChatAnswer implements WireAnswer {
  readonly #choices = new Map<number, GatheredChoice>()
  #id: string | undefined
  #model: string | undefined
  #serviceTier: string | undefined
  #usage: Usage | undefined
  #isDone = false
  #error: unknown

  whole(body: JsonRecord): void {
    this.#take(body)
    if (isError(body.error)) this.#error = body.error
    for (const [index, { message, text, finish_reason }] of recordsOf(body.choices).entries()) {
      const said = recordOf(message ?? { role: 'assistant', content: text })
      this.#choices.set(index, { message: said, finishReason: stringOf(finish_reason) })
    }
  }

  event(event: ServerSentEvent): boolean {
    this.#isDone ||= isDone(event)
    this.#error ??= errorIn(event)
    this.#take(event.body)
    for (const choice of recordsOf(event.body.choices)) this.#gather(choice)
    return this.#isDone
  }

  sofar(): Partial<CallOutcome> {
    const choices = [...this.#choices].toSorted(([a], [b]) => a - b).map(([, choice]) => choice)
    const messages = choices.map(({ message }) => message)
    const spoken = messages.map((message, i) => ({ role: `choice ${i + 1}`, text: messageText(message) }))
    return {
      ...(this.#isDone ? { status: 'ok' } : {}),
      ...(this.#error === undefined ? {} : errorOutcome(this.#error)),
      finishReasons: choices.flatMap(({ finishReason }) => finishReason ?? []),
      responseId: this.#id,
      responseModel: this.#model,
      serviceTier: this.#serviceTier,
      usage: this.#usage,
      output: transcript(spoken),
      outputMessages: messages,
    }
  }

  #take({ id, model, service_tier, usage }: JsonRecord): void {
    this.#id = stringOf(id) || this.#id
    this.#model = stringOf(model) || this.#model
    this.#serviceTier = stringOf(service_tier) || this.#serviceTier
    this.#usage = usageOf(usage, this.#usage)
  }

  #gather(choice: JsonRecord): void {
    const index = numberOf(choice.index) ?? 0
    const gathered = this.#choices.get(index) ?? { message: { role: 'assistant' }, finishReason: undefined }
    this.#choices.set(index, gathered)
    grow(gathered.message, recordOf(choice.delta))
    grow(gathered.message, { content: stringOf(choice.text) })
    if (choice.message) gathered.message = fuller(gathered.message, recordOf(choice.message), messageText)
    gathered.finishReason = stringOf(choice.finish_reason) ?? gathered.finishReason
  }
}
