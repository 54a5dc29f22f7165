import { ExactSum } from './exact-sum.ts'
import { compareGroupValues, type GroupKey, type GroupValue, type OwnGroupKey } from './group-key.ts'
import { percentiles } from './latency-sketch.ts'
import type { SummaryPart } from './summary-part.ts'

/** The figures of a group. */
export interface SummaryFigures {
  /** How many entries. */
  readonly count: number
  /**
   * The sum of the costs that are known, in US dollars; `Infinity` beyond the largest double. The doubles of the entries are added
   * up without rounding, and their sum is rounded once: of 0.1 and 0.2, whose doubles are a little more, it is 0.30000000000000004.
   */
  readonly costUsd: number
  /** How many entries have an unknown cost: the sum says nothing of them. */
  readonly costUnknown: number
  /** Sums of what the metadata has under `gen_ai.usage.*`; 0 where no entry has any. */
  readonly tokens: SummaryTokens
  /**
   * Over the latencies that are known, in milliseconds: percentiles by the nearest rank, within 1 %, where one below a
   * nanosecond counts as 0; `null` where none is known.
   */
  readonly latencyMs: SummaryLatency | null
  /** By `audit.status`: how many entries have it, and which share of all entries of the group that is, from 0 to 1. */
  readonly status: Readonly<Record<string, { readonly count: number; readonly share: number }>>
  /** The timestamp of the oldest entry; `null` where there is none. */
  readonly first: string | null
  /** The timestamp of the newest entry; `null` where there is none. */
  readonly last: string | null
}

/**
 * Tokens, by kind: sums of the whole numbers below 2³² that the metadata has under `gen_ai.usage.input_tokens`, `.output_tokens`,
 * `.cache_read.input_tokens`, `.cache_write.input_tokens` and `.reasoning.output_tokens`. The cached ones are a part of the
 * input, and the reasoning is a part of the output.
 */
export interface SummaryTokens {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly reasoning: number
}

/** Milliseconds. */
export interface SummaryLatency {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** The entries that have the values of `by` in common, summed up: the values by their keys, and the figures. */
export type SummaryGroup<Key extends GroupKey = never> = SummaryFigures & {
  readonly [K in Key]: K extends OwnGroupKey ? string : GroupValue
}

/** The names of the figures: no key of `by` may have one. */
export const FIGURES = [
  'count',
  'costUsd',
  'costUnknown',
  'tokens',
  'latencyMs',
  'status',
  'first',
  'last',
] as const satisfies (keyof SummaryFigures)[]

/** The groups in the order of their values, as an application gets them. */
export function summaryGroups(
  parts: readonly SummaryPart[],
  by: readonly GroupKey[],
): readonly SummaryGroup<GroupKey>[] {
  return parts.toSorted(compareParts).map(part => groupOf(part, by))
}

function compareParts(a: SummaryPart, b: SummaryPart): number {
  for (const [i, value] of a.values.entries()) {
    const difference = compareGroupValues(value, b.values[i])
    if (difference !== 0) return difference
  }
  return 0
}

function groupOf(part: SummaryPart, by: readonly GroupKey[]): SummaryGroup<GroupKey> {
  const values = by.map((key, i): [string, GroupValue] => [key, part.values[i]])
  // `fromEntries` makes own properties of keys such as __proto__. The keys are those of `by`, each with its value.
  return Object.fromEntries([...values, ...Object.entries(figuresOf(part))]) as SummaryGroup<GroupKey>
}

function figuresOf(part: SummaryPart): SummaryFigures {
  const { count, costUnknown, first, last } = part
  const cost = new ExactSum()
  for (const partial of part.costs) cost.add(partial)
  const [input = 0, output = 0, cacheRead = 0, cacheWrite = 0, reasoning = 0] = part.tokens
  return {
    count,
    costUsd: cost.value,
    costUnknown,
    tokens: { input, output, cacheRead, cacheWrite, reasoning },
    latencyMs: latencyOf(part),
    status: Object.fromEntries(
      part.statuses
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([status, n]) => [status, { count: n, share: n / count }]),
    ),
    first,
    last,
  }
}

function latencyOf({ latencies, latencyMax }: SummaryPart): SummaryLatency | null {
  if (latencies.length === 0) return null
  const [p50 = 0, p95 = 0, p99 = 0] = percentiles(latencies, [0.5, 0.95, 0.99]).map(value =>
    Math.min(value, latencyMax),
  )
  return { p50, p95, p99, max: latencyMax }
}
