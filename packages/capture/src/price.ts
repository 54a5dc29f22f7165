import { AuditError } from '@audit/core'
import { notRetryable } from './failure.ts'
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
  /** How many milliseconds it took. No price depends on it; who adds up costs may add it up, too. */
  readonly latencyMs?: number | undefined
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

/**
 * Prices a call: `null` when its price is unknown, which is never 0. It runs in the asynchronous context in which the call
 * began, wherever that ends.
 */
export interface PriceFunction {
  (call: PricedCall): Price | null
  /**
   * Called when a call begins, in its asynchronous context. If it throws, for example because a budget is used up, the call is
   * not made: nothing is sent, and nothing is recorded. `price` of a `CostTracker` of `@audit/cost` has it.
   */
  readonly admit?: (() => void) | undefined
}

/** Asks whether a call may be made. Throws what `admit` throws, so that no SDK tries again. */
export function admit(price: PriceFunction | undefined): void {
  try {
    price?.admit?.()
  } catch (error) {
    throw error instanceof AuditError ? notRetryable(error) : error
  }
}
