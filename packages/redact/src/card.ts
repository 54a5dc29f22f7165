import { isGluedToHex } from './id-shape.ts'
import { type Finder, matchesOf } from './span.ts'

const SEPARATOR = ' {1,2}| ?[.+_-] ?'

/**
 * 13 to 19 digits in one run, or grouped as on cards: in fours, or as American Express and Diners Club do. Form bodies have `+`
 * for spaces, programs `_`, and magnetic stripes `%B` before the number.
 */
const NUMBER = new RegExp(
  `(?:(?<=%B)|(?<![\\p{Script=Latin}\\p{Nd}]|\\d[.-]))(?:\\d{13,19}|\\d{4}(?<four>${SEPARATOR})\\d{4}\\k<four>\\d{4}\\k<four>\\d{1,4}(?<rest>\\k<four>\\d{1,3})?|\\d{4}(?<six>${SEPARATOR})\\d{6}\\k<six>\\d{4,5}|\\d{6}[ +-]\\d{13})(?![\\p{Script=Latin}\\p{Nd}_]|[.-]\\d)`,
  'gu',
)

/** The ranges that card networks issue from, each with the lengths that it is issued in. */
const ISSUED: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 19]], // Visa
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]], // Mastercard
  [/^3[47]/, [15]], // American Express
  [/^(?:6011|64[4-9]|65)/, [16, 19]], // Discover
  [/^62/, [16, 17, 18, 19]], // UnionPay
  [/^(?:30[0-5]|3095|36|38|39)/, [14]], // Diners Club
  [/^(?:30[0-5]|3095|38|39)/, [16]], // Diners Club, as Discover issues them
  [/^35(?:2[89]|[3-8])/, [16]], // JCB
  [/^(?:50|5[6-8]|60|63|67)/, [16]], // Maestro, RuPay, Elo, Hipercard
  [/^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, [13, 14, 15, 17, 18, 19]], // Maestro
  [/^(?:220[0-4]|9792|8[12])/, [16]], // Mir, Troy, RuPay
]

/** Payment card numbers: of a range that is issued, with a right check digit. What follows may be the expiry or the CVC. */
export const findCards: Finder = function* find(text) {
  for (const { index, 0: found, groups } of matchesOf(text, NUMBER)) {
    const { rest = '' } = groups ?? {}
    const card = [found, found.slice(0, found.length - rest.length)].find(part =>
      isCard(part.replaceAll(/\D/g, '')),
    )
    if (card === undefined || isGluedToHex(text, index, index + card.length)) continue
    yield { start: index, end: index + card.length }
  }
}

export function isCard(digits: string): boolean {
  const issued = ISSUED.some(([range, lengths]) => lengths.includes(digits.length) && range.test(digits))
  return issued && new Set(digits).size > 1 && luhn(digits)
}

/** The check of ISO/IEC 7812: every second digit from the right counts double. */
export function luhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    sum += i % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0)
  }
  return sum % 10 === 0
}
