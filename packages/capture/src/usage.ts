import { countOf } from './wire/json.ts'

/** Tokens that a call used. A figure that the provider did not give is absent. */
export interface Usage {
  /** All input, including what was read from a cache or written into one. */
  readonly inputTokens?: number | undefined
  /** All output, including the reasoning. */
  readonly outputTokens?: number | undefined
  /** The part of the input that came from a cache. */
  readonly cacheReadTokens?: number | undefined
  /** The part of the input that was written into a cache. */
  readonly cacheWriteTokens?: number | undefined
  /** The part of `cacheWriteTokens` that is kept for an hour, which Anthropic bills higher than five minutes. */
  readonly cacheWrite1hTokens?: number | undefined
  /** The part of the output that is reasoning. */
  readonly reasoningTokens?: number | undefined
  /** The part of the input that is audio. */
  readonly inputAudioTokens?: number | undefined
  /** The part of the output that is audio. */
  readonly outputAudioTokens?: number | undefined
}

/** What of a usage are counts: an integration may hand on whatever its provider says. */
export function countsIn(usage: Usage | undefined): Usage | undefined {
  return usage && Object.fromEntries(Object.entries(usage).filter(([, count]) => countOf(count) === count))
}
