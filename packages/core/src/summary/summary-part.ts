import { isWholeNumber } from '../options.ts'
import type { Selection } from '../query/selection.ts'
import type { GroupKey, GroupValue } from './group-key.ts'
import type { SketchBin } from './latency-sketch.ts'

/** What a backend is asked to sum up. */
export interface SummaryRequest {
  /** Which entries; it has no cursor and no limit. */
  readonly selection: Selection
  /** One group for each combination of values that occurs. Where it is empty, all entries are one group. */
  readonly by: readonly GroupKey[]
  /** Only groups and their `count` are wanted: an index may know them. All other figures are left as of no entry. */
  readonly countsOnly: boolean
}

/** The keys of metadata whose numbers are added up, in the order of `SummaryPart.tokens`. */
export const TOKEN_KEYS = [
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.output_tokens',
  'gen_ai.usage.cache_read.input_tokens',
  'gen_ai.usage.cache_write.input_tokens',
  'gen_ai.usage.reasoning.output_tokens',
] as const

/** The key of metadata that says how a call ended. */
export const STATUS_KEY = 'audit.status'

/**
 * What is known of the entries of one group, or of a part of them. Parts of a group add up in any order to the same
 * figures. It is plain data, so that it crosses to another thread.
 */
export interface SummaryPart {
  /** The values that the entries have in common, in the order of `by`. */
  readonly values: readonly GroupValue[]
  readonly count: number
  /** Numbers whose exact sum is that of the costs that are known, in US dollars: `ExactSum.partials`. */
  readonly costs: readonly number[]
  readonly costUnknown: number
  /** Sums, in the order of `TOKEN_KEYS`. */
  readonly tokens: readonly number[]
  /** `LatencySketch.bins` of the latencies that are known, in milliseconds. */
  readonly latencies: readonly SketchBin[]
  /** The largest latency, in milliseconds; 0 where none is known. */
  readonly latencyMax: number
  /** How many entries have each `audit.status`. */
  readonly statuses: readonly (readonly [status: string, count: number])[]
  /** Canonical timestamps of the oldest and the newest entry; `null` where there is none. */
  readonly first: string | null
  readonly last: string | null
}

/** Whether a backend's answer has the form of a part, with a value for each key that was asked for. */
export function isSummaryPart(given: unknown, keys: number): given is SummaryPart {
  if (typeof given !== 'object' || given === null) return false
  const part: { readonly [K in keyof SummaryPart]?: unknown } = given
  const { values, costs, tokens, latencies, statuses } = part
  return (
    isListOf(values, isGroupValue) &&
    values.length === keys &&
    [part.count, part.costUnknown].every(isWholeNumber) &&
    isListOf(costs, isNumber) &&
    isListOf(tokens, isNumber) &&
    isNumber(part.latencyMax) &&
    isListOf(latencies, bin => isListOf(bin, isNumber) && bin.length === 2) &&
    isListOf(statuses, isStatus) &&
    [part.first, part.last].every(time => time === null || typeof time === 'string')
  )
}

function isListOf<T>(given: unknown, is: (item: unknown) => item is T): given is readonly T[]
function isListOf(given: unknown, is: (item: unknown) => boolean): given is readonly unknown[]
function isListOf(given: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(given) && given.every(is)
}

function isNumber(given: unknown): boolean {
  return typeof given === 'number' && !Number.isNaN(given)
}

function isGroupValue(given: unknown): boolean {
  return (
    given === undefined || given === null || ['string', 'number', 'boolean', 'object'].includes(typeof given)
  )
}

function isStatus(given: unknown): boolean {
  return Array.isArray(given) && given.length === 2 && typeof given[0] === 'string' && isWholeNumber(given[1])
}
