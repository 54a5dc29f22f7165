import type { Finder } from './span.ts'

/** 13 to 19 digits in one run, or grouped as on cards: in fours, or as American Express and Diners Club do. */
const NUMBER =
  /(?<![\p{Script=Latin}\p{Nd}]|\d[.-])(?:\d{13,19}|\d{4}(?<four> {1,2}|[.-])\d{4}\k<four>\d{4}\k<four>\d{1,4}(?<rest>\k<four>\d{1,3})?|\d{4}(?<six> {1,2}|[.-])\d{6}\k<six>\d{4,5}|\d{6}[ -]\d{13})(?![\p{Script=Latin}\p{Nd}_]|[.-]\d)/gu

/** The ranges that card networks issue from, each with its lengths. */
const ISSUED: readonly (readonly [RegExp, number, number])[] = [
  [/^4/, 13, 19], // Visa
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, 16, 16], // Mastercard
  [/^3[47]/, 15, 15], // American Express
  [/^(?:6011|64[4-9]|65|62)/, 16, 19], // Discover, UnionPay
  [/^(?:30[0-5]|3095|36|38|39)/, 14, 19], // Diners Club
  [/^35(?:2[89]|[3-8])/, 16, 19], // JCB
  [/^(?:50|5[6-8]|6)/, 13, 19], // Maestro, RuPay, Elo
  [/^(?:220[0-4]|9792|8[12])/, 16, 19], // Mir, Troy, RuPay
]

/** Payment card numbers: of a range that is issued, with a right check digit. What follows may be the expiry or the CVC. */
export const findCards: Finder = function* find(text) {
  for (const { index, 0: found, groups } of text.matchAll(NUMBER)) {
    const { rest = '' } = groups ?? {}
    const card = [found, found.slice(0, found.length - rest.length)].find(part =>
      isCard(part.replaceAll(/\D/g, '')),
    )
    if (card !== undefined) yield { start: index, end: index + card.length }
  }
}

export function isCard(digits: string): boolean {
  const issued = ISSUED.some(
    ([range, least, most]) => range.test(digits) && digits.length >= least && digits.length <= most,
  )
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
