import {
  calcPrice,
  findProvider,
  type ModelInfo,
  type ModelPrice,
  type PriceCalculation,
} from '@pydantic/genai-prices'
import { modelIds } from './model-id.ts'
import { meansThisModel } from './model-match.ts'
import type { Price, PricedCall, PricedUsage } from './priced-call.ts'
import { providerId } from './provider.ts'
import type { Counts } from './usage.ts'
import { roundedUsd } from './usd.ts'

const SOURCE = '@pydantic/genai-prices'
/** The exact version that package.json asks for. */
const VERSION = '0.1.8'

/** An application that uses the list by itself may update it, for the whole process. */
const anyProvider = () => findProvider({ providerId: 'openai' })
const BUNDLED = anyProvider()

function listVersion(): string {
  return anyProvider() === BUNDLED ? VERSION : `${VERSION}+updated`
}

/** The price that the provider publishes for the model that answered, at the time of the call. */
export function publishedPrice(call: PricedCall, counts: Counts): Price | null {
  const provider = providerId(call.provider)
  if (provider === null || Number.isNaN(call.startedAt.getTime())) return null
  const model = answeringModel(call, provider)
  const usage = usageOf(counts)
  for (const id of model ? modelIds(provider, model) : []) {
    const found = calcPrice(usage, id, { providerId: provider, timestamp: call.startedAt })
    if (!found || !meansThisModel(found.model.match, id)) continue
    return isMovingAlias(id, found.model) ? null : priceOf(found, counts)
  }
  return null
}

/** Azure's request names a deployment, which may be called like another model than it holds. */
function answeringModel(call: PricedCall, provider: string): string | null | undefined {
  return call.responseModel || (provider === 'azure' ? null : call.requestModel)
}

/** `mistral-large-latest` names another model after each release. The list follows only some of these, by date. */
function isMovingAlias(id: string, { prices }: ModelInfo): boolean {
  return /^\D+-latest$/.test(id) && !Array.isArray(prices)
}

function priceOf(
  { model, model_price, provider, total_price }: PriceCalculation,
  counts: Counts,
): Price | null {
  if (!covers(model_price, counts, provider.id) || mayHaveUnpricedAudio(model, model_price, counts))
    return null
  return { costUsd: roundedUsd(total_price), source: SOURCE, version: listVersion(), model: model.id }
}

/** A kind of tokens, and what the price list calls its count and its price. */
const KINDS: Readonly<Record<keyof PricedUsage, { readonly usage: string; readonly price: string }>> = {
  inputTokens: { usage: 'input_tokens', price: 'input_mtok' },
  outputTokens: { usage: 'output_tokens', price: 'output_mtok' },
  cacheReadTokens: { usage: 'cache_read_tokens', price: 'cache_read_mtok' },
  cacheWriteTokens: { usage: 'cache_write_tokens', price: 'cache_write_mtok' },
  cacheWrite1hTokens: { usage: 'cache_write_1h_tokens', price: 'cache_write_1h_mtok' },
  reasoningTokens: { usage: 'output_reasoning_tokens', price: 'output_reasoning_mtok' },
  inputAudioTokens: { usage: 'input_audio_tokens', price: 'input_audio_mtok' },
  outputAudioTokens: { usage: 'output_audio_tokens', price: 'output_audio_mtok' },
  cacheReadAudioTokens: { usage: 'cache_audio_read_tokens', price: 'cache_audio_read_mtok' },
  inputImageTokens: { usage: 'input_image_tokens', price: 'input_image_mtok' },
  outputImageTokens: { usage: 'output_image_tokens', price: 'output_image_mtok' },
  cacheReadImageTokens: { usage: 'cache_image_read_tokens', price: 'cache_image_read_mtok' },
}

const KIND_NAMES = Object.keys(KINDS) as (keyof PricedUsage)[] // the keys of the table are those of its type

/** Only keys that the list knows: of others it would warn on stderr. */
function usageOf(counts: Counts): Record<string, number> {
  return Object.fromEntries(
    KIND_NAMES.flatMap(kind => {
      const count = counts[kind]
      return count === undefined ? [] : [[KINDS[kind].usage, count]]
    }),
  )
}

/** Billed like the rest of the input or output where they have no price of their own. */
const LIKE_THE_REST: readonly (keyof PricedUsage)[] = [
  'reasoningTokens',
  'inputImageTokens',
  'outputImageTokens',
  'cacheReadImageTokens',
]

/** Fees of tools and searches, which are no part of the price of the tokens. */
const FEES: readonly string[] = ['web_searches_kcount', 'storage_searches_kcount']

/**
 * Caching is reported wherever it happens, so a call without a figure had none. Where it is not said how much of what
 * was read from a cache is audio, and it matters, the list refuses to price the call.
 */
const NONE_UNLESS_STATED: readonly string[] = [
  'cache_read_mtok',
  'cache_write_mtok',
  'cache_write_1h_mtok',
  'cache_audio_read_mtok',
  'cache_image_read_mtok',
]

/**
 * Whether a price says what each used token costs, and the call says all that the price depends on. The list itself
 * bills what it has no price for at the rate of the rest, or at nothing.
 */
function covers(price: ModelPrice, counts: Counts, provider: string): boolean {
  const has = (kind: keyof PricedUsage) => price[KINDS[kind].price] !== undefined
  const isPriced = (kind: keyof PricedUsage) => !counts[kind] || has(kind) || LIKE_THE_REST.includes(kind)
  if (!has('inputTokens') || !KIND_NAMES.every(isPriced)) return false
  return Object.keys(price).every(key => isStated(key, counts) || isTextModel(key, price, provider))
}

/** Some models take or give audio, as their name says, and the list has the price of their texts alone. */
function mayHaveUnpricedAudio({ id }: ModelInfo, price: ModelPrice, counts: Counts): boolean {
  const isPriced = price.input_audio_mtok !== undefined || price.output_audio_mtok !== undefined
  const isStated = counts.inputAudioTokens !== undefined && counts.outputAudioTokens !== undefined
  return /audio|tts|realtime/.test(id) && !isPriced && !isStated
}

function isStated(key: string, counts: Counts): boolean {
  if (FEES.includes(key) || NONE_UNLESS_STATED.includes(key)) return true
  const kind = KIND_NAMES.find(name => KINDS[name].price === key)
  return kind !== undefined && counts[kind] !== undefined // some are billed by requests, hours or pages instead
}

/** Gemini's text models take audio too. At other providers, a model with a price for audio is an audio model. */
function isTextModel(key: string, price: ModelPrice, provider: string): boolean {
  return key === 'input_audio_mtok' && provider === 'google' && price.output_audio_mtok === undefined
}
