import { IBAN_FORMS, LONGEST_IBAN } from './iban-structure.ts'
import { isGluedToHex } from './id-shape.ts'
import type { Finder } from './span.ts'

/** The longest IBAN with a separator behind each character: what is looked at from each start. */
const LONGEST = 2 * LONGEST_IBAN
const START = /(?<![\p{Script=Latin}\p{Nd}_])[A-Z]{2} ?\d{2}(?=[ .-]?[A-Z\d])/giu
const SEPARATOR = /[ .-]/
const CHARACTER = /[A-Z\d]/i

/**
 * International bank account numbers, in one run or grouped: of the form that their country gives them, with right check
 * digits, and with letters of one case, as nobody writes them otherwise and random tokens have both.
 */
export const findIbans: Finder = function* find(text) {
  for (const { index: start, 0: found } of text.matchAll(START)) {
    const form = IBAN_FORMS.get(found.slice(0, 2).toUpperCase())
    const iban = form && compact(text.slice(start, start + LONGEST + 1), form.length)
    if (!form || !iban || !isOfOneCase(iban.value.slice(2))) continue
    const value = iban.value.toUpperCase()
    if (!form.pattern.test(value) || !hasRightCheckDigits(value)) continue
    if (!isGluedToHex(text, start, start + iban.end)) yield { start, end: start + iban.end }
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
  return CHARACTER.test(text[end] ?? '') ? undefined : { value, end }
}

function isOfOneCase(text: string): boolean {
  return text === text.toUpperCase() || text === text.toLowerCase()
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
