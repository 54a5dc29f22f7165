/** A call to a model, as far as its price depends on it. A call of `@audit/capture` is one. */
export interface PricedCall {
  /** Who served it: OpenTelemetry's `gen_ai.provider.name` (`openai`, `aws.bedrock`) or an id of the price list. */
  readonly provider: string
  /** The model that was asked for; priced only where the provider does not say which one answered. */
  readonly requestModel?: string | null | undefined
  /** The model that answered. */
  readonly responseModel?: string | null | undefined
  /** What was used. A call whose usage never came has no price. */
  readonly usage?: PricedUsage | null | undefined
  /** As the response says it. Absent, `default`, `standard` and `on_demand` are the tier of the published prices. */
  readonly serviceTier?: string | null | undefined
  /** Whether it ran in a batch, which providers bill at another rate. */
  readonly isBatch?: boolean | undefined
  /** When the call started: prices change. */
  readonly startedAt: Date
  /** How many milliseconds it took. No price depends on it; a `CostTracker` adds it up. */
  readonly latencyMs?: number | undefined
}

/** Counts of tokens. A figure that the provider did not give is absent. */
export interface PricedUsage {
  /** All input, with what was read from a cache or written into one. */
  readonly inputTokens?: TokenCount
  /** All output, with the reasoning. */
  readonly outputTokens?: TokenCount
  /** The part of the input that came from a cache. */
  readonly cacheReadTokens?: TokenCount
  /** The part of the input that was written into a cache, for however long. */
  readonly cacheWriteTokens?: TokenCount
  /** The part of `cacheWriteTokens` that is kept for an hour: Anthropic bills it higher than five minutes. */
  readonly cacheWrite1hTokens?: TokenCount
  /** The part of the output that is reasoning. */
  readonly reasoningTokens?: TokenCount
  /** The part of the input that is audio. */
  readonly inputAudioTokens?: TokenCount
  /** The part of the output that is audio. */
  readonly outputAudioTokens?: TokenCount
  /** The part of `cacheReadTokens` that is audio. */
  readonly cacheReadAudioTokens?: TokenCount
  /** The part of the input that is images. */
  readonly inputImageTokens?: TokenCount
  /** The part of the output that is images. */
  readonly outputImageTokens?: TokenCount
  /** The part of `cacheReadTokens` that is images. */
  readonly cacheReadImageTokens?: TokenCount
}

/** A count of tokens; absent where it is not known. */
export type TokenCount = number | null | undefined

/** What a call costs, and where that comes from: `source`, `version` and `model` go into `metadata['audit.price']`. */
export interface Price {
  /** US dollars, rounded to 10⁻¹² and to the nearest double. */
  readonly costUsd: number
  /** `@pydantic/genai-prices`, or `rates` for rates of the application's own. */
  readonly source: string
  /** The version of the price list, or the digest of the rates. */
  readonly version: string
  /** The model's id in the price list, or the key of the rate. */
  readonly model: string
}

/** Prices a call: `null` when its price is unknown. */
export type PriceFunction = (call: PricedCall) => Price | null
