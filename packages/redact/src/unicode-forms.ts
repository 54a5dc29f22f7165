import type { Spelling } from './spelling.ts'

/** What has no width, the frame of a keycap, and what switches the colours of a terminal. */
const UNSEEN =
  '(?<unseen>(?:[\\p{Cf}\\p{Default_Ignorable_Code_Point}\\u20e3]|\\x1b\\[[\\d;:?]{0,30}[A-Za-z]){1,99})'

/** Full-width, small and mathematical characters, of which the last are pairs of code units. */
const WIDE = '(?<wide>[！-～﹐-﹫]{1,99}|[\\u{1d400}-\\u{1d7ff}])'

/** Decimal digits of all scripts, some of which are pairs of code units. */
const DIGITS = '(?<digits>(?:(?![0-9\\u{10000}-\\u{10ffff}])\\p{Nd}){1,99}|\\p{Nd})'

const SPACE = '(?<space>\\p{Zs})'
const DASH = '[\\p{Pd}−]'

/** Characters that look like one of ASCII, or like nothing. */
export const UNICODE_FORMS: Spelling = {
  // Most characters are ASCII: looking at that first is eight times quicker.
  pattern: new RegExp(`(?![\\n\\x20-\\x7e])(?:${[UNSEEN, WIDE, DIGITS, SPACE, DASH].join('|')})`, 'gu'),
  plain({ unseen, wide, digits, space }) {
    if (unseen !== undefined) return ''
    if (wide !== undefined) return wide.normalize('NFKC')
    if (digits !== undefined) return Array.from(digits, digitOf).join('')
    return space === undefined ? '-' : ' '
  },
}

const DIGIT = /^\p{Nd}$/u

const digitsSeen = new Map<string, string>()

/** The ASCII digit for one of any script. */
function digitOf(digit: string): string {
  const seen = digitsSeen.get(digit)
  if (seen !== undefined) return seen
  const value = String(digitValue(digit.codePointAt(0) ?? 0))
  digitsSeen.set(digit, value) // there are a few hundred digits
  return value
}

/** Digits come in tens: the zero is the first of them. */
function digitValue(code: number): number {
  let value = 0
  while (value < 9 && DIGIT.test(String.fromCodePoint(code - value - 1))) value++
  return value
}
