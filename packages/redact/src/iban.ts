import { IBAN_FORMS, type IbanForm } from './iban-structure.ts'
import { isGluedToHex } from './id-shape.ts'
import { type Finder, matchesOf } from './span.ts'

const START = /(?:(?<=IBAN)|(?<![\p{Script=Latin}\p{Nd}_]))[A-Z]{2} ?\d{2}(?=[ .+_\t\r\n-]{0,2}[A-Z\d])/giu

/**
 * International bank account numbers, in one run or grouped, also over the end of a line: of the form that their country
 * gives them, with right check digits, and with letters of one case, as nobody writes them otherwise and random tokens have
 * both.
 */
export const findIbans: Finder = function* find(text) {
  for (const { index: start, 0: found } of matchesOf(text, START)) {
    const form = IBAN_FORMS.get(found.slice(0, 2).toUpperCase())
    if (!form) continue
    form.written.lastIndex = start
    const [written] = form.written.exec(text) ?? []
    const end = start + (written?.length ?? 0)
    if (written && isIban(written, form) && !isGluedToHex(text, start, end)) yield { start, end }
  }
}

function isIban(written: string, { compact }: IbanForm): boolean {
  const iban = written.replaceAll(/[^A-Z\d]/gi, '')
  const value = iban.toUpperCase()
  return isOfOneCase(iban.slice(2)) && compact.test(value) && hasRightCheckDigits(value)
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
