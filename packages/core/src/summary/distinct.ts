import type { JsonValue } from '../entry/json.ts'
import { compareGroupValues } from './group-key.ts'
import type { SummaryPart } from './summary-part.ts'

/** A value that occurs, and how many entries have it. */
export interface DistinctValue {
  readonly value: JsonValue
  readonly count: number
}

/** The values of parts by one key, the most frequent first, then in the order of the values. */
export function distinctValues(parts: readonly SummaryPart[]): readonly DistinctValue[] {
  return parts
    .flatMap(({ values: [value], count }) => (value === undefined ? [] : [{ value, count }]))
    .toSorted((a, b) => b.count - a.count || compareGroupValues(a.value, b.value))
}
