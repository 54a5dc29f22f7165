import type { Usage } from './usage.ts'

/** A call, as far as its price depends on it. */
export interface PricedCall {
  /** Who served it, by OpenTelemetry's name: `openai`, `mistral_ai`. */
  readonly provider: string
  /** The model that was asked for. */
  readonly requestModel?: string | undefined
  /** The model that answered. */
  readonly responseModel?: string | undefined
  /** What was used. Absent if it never came, and then the price is unknown. */
  readonly usage?: Usage | undefined
  /** As the response says it: `default`, `flex`, `priority`. */
  readonly serviceTier?: string | undefined
  /** When the call started. */
  readonly startedAt: Date
}

/** What a call costs, and where that comes from. */
export interface Price {
  /** US dollars. */
  readonly costUsd: number
  /** Where the price comes from: the name of a price list. */
  readonly source: string
  /** The version of that list. */
  readonly version: string
  /** The model's name in that list. */
  readonly model: string
}

/** Prices a call: `null` when its price is unknown, which is never 0. */
export type PriceFunction = (call: PricedCall) => Price | null
