import { textOf } from '../entry/fields.ts'
import { describe, quote } from '../entry/json.ts'
import { ownFields } from '../options.ts'
import {
  type CheckedQuery,
  FILTER_KEYS,
  type Filter,
  invalidQuery,
  oldestFirst,
  readable,
  signalOf,
} from '../query/query.ts'
import { type GroupKey, OWN_GROUP_KEYS } from './group-key.ts'
import { FIGURES } from './summary.ts'

/** What `log.summarize` takes: which entries, and what they are grouped by. */
export interface SummaryOptions<Key extends GroupKey = GroupKey> extends Filter {
  /**
   * `user`, `model`, `day`, `month`, `hour` (UTC), and keys of the metadata. One group for each combination of values that
   * occurs. Default: none, and then all entries are one group. A key of the metadata that has the name of a figure, such as
   * `count`, is an error; one that is called `user`, `model`, `day`, `month` or `hour` cannot be grouped by.
   */
  readonly by?: readonly Key[] | undefined
  /** Stops it: the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** What `log.distinct` takes besides the key: which entries. */
export type DistinctOptions = Omit<SummaryOptions, 'by'>

/** What `log.summarize` takes, checked. */
export interface CheckedSummary extends CheckedQuery {
  readonly by: readonly GroupKey[]
}

/** Checks and normalises what `summarize` takes. Throws AuditError `AUDIT_INVALID_QUERY`. */
export function summaryOf(options: SummaryOptions): CheckedSummary {
  return readable(() => {
    const { by, signal, ...filters } = ownFields(options, [...FILTER_KEYS, 'by', 'signal'], invalidQuery)
    return {
      selection: oldestFirst(filters),
      signal: signalOf(signal),
      by: by === undefined ? [] : groupKeysOf(by),
    }
  })
}

/** What `distinct` takes, checked. Throws AuditError `AUDIT_INVALID_QUERY`. */
export function distinctOf(key: GroupKey, options: DistinctOptions): CheckedSummary {
  return readable(() => {
    if (typeof key !== 'string') {
      throw invalidQuery(
        `distinct takes ${OWN_GROUP_KEYS.join(', ')}, or a key of the metadata, not ${describe(key)}`,
      )
    }
    const { signal, ...filters } = ownFields(options, [...FILTER_KEYS, 'signal'], invalidQuery)
    return {
      selection: oldestFirst(filters),
      signal: signalOf(signal),
      by: [textOf('key', key, invalidQuery)],
    }
  })
}

/** Not empty, each once. A figure of the same name would hide a group's value. */
function groupKeysOf(value: unknown): readonly GroupKey[] {
  if (!Array.isArray(value) || !value.every(key => typeof key === 'string')) {
    throw invalidQuery(`by must be an array of ${OWN_GROUP_KEYS.join(', ')} and keys of the metadata`)
  }
  const keys = value.map(key => textOf('by', key, invalidQuery))
  const twice = keys.find((key, i) => keys.indexOf(key) !== i)
  if (twice !== undefined) throw invalidQuery(`by names ${quote(twice)} twice`)
  const figure = keys.find(key => FIGURES.some(name => name === key))
  if (figure !== undefined)
    throw invalidQuery(`by cannot name ${quote(figure)}: each group has a figure of that name`)
  return keys
}
