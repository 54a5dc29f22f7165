import type { PricedCall, PricedUsage } from '@audit/cost'

/** When the calls of the tests start, unless a test says otherwise. */
export const AT = new Date('2026-11-01T12:00:00Z')

/** A call to a model with 1,000 tokens in and 500 out, or with another usage. */
export function callTo(
  provider: string,
  responseModel: string,
  usage: PricedUsage = { inputTokens: 1000, outputTokens: 500 },
  rest: Partial<PricedCall> = {},
): PricedCall {
  return { provider, responseModel, usage, startedAt: AT, ...rest }
}
