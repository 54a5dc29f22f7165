import { invalidOptions, optionsOf } from '@audit/core/backend'
import type { Counts } from './usage.ts'
import { roundedUsd } from './usd.ts'

/**
 * US dollars for a million tokens of each kind. A call that used tokens of a kind without a rate has no price, except
 * that reasoning and images cost what the rest of the output and input does.
 */
export interface TokenRates {
  /** All input that has no other rate here. */
  readonly inputPerMTok: number
  /** Not needed for embeddings. */
  readonly outputPerMTok?: number
  /** Audio too. */
  readonly cacheReadPerMTok?: number
  /** For five minutes, where the provider distinguishes. */
  readonly cacheWritePerMTok?: number
  /** For an hour. */
  readonly cacheWrite1hPerMTok?: number
  /** Audio that was not read from a cache. */
  readonly inputAudioPerMTok?: number
  /** Audio in the output. */
  readonly outputAudioPerMTok?: number
}

/** The names of the rates. */
export const RATE_NAMES = [
  'inputPerMTok',
  'outputPerMTok',
  'cacheReadPerMTok',
  'cacheWritePerMTok',
  'cacheWrite1hPerMTok',
  'inputAudioPerMTok',
  'outputAudioPerMTok',
] as const satisfies (keyof TokenRates)[]

/** Far above all prices: what is more is a rate by another unit. */
const MAX_RATE = 1_000_000

/** Checks rates and copies them. */
export function tokenRatesOf(given: unknown, owner: string): TokenRates {
  const rates = optionsOf(given, RATE_NAMES, owner)
  const { inputPerMTok, ...others } = rates
  if (inputPerMTok === undefined) throw invalidOptions(owner, 'inputPerMTok is missing')
  const checked = Object.entries(others).filter(([, rate]) => rate !== undefined)
  return {
    inputPerMTok: rateOf(inputPerMTok, 'inputPerMTok', owner),
    ...Object.fromEntries(checked.map(([name, rate]) => [name, rateOf(rate, name, owner)])),
  }
}

function rateOf(rate: unknown, name: string, owner: string): number {
  if (typeof rate === 'number' && rate >= 0 && rate <= MAX_RATE) return rate
  throw invalidOptions(
    owner,
    `${name} must be a number of dollars for a million tokens, from 0 to ${MAX_RATE}`,
  )
}

/** What the tokens of a call cost in US dollars; `null` where a rate or a figure is missing. */
export function costAt(rates: TokenRates, counts: Counts): number | null {
  const { cacheReadTokens = 0, cacheWriteTokens = 0, cacheWrite1hTokens = 0, inputAudioTokens = 0 } = counts
  const { inputTokens = 0, outputTokens = rates.outputPerMTok === undefined ? 0 : null } = counts
  const { outputAudioTokens = 0, cacheReadAudioTokens = cacheReadTokens && inputAudioTokens ? null : 0 } =
    counts
  if (outputTokens === null || cacheReadAudioTokens === null) return null
  const audio = inputAudioTokens - cacheReadAudioTokens
  const parts: readonly (readonly [number, number | undefined])[] = [
    [inputTokens - cacheReadTokens - cacheWriteTokens - audio, rates.inputPerMTok],
    [cacheReadTokens, rates.cacheReadPerMTok],
    [cacheWriteTokens - cacheWrite1hTokens, rates.cacheWritePerMTok],
    [cacheWrite1hTokens, rates.cacheWrite1hPerMTok],
    [audio, rates.inputAudioPerMTok],
    [outputTokens - outputAudioTokens, rates.outputPerMTok],
    [outputAudioTokens, rates.outputAudioPerMTok],
  ]
  if (parts.some(([count, rate]) => count < 0 || (count > 0 && rate === undefined))) return null
  return roundedUsd(parts.reduce((sum, [count, rate = 0]) => sum + count * rate, 0) / 1e6)
}
