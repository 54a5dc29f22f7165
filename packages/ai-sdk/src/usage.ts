import type { Usage } from '@audit/capture'
import { type JsonRecord, numberOf, recordOf, stringOf } from '@audit/capture/integration'

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
    inputTokens: numberOf(input.total),
    outputTokens: numberOf(output.total),
    cacheReadTokens: numberOf(input.cacheRead),
    cacheWriteTokens: numberOf(input.cacheWrite),
    reasoningTokens: numberOf(output.reasoning),
  }
}

/** Specification v2. */
function flatUsage(usage: JsonRecord): Usage {
  return {
    inputTokens: numberOf(usage.inputTokens),
    outputTokens: numberOf(usage.outputTokens),
    cacheReadTokens: numberOf(usage.cachedInputTokens),
    reasoningTokens: numberOf(usage.reasoningTokens),
  }
}

/** Whether the input is said to include what was cached. A v2 model says it nowhere, also where version 7 takes it for a v4 one. */
function isWhole({ inputTokens }: JsonRecord): boolean {
  return numberOf(recordOf(inputTokens).noCache) !== undefined
}

/** Anthropic's and Bedrock's v2 models count apart what was cached; the others include it. */
function withCached(usage: Usage, { anthropic, bedrock }: JsonRecord): Usage {
  const isApart = anthropic !== undefined || bedrock !== undefined
  if (!isApart || usage.inputTokens === undefined) return usage
  const written =
    numberOf(recordOf(recordOf(anthropic).usage).cache_creation_input_tokens) ??
    numberOf(recordOf(anthropic).cacheCreationInputTokens) ??
    numberOf(recordOf(recordOf(bedrock).usage).cacheWriteInputTokens) ??
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
    inputAudioTokens: numberOf(input.audio_tokens),
    outputAudioTokens: numberOf(output.audio_tokens),
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
