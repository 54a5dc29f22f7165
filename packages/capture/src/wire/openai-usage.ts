import type { Usage } from '../usage.ts'
import { countOf, type JsonRecord, recordOf } from './json.ts'

/**
 * What OpenAI's formats say of tokens, under either of their two sets of names, added to what was known before: a figure that is
 * left out takes none away. `undefined` where there is none.
 */
export function usageOf(value: unknown, before?: Usage): Usage | undefined {
  const usage = recordOf(value)
  const figures = Object.entries(figuresOf(usage)).filter(([, figure]) => figure !== undefined)
  return figures.length === 0 ? before : { ...before, ...Object.fromEntries(figures) }
}

/** Some providers have names of their own for what was cached: DeepSeek and Moonshot. */
function figuresOf(usage: JsonRecord): Usage {
  const input = recordOf(usage.prompt_tokens_details ?? usage.input_tokens_details)
  const output = recordOf(usage.completion_tokens_details ?? usage.output_tokens_details)
  const inputTokens = countOf(usage.prompt_tokens) ?? countOf(usage.input_tokens)
  return {
    inputTokens,
    outputTokens: outputTokens(usage, inputTokens),
    cacheReadTokens:
      countOf(input.cached_tokens) ?? countOf(usage.prompt_cache_hit_tokens) ?? countOf(usage.cached_tokens),
    cacheWriteTokens: countOf(input.cache_write_tokens),
    reasoningTokens: countOf(output.reasoning_tokens),
    inputAudioTokens: countOf(input.audio_tokens),
    outputAudioTokens: countOf(output.audio_tokens),
  }
}

/** All output: xAI and Gemini count the reasoning beside the completion, and only the total has it. */
function outputTokens(usage: JsonRecord, inputTokens: number | undefined): number | undefined {
  const completion = countOf(usage.completion_tokens) ?? countOf(usage.output_tokens)
  const total = countOf(usage.total_tokens)
  if (completion === undefined || inputTokens === undefined || total === undefined) return completion
  return Math.max(completion, total - inputTokens)
}
