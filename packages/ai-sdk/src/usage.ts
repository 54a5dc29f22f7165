import type { Usage } from '@audit/capture'
import { countOf, type JsonRecord, recordOf, stringOf } from '@audit/capture/integration'

/** The tokens of a call; `undefined` if the provider gave none. */
export function usageOf({ usage, providerMetadata }: JsonRecord): Usage | undefined {
  const given = recordOf(usage)
  const nested = typeof given.inputTokens === 'object'
  const known = nested ? nestedUsage(given) : flatUsage(given)
  const counted = isWhole(given) ? known : withCached(known, recordOf(providerMetadata))
  if (counted.inputTokens === undefined && counted.outputTokens === undefined) return undefined
  return { ...counted, ...audioTokens(recordOf(given.raw)) }
}

/** Specification v3 and v4. */
function nestedUsage({ inputTokens, outputTokens }: JsonRecord): Usage {
  const input = recordOf(inputTokens)
  const output = recordOf(outputTokens)
  return {
    inputTokens: countOf(input.total),
    outputTokens: countOf(output.total),
    cacheReadTokens: countOf(input.cacheRead),
    cacheWriteTokens: countOf(input.cacheWrite),
    reasoningTokens: countOf(output.reasoning),
  }
}

/** Specification v2. */
function flatUsage(usage: JsonRecord): Usage {
  return {
    inputTokens: countOf(usage.inputTokens),
    outputTokens: countOf(usage.outputTokens),
    cacheReadTokens: countOf(usage.cachedInputTokens),
    reasoningTokens: countOf(usage.reasoningTokens),
  }
}

/** Whether the input is said to include what was cached. A v2 model says it nowhere, also where version 7 takes it for a v4 one. */
function isWhole({ inputTokens }: JsonRecord): boolean {
  return countOf(recordOf(inputTokens).noCache) !== undefined
}

/** Anthropic's and Bedrock's v2 models count apart what was cached; the others include it. */
function withCached(usage: Usage, { anthropic, bedrock }: JsonRecord): Usage {
  const isApart = anthropic !== undefined || bedrock !== undefined
  if (!isApart || usage.inputTokens === undefined) return usage
  const written =
    countOf(recordOf(recordOf(anthropic).usage).cache_creation_input_tokens) ??
    countOf(recordOf(anthropic).cacheCreationInputTokens) ??
    countOf(recordOf(recordOf(bedrock).usage).cacheWriteInputTokens) ??
    0
  return {
    ...usage,
    inputTokens: usage.inputTokens + (usage.cacheReadTokens ?? 0) + written,
    cacheWriteTokens: written,
  }
}

/** What OpenAI says of audio, in its own words. */
function audioTokens(raw: JsonRecord): Usage {
  const input = recordOf(raw.prompt_tokens_details ?? raw.input_tokens_details)
  const output = recordOf(raw.completion_tokens_details ?? raw.output_tokens_details)
  return {
    inputAudioTokens: countOf(input.audio_tokens),
    outputAudioTokens: countOf(output.audio_tokens),
  }
}

/** The tier that was billed, or else the one that was asked for: either way not to be priced as the default one. */
export function serviceTierOf(result: JsonRecord, asked: object | undefined): string | undefined {
  const said = tierIn(recordOf(result.providerMetadata))
  const billed = said ?? stringOf(recordOf(recordOf(result.response).body).service_tier)
  const wanted = tierIn(recordOf(asked))
  return billed ?? (wanted === 'auto' ? undefined : wanted)
}

function tierIn(metadata: JsonRecord): string | undefined {
  for (const { serviceTier, usage } of Object.values(metadata).map(recordOf)) {
    const tier = serviceTier ?? recordOf(usage).service_tier
    if (typeof tier === 'string') return tier
  }
  return undefined
}
