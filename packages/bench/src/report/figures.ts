import type { Summary } from '../measurements.ts'

/** A number without decimals: `12,345`. */
export function integer(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 0 })
}

/** A number with as many digits as say something: `12,345`, `12.3`, `0.123`. */
export function number(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: Math.abs(value) >= 1000 ? 5 : 3 })
}

/** The median, and from the lowest to the highest: `0.63 (0.58 to 0.7) ms`. */
export function range({ median, low, high }: Summary, unit = ''): string {
  return `**${number(median)}**${unit && ` ${unit}`} (${number(low)} to ${number(high)})`
}
