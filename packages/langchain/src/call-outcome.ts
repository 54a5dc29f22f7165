import type { CallOutcome, Usage } from '@audit/capture'
import {
  countOf,
  errorTypeOf,
  type JsonRecord,
  numberOf,
  recordOf,
  stringOf,
} from '@audit/capture/integration'
import { choicesText, messageText, plainMessage } from './message-text.ts'

/** What is known of an answer by the generations of LangChain: one, or several that were asked for. */
export function answerOf(generations: readonly unknown[], llmOutput?: unknown): Partial<CallOutcome> {
  const answers = generations.map(recordOf)
  const messages = answers.flatMap(({ message }) => message ?? [])
  const facts = answers.map(factsOf)
  return {
    output: choicesText(answers.map(answerText)),
    outputMessages: messages.map(plainMessage),
    usage: messages.map(usageOf).find(usage => usage !== undefined) ?? reportedUsage(llmOutput),
    responseModel: first(facts, ['model_name', 'model']),
    responseId: responseId(messages, facts),
    finishReasons: facts.flatMap(fact => first([fact], FINISH_REASONS) ?? []),
    serviceTier: first(facts, ['service_tier']),
  }
}

/** What is known of an answer whose parts LangChain cannot put together: those that there are, one behind the other. */
export function scatteredAnswer(parts: readonly unknown[]): Partial<CallOutcome> {
  const texts = parts.map(part => answerText(recordOf(part)))
  return { ...answerOf(parts), output: texts.join('') }
}

/** What is known of an answer by its message alone. */
export function messageAnswer(message: unknown): Partial<CallOutcome> {
  return answerOf([{ message }])
}

/** How a call ended that failed. */
export function failureOf(error: unknown): CallOutcome {
  const { name, status } = recordOf(error)
  const timedOut = name === 'TimeoutError' || Object(error).constructor?.name === 'APIConnectionTimeoutError'
  const errorType = numberOf(status) === undefined ? errorTypeOf(error) : String(status)
  if (timedOut) return { status: 'timeout', errorType }
  return { status: BROKEN.has(errorType) ? 'truncated' : 'error', errorType }
}

/** The codes of a connection that broke off under an answer. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

const FINISH_REASONS = ['finish_reason', 'stop_reason', 'finishReason', 'stopReason']

function answerText({ message, text }: JsonRecord): string {
  return message === undefined ? (stringOf(text) ?? '') : messageText(message)
}

/** What an answer says of itself, wherever its integration puts it. */
function factsOf({ message, generationInfo }: JsonRecord): JsonRecord {
  const { response_metadata } = recordOf(message)
  return { ...recordOf(generationInfo), ...recordOf(response_metadata) }
}

function first(facts: readonly JsonRecord[], keys: readonly string[]): string | undefined {
  for (const fact of facts) {
    for (const key of keys) {
      const value = stringOf(fact[key])
      if (value) return value
    }
  }
  return undefined
}

/** LangChain gives a message the id of its run where the provider gives none. */
function responseId(messages: readonly unknown[], facts: readonly JsonRecord[]): string | undefined {
  const ids = messages.map(message => stringOf(recordOf(message).id))
  return first(facts, ['id']) ?? ids.find(id => id !== undefined && !/^(?:lc_)?run-/.test(id))
}

/** LangChain's counts: input includes what was cached, and output the reasoning. */
function usageOf(message: unknown): Usage | undefined {
  const { usage_metadata } = recordOf(message)
  const { input_tokens, output_tokens, input_token_details, output_token_details } = recordOf(usage_metadata)
  const [input, output] = [recordOf(input_token_details), recordOf(output_token_details)]
  const inputTokens = countOf(input_tokens)
  if (inputTokens === undefined) return undefined
  return {
    inputTokens,
    outputTokens: countOf(output_tokens),
    cacheReadTokens: countOf(input.cache_read),
    cacheWriteTokens: countOf(input.cache_creation),
    reasoningTokens: countOf(output.reasoning),
    inputAudioTokens: countOf(input.audio),
    outputAudioTokens: countOf(output.audio),
  }
}

function reportedUsage(llmOutput: unknown): Usage | undefined {
  const { promptTokens, completionTokens } = recordOf(recordOf(llmOutput).tokenUsage)
  const inputTokens = countOf(promptTokens)
  return inputTokens === undefined ? undefined : { inputTokens, outputTokens: countOf(completionTokens) }
}
