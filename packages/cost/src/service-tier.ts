import type { PricedCall } from './priced-call.ts'

/** What providers call the tier that their published prices are for. */
const STANDARD: readonly string[] = ['default', 'standard', 'on_demand']

/** The service tier that is not the standard one, in lower case, or `null`. */
export function specialTier({ serviceTier }: PricedCall): string | null {
  const tier = serviceTier?.toLowerCase()
  return !tier || STANDARD.includes(tier) ? null : tier
}

/** Whether a call ran in a batch: Anthropic says so by the tier. */
export function ranInBatch(call: PricedCall): boolean {
  return call.isBatch === true || specialTier(call) === 'batch'
}
