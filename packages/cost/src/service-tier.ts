import type { PricedCall } from './priced-call.ts'

/** What providers call the tier that their published prices are for. */
const STANDARD: readonly string[] = ['default', 'standard', 'on_demand']

/** The tier by which Anthropic names a batch. */
export const BATCH = 'batch'

/** The service tier that is not the standard one, in lower case, or `null`. */
export function specialTier(serviceTier: string | null | undefined): string | null {
  const tier = serviceTier?.toLowerCase()
  return !tier || STANDARD.includes(tier) ? null : tier
}

/** Whether a call ran in a batch. */
export function ranInBatch({ isBatch, serviceTier }: PricedCall): boolean {
  return isBatch === true || specialTier(serviceTier) === BATCH
}
