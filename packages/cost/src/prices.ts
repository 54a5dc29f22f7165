import { optionsOf } from '@audit/core/backend'
import type { Price, PricedCall, PriceFunction } from './priced-call.ts'
import { publishedPrice } from './published-price.ts'
import { type ModelRates, RateCard } from './rates.ts'
import { ranInBatch, specialTier } from './service-tier.ts'
import { countsOf } from './usage.ts'

/** What `prices` takes. */
export interface PricesOptions {
  /** Rates of your own by model id (or deployment, or ARN), in any case. They win over the published prices. */
  readonly rates?: Readonly<Record<string, ModelRates>>
}

/**
 * Prices calls: by the rates that are given, otherwise by the price that the provider publishes for the model that
 * answered, at the time of the call. The price is `null` where it is not known for certain: an unknown model, a service
 * tier or a batch without a rate, tokens of a kind that has no price, usage that is missing or contradicts itself. The
 * function never throws, prints nothing, and needs no network.
 *
 * @throws AuditError `AUDIT_INVALID_OPTIONS`
 *
 * @example
 * const capture = createCapture({ log, price: prices() })
 */
export function prices(options: PricesOptions = {}): PriceFunction {
  const { rates = {} } = optionsOf(options, ['rates'], 'prices')
  const rateCard = new RateCard(rates)
  return call => {
    try {
      return priceOf(call, rateCard)
    } catch {
      return null // the price list throws for what it cannot price, and no call may fail for its price
    }
  }
}

function priceOf(call: PricedCall, rateCard: RateCard): Price | null {
  const counts = countsOf(call.usage)
  if (counts === null) return null
  const price = rateCard.price(call, counts)
  if (price !== undefined) return price
  return ranInBatch(call) || specialTier(call.serviceTier) !== null ? null : publishedPrice(call, counts)
}
