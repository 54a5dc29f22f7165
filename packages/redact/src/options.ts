import { invalidOptions, optionsOf } from '@audit/core/backend'
import { type CountryCode, isSupportedCountry } from 'libphonenumber-js/max'
import { DEFAULT_KINDS, finderOf, isSoughtInIds, KINDS, type Kind } from './kinds.ts'
import { labelOf } from './placeholder.ts'
import type { Mapping } from './restore.ts'
import { type Finder, matching } from './span.ts'

/** What `redact` takes. */
export interface RedactOptions {
  /** What is redacted. Default: `DEFAULT_KINDS`. */
  readonly kinds?: readonly Kind[]
  /** Rules of your own, besides the kinds. */
  readonly also?: readonly Rule[]
  /**
   * Where phone numbers without a plus are from, as ISO 3166-1 alpha-2: `'US'`. Default: only numbers with a plus are
   * redacted.
   */
  readonly country?: CountryCode
  /**
   * Keeps what was redacted, for you alone; the log never has it. With `true`, `take` of what `redact` returns hands it
   * over. A function is called with it before the entry is stored, and the entry waits for it; if it throws or rejects,
   * nothing is stored. Default: nothing is kept.
   */
  readonly restore?: boolean | ((entryId: string, mapping: Mapping) => void | Promise<void>)
}

/** A rule of your own. */
export interface Rule {
  /** Names what it finds: letters and digits, the first a small letter. `caseNumber` becomes `[CASE_NUMBER_1]`. */
  readonly kind: string
  /** What to redact, at each place where it matches. Keep its repetitions bounded, so that no text can stall it. */
  readonly pattern: RegExp
  /** Whether a match is one, for example by its check digit. Default: each is. */
  readonly accept?: (found: string) => boolean
}

/** A kind, what stands for it in placeholders, and how it is found. */
export interface KindFinder {
  readonly kind: string
  readonly label: string
  readonly find: Finder
  /** Whether it searches UUIDs and the like, too. */
  readonly seesIds: boolean
}

/** The options, checked. */
export interface CheckedOptions {
  /** For texts. */
  readonly finders: readonly KindFinder[]
  /** For what is an id, and may be a name or a number of somebody. */
  readonly idFinders: readonly KindFinder[]
  readonly restore: Exclude<RedactOptions['restore'], undefined>
}

/** Checks what `redact` was given. Throws `AUDIT_INVALID_OPTIONS`. */
export function checkedOptions(given: unknown): CheckedOptions {
  const options = optionsOf(given, ['kinds', 'also', 'country', 'restore'], 'redact')
  const country = countryFrom(options.country)
  const { restore = false } = options
  if (typeof restore !== 'boolean' && !isFunction(restore))
    throw invalid('restore must be true or a function')
  const kinds = kindsFrom(options.kinds)
  const rules = listOf('also', options.also ?? []).map(ruleFrom)
  const finders = [...kinds.map(kind => finderFor(kind, country)), ...rules]
  if (finders.length === 0) throw invalid('nothing would be redacted; name a kind or a rule')
  const twice = finders.find(({ label }, i) => finders.findIndex(other => other.label === label) !== i)
  if (twice) throw invalid(`${JSON.stringify(twice.kind)} is named twice; give each rule a kind of its own`)
  // The promise of a function's type cannot be checked here.
  return { finders, idFinders: idFindersOf(kinds, rules), restore: restore as CheckedOptions['restore'] }
}

function finderFor(kind: Kind, country: CountryCode | undefined): KindFinder {
  return { kind, label: labelOf(kind), find: finderOf(kind, country), seesIds: isSoughtInIds(kind) }
}

/** Digits alone are an id, not a card, nor a phone number without its plus. */
function idFindersOf(kinds: readonly Kind[], rules: readonly KindFinder[]): readonly KindFinder[] {
  return [...kinds.filter(kind => kind !== 'card').map(kind => finderFor(kind, undefined)), ...rules]
}

function kindsFrom(given: unknown): readonly Kind[] {
  if (given === undefined) return DEFAULT_KINDS
  const kinds = listOf('kinds', given).map(name => KINDS.find(kind => kind === name))
  const known = kinds.filter(kind => kind !== undefined)
  if (known.length < kinds.length) throw invalid(`kinds may hold ${KINDS.join(', ')}, and nothing else`)
  return [...new Set(known)]
}

const KIND_NAME = /^[a-z][A-Za-z\d]{0,39}$/

function ruleFrom(given: unknown): KindFinder {
  const { kind, pattern, accept } = optionsOf(given, ['kind', 'pattern', 'accept'], 'a rule of redact')
  if (typeof kind !== 'string' || !KIND_NAME.test(kind) || kind === 'rules') {
    throw invalid('the kind of a rule must be letters and digits, the first a small letter, and not "rules"')
  }
  if (!(pattern instanceof RegExp)) throw invalid(`the pattern of ${kind} must be a RegExp`)
  if (accept !== undefined && !isFunction(accept)) throw invalid(`accept of ${kind} must be a function`)
  const global = new RegExp(pattern, `${pattern.flags.replaceAll(/[gy]/g, '')}g`) // and nobody else moves its lastIndex
  const find = matching(global, found => accept?.(found) !== false)
  return { kind, label: labelOf(kind), find, seesIds: true }
}

function countryFrom(given: unknown): CountryCode | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'string' && isSupportedCountry(given)) return given
  throw invalid('country must be a code of ISO 3166-1 in capitals, such as "US"')
}

function listOf(key: string, given: unknown): readonly unknown[] {
  if (Array.isArray(given)) return given
  throw invalid(`${key} must be an array`)
}

function isFunction(value: unknown): value is (...args: readonly unknown[]) => unknown {
  return typeof value === 'function'
}

function invalid(reason: string) {
  return invalidOptions('redact', reason)
}
