const DECIMALS = 12

/**
 * An amount in units of 10⁻¹² dollars: a token at a published price is a whole number of them, so sums of these are
 * exact where sums of doubles drift.
 *
 * @param usd not negative, and below 10²¹.
 */
export function exactUsd(usd: number): bigint {
  return BigInt(usd.toFixed(DECIMALS).replace('.', ''))
}

/** The double that is nearest to an exact amount. */
export function usdOf(exact: bigint): number {
  const digits = exact.toString().padStart(DECIMALS + 1, '0')
  return Number(`${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`)
}

/** An amount without the noise of the arithmetic that it comes from. */
export function roundedUsd(usd: number): number {
  return usdOf(exactUsd(usd))
}
