import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  Metadata,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'
import type { Finder, Span } from './span.ts'

/** How form bodies write a space between digits, and what may stand around it. */
const FORM_SPACE = '\\)?\\+\\(?'

/** After a plus: 7 to 15 digits, grouped at will. */
const INTERNATIONAL = new RegExp(
  `(?<![\\p{Script=Latin}\\p{Nd}+])\\+[1-9](?:(?:[ ()./-]{0,3}|${FORM_SPACE})\\d){6,14}(?!\\d)`,
  'gu',
)

/** A run of 7 to 17 digits, grouped at will, that stands alone: in a longer one, such as a row of a table, nothing is looked for. */
const NATIONAL = new RegExp(
  `(?<![\\p{Script=Latin}\\p{Nd}_+@#$€£%]|\\d[ ()./-]{1,2}|\\d\\.)\\(?\\d(?:(?:[ ()./-]{0,2}|${FORM_SPACE})\\d){6,16}(?![\\p{Script=Latin}\\p{Nd}_%]|[ ./+-]\\d)`,
  'gu',
)

const DATE = /(?<!\d)(?:\d{4}([./-])\d{1,2}\1\d{1,2}|\d{1,2}([./-])\d{1,2}\2\d{4})(?!\d)/
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/

/** How many groups of digits at an end may belong to something else, such as a year. Each costs a look into the numbering plan. */
const STRAY_GROUPS = 2

/** How many digits the numbers of a country have, without prefixes. */
function lengthsIn(country: CountryCode): readonly number[] {
  const metadata = new Metadata()
  metadata.selectNumberingPlan(country)
  return metadata.numberingPlan?.possibleLengths() ?? []
}

/** How many digits numbers have after a calling code. Looking here first is a hundred times cheaper than parsing. */
const LENGTHS_BY_CALLING_CODE: ReadonlyMap<string, ReadonlySet<number>> = new Map(
  Object.entries(Object.groupBy(getCountries(), country => getCountryCallingCode(country))).map(
    ([code, countries = []]) => [code, new Set(countries.flatMap(lengthsIn))],
  ),
)

/**
 * Finds the phone numbers that a numbering plan allows.
 *
 * @param country where numbers without a plus are from, written as in that country. Default: only those with a plus.
 */
export function phoneFinder(country?: CountryCode): Finder {
  const lengths = new Set(country === undefined ? [] : lengthsIn(country))
  return function* find(text) {
    for (const { index, 0: run } of text.matchAll(INTERNATIONAL)) {
      const part = firstOf(withoutLastGroups(spaced(run)), isInternational)
      if (part) yield shifted(part, index)
    }
    if (country === undefined) return
    for (const { index, 0: run } of text.matchAll(NATIONAL)) {
      if (DATE.test(run) || IPV4.test(run)) continue
      const part = firstOf(
        withoutGroups(spaced(run)),
        text => isLong(lengths, text) && isWrittenIn(country, text),
      )
      if (part) yield shifted(part, index)
    }
  }
}

function isInternational(candidate: string): boolean {
  const digits = digitsOf(candidate)
  const possible = [1, 2, 3].some(length => {
    const lengths = LENGTHS_BY_CALLING_CODE.get(digits.slice(0, length))
    const rest = digits.length - length
    return lengths?.has(rest) || (lengths?.has(rest - 1) && candidate.includes('(0)'))
  })
  return possible && parsePhoneNumberFromString(candidate)?.isValid() === true
}

/** Whether a candidate has the length of a number with a prefix of up to two digits, or dials out of a country. */
function isLong(lengths: ReadonlySet<number>, candidate: string): boolean {
  const digits = digitsOf(candidate)
  return /^(?:00|011)/.test(digits) || [0, 1, 2].some(prefix => lengths.has(digits.length - prefix))
}

/** Whether people of a country write the number so: with the national prefix where there is one, or from abroad. */
function isWrittenIn(country: CountryCode, candidate: string): boolean {
  const number = parsePhoneNumberFromString(candidate, country)
  if (!number?.isValid()) return false
  const digits = digitsOf(candidate)
  if (number.country !== country || digits.startsWith('00')) return /^(?:00|011)/.test(digits)
  const written = digitsOf(number.formatNational())
  return digits === written || digits === number.number.slice(1)
}

/** A run with spaces for each plus but the first character. */
const spaced = (run: string) => run.replaceAll(/(?!^)\+/g, ' ')
const digitsOf = (text: string) => text.replaceAll(/\D/g, '')
const shifted = ({ start, end }: Span, by: number): Span => ({ start: start + by, end: end + by })

function firstOf(
  candidates: readonly (Span & { readonly text: string })[],
  accept: (text: string) => boolean,
): Span | undefined {
  return candidates.find(({ text }) => accept(text))
}

/** The whole run, and what is left without its last groups. */
function withoutLastGroups(run: string) {
  const ends = [run.length, ...lastGroups(run).map(({ index }) => index)]
  return ends.map(end => part(run, 0, end))
}

/** The whole run, and what is left without its first or its last groups. */
function withoutGroups(run: string) {
  const starts = Array.from(run.matchAll(/(?<=\d[ ()./-]{1,2})(?<!\()\(?(?=\d)/g), ({ index }) => index)
  return [
    ...withoutLastGroups(run),
    ...starts.slice(0, STRAY_GROUPS).map(start => part(run, start, run.length)),
  ]
}

function lastGroups(run: string) {
  return [...run.matchAll(/[ ()./-]+\d+$|[ ()./-]+\d+(?=[ ()./-]+\d+$)/g)].toReversed().slice(0, STRAY_GROUPS)
}

function part(run: string, start: number, end: number) {
  return { start, end, text: run.slice(start, end) }
}
