import type { Usage } from '../usage.ts'
import { numberOf, recordOf, stringOf } from './json.ts'

/** What OpenAI's formats say of tokens, under either of their two sets of names. */
export function usageOf(value: unknown): Usage | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const usage = recordOf(value)
  const input = recordOf(usage.prompt_tokens_details ?? usage.input_tokens_details)
  const output = recordOf(usage.completion_tokens_details ?? usage.output_tokens_details)
  return {
    inputTokens: numberOf(usage.prompt_tokens) ?? numberOf(usage.input_tokens),
    outputTokens: numberOf(usage.completion_tokens) ?? numberOf(usage.output_tokens),
    cacheReadTokens: numberOf(input.cached_tokens),
    cacheWriteTokens: numberOf(input.cache_write_tokens),
    reasoningTokens: numberOf(output.reasoning_tokens),
    inputAudioTokens: numberOf(input.audio_tokens),
    outputAudioTokens: numberOf(output.audio_tokens),
  }
}

/** The kind of an error that a provider reports within an answer. */
export function errorTypeIn(error: unknown): string {
  const { code, type } = recordOf(error)
  return stringOf(code) ?? stringOf(type) ?? 'error'
}
