import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  Metadata,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'
import { type Finder, matchesOf } from './span.ts'

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

/** A part of a run of digits, and where it begins in it. */
interface Part {
  readonly start: number
  readonly text: string
}

/**
 * Finds the phone numbers that a numbering plan allows.
 *
 * @param country where numbers without a plus are from, written as in that country. Default: only those with a plus.
 */
export function phoneFinder(country?: CountryCode): Finder {
  const findInternational = partFinder(INTERNATIONAL, withoutLastGroups, isInternational)
  if (country === undefined) return findInternational
  const lengths = new Set(lengthsIn(country))
  const findNational = partFinder(
    NATIONAL,
    withoutGroups,
    text => isLong(lengths, text) && isWrittenIn(country, text),
  )
  return function* find(text) {
    yield* findInternational(text)
    yield* findNational(text)
  }
}

/** Finds in each run that a pattern matches the first of its parts that is accepted. */
function partFinder(
  pattern: RegExp,
  partsOf: (run: string) => readonly Part[],
  accept: (text: string) => boolean,
): Finder {
  return function* find(text) {
    for (const { index, 0: found } of matchesOf(text, pattern)) {
      const run = found.replaceAll(/(?!^)\+/g, ' ')
      const part = partsOf(run).find(({ text }) => accept(text))
      if (part) yield { start: index + part.start, end: index + part.start + part.text.length }
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

const digitsOf = (text: string) => text.replaceAll(/\D/g, '')

/** The whole run, and what is left without its last groups. */
function withoutLastGroups(run: string): readonly Part[] {
  const ends = [run.length, ...lastGroups(run).map(({ index }) => index)]
  return ends.map(end => ({ start: 0, text: run.slice(0, end) }))
}

/** The whole run, and what is left without its first or its last groups. Dates and IP addresses have no parts. */
function withoutGroups(run: string): readonly Part[] {
  if (DATE.test(run) || IPV4.test(run)) return []
  const starts = Array.from(run.matchAll(/(?<=\d[ ()./-]{1,2})(?<!\()\(?(?=\d)/g), ({ index }) => index)
  return [
    ...withoutLastGroups(run),
    ...starts.slice(0, STRAY_GROUPS).map(start => ({ start, text: run.slice(start) })),
  ]
}

function lastGroups(run: string) {
  return [...run.matchAll(/[ ()./-]+\d+$|[ ()./-]+\d+(?=[ ()./-]+\d+$)/g)].toReversed().slice(0, STRAY_GROUPS)
}
