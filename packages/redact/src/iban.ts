import type { Finder } from './span.ts'

/** How long the IBANs of each country are (the registry of ISO 13616). */
export const IBAN_LENGTHS: Readonly<Record<string, number>> = {
  ...{ AD: 24, AE: 23, AL: 28, AT: 20, AZ: 28, BA: 20, BE: 16, BG: 22, BH: 22, BI: 27, BR: 29, BY: 28 },
  ...{ CH: 21, CR: 22, CY: 28, CZ: 24, DE: 22, DJ: 27, DK: 18, DO: 28, EE: 20, EG: 29, ES: 24, FI: 18 },
  ...{ FK: 18, FO: 18, FR: 27, GB: 22, GE: 22, GI: 23, GL: 18, GR: 27, GT: 28, HN: 28, HR: 21, HU: 28 },
  ...{ IE: 22, IL: 23, IQ: 23, IS: 26, IT: 27, JO: 30, KW: 30, KZ: 20, LB: 28, LC: 32, LI: 21, LT: 20 },
  ...{ LU: 20, LV: 21, LY: 25, MC: 27, MD: 24, ME: 22, MK: 19, MN: 20, MR: 27, MT: 31, MU: 30, NI: 28 },
  ...{ NL: 18, NO: 15, OM: 23, PK: 24, PL: 28, PS: 29, PT: 25, QA: 29, RO: 24, RS: 22, RU: 33, SA: 24 },
  ...{ SC: 31, SD: 18, SE: 24, SI: 19, SK: 24, SM: 27, SO: 23, ST: 25, SV: 28, TL: 23, TN: 24, TR: 26 },
  ...{ UA: 29, VA: 22, VG: 24, XK: 20, YE: 30 },
}

/** The longest IBAN with a separator behind each character: what is looked at from each start. */
const LONGEST = 2 * Math.max(...Object.values(IBAN_LENGTHS))
const START = /(?<![\p{Script=Latin}\p{Nd}_])[A-Z]{2} ?\d{2}(?=[ .-]?[A-Z\d])/giu
const SEPARATOR = /[ .-]/
const CHARACTER = /[A-Z\d]/i

/** International bank account numbers, in one run or grouped, with the length of their country and right check digits. */
export const findIbans: Finder = function* find(text) {
  for (const { index: start, 0: found } of text.matchAll(START)) {
    const length = IBAN_LENGTHS[found.slice(0, 2).toUpperCase()]
    const iban = length === undefined ? undefined : compact(text.slice(start, start + LONGEST + 1), length)
    if (iban && hasRightCheckDigits(iban.value)) yield { start, end: start + iban.end }
  }
}

/** The first so many characters, without the single separators between them. */
function compact(text: string, length: number): { readonly value: string; readonly end: number } | undefined {
  let value = ''
  let end = 0
  while (value.length < length) {
    if (SEPARATOR.test(text[end] ?? '') && value !== '') end++
    const character = text[end++] ?? ''
    if (!CHARACTER.test(character)) return undefined
    value += character
  }
  return CHARACTER.test(text[end] ?? '') ? undefined : { value: value.toUpperCase(), end }
}

/** ISO 7064, MOD 97-10: the first four characters go behind, and letters count from 10. */
function hasRightCheckDigits(iban: string): boolean {
  let remainder = 0
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
  }
  return remainder === 1
}
