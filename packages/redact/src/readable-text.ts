import type { Span } from './span.ts'

/**
 * What people and programs write in more than one way: decimal digits of all scripts, full-width characters, spaces and
 * dashes of all widths, characters without width, escapes of JSON (also escaped again) and of URLs. Repetitions are bounded,
 * here as in all rules: an engine that could go back to each of millions of characters runs out of stack.
 */
const FOLDED =
  /\\{1,8}(?:u(?<hex>[0-9a-fA-F]{4})|[nrtbf])|%(?<percent>40|2[Bb]|20)|(?<unseen>\p{Cf}{1,99})|(?<digits>(?:(?![0-9\u{10000}-\u{10ffff}])\p{Nd}){1,99}|(?![0-9])\p{Nd})|(?<wide>[Ａ-Ｚａ-ｚ＠．＋－＿]{1,99})|(?<space>(?! )\p{Zs})|(?<dash>[‐-―−])/gu

const NEEDS_FOLDING = /[^\x20-\x7e\n]|\\|%/

const PERCENT: Readonly<Record<string, string>> = { '40': '@', '2B': '+', '20': ' ' }

/** A text as the rules read it: one spelling for each character, and the way back to the original. */
export interface ReadableText {
  readonly text: string
  /** Where a part of `text` stands in the original. */
  original(span: Span): Span
}

/** Folds a text into one spelling, in linear time. A text of plain ASCII stays as it is. */
export function readable(original: string): ReadableText {
  if (!NEEDS_FOLDING.test(original)) return { text: original, original: span => span }
  const shifts = new Shifts()
  let text = ''
  let copied = 0
  for (const match of original.matchAll(FOLDED)) {
    const folded = foldedForm(match.groups ?? {})
    text += original.slice(copied, match.index) + folded
    copied = match.index + match[0].length
    const difference = copied - text.length
    if (folded.length !== match[0].length) shifts.add(text.length - folded.length, text.length, difference)
  }
  text += original.slice(copied)
  return { text, original: ({ start, end }) => ({ start: shifts.start(start), end: shifts.end(end) }) }
}

function foldedForm(groups: Readonly<Record<string, string | undefined>>): string {
  const { hex, percent, unseen, digits, wide, dash } = groups
  if (unseen !== undefined) return ''
  if (digits !== undefined) return Array.from(digits, digitOf).join('')
  if (wide !== undefined) return wide.normalize('NFKC')
  if (dash !== undefined) return '-'
  if (percent !== undefined) return PERCENT[percent.toUpperCase()] ?? percent
  if (hex !== undefined) return foldedCharacter(String.fromCharCode(Number.parseInt(hex, 16)))
  return ' ' // a space of another width, or an escaped line break
}

/** The folded form of a character that an escape stood for. */
function foldedCharacter(character: string): string {
  return character.replaceAll(FOLDED, (...match) => foldedForm(match.at(-1)))
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

/** Digits come in tens: the zero is the first of them. Only the mathematical digits have several tens in a row. */
function digitValue(code: number): number {
  let value = 0
  while (value < 50 && DIGIT.test(String.fromCodePoint(code - value - 1))) value++
  return value % 10
}

/** Where a folded text is shorter than its original, and by how much it is from there on. */
class Shifts {
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #differences: number[] = []

  /** Between these places of the folded text stands what is longer in the original, or nothing if they are one. */
  add(start: number, end: number, difference: number): void {
    this.#starts.push(start)
    this.#ends.push(end)
    this.#differences.push(difference)
  }

  /** Where the character behind a place begins in the original: after what has no width. */
  start(place: number): number {
    return place + this.#difference(this.#ends, place + 1)
  }

  /** Where the character before a place ends in the original: before what has no width. */
  end(place: number): number {
    return place + this.#difference(this.#starts, place)
  }

  /** By how much the original is longer up to the last of these places before a limit. */
  #difference(places: readonly number[], limit: number): number {
    let low = 0
    let high = places.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((places[middle] ?? 0) < limit) low = middle + 1
      else high = middle
    }
    return this.#differences[low - 1] ?? 0
  }
}
