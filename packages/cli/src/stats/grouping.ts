import { CommandError } from '../command-error.ts'
import { SESSION_KEY, STATUS_KEY } from '../filters/filter-options.ts'

/** What entries are grouped by. */
export interface Grouping {
  /** As `--by` names it: the heading of a column. */
  readonly name: string
  /** What the log calls it, and JSON. */
  readonly key: string
}

const TIMES = ['day', 'month', 'hour']
/** What `--by` takes besides keys of the metadata. */
export const GROUPING_NAMES = ['model', 'user', ...TIMES, 'status', 'session']

/**
 * Reads `--by`: `user`, `model`, `day`, `month`, `hour`, `status`, `session`, or keys of the metadata.
 *
 * @throws CommandError for an empty name, and one that is given twice.
 */
export function groupingsOf(by: string, sessionKey = SESSION_KEY): readonly Grouping[] {
  const names = by.split(',').map(name => name.trim())
  if (names.includes('')) throw new CommandError(`--by takes names, such as model or user,day, not ${by}`)
  const groupings = names.map(name => ({ name, key: keyOf(name, sessionKey) }))
  const keys = groupings.map(({ key }) => key)
  const twice = groupings.find(({ key }, i) => keys.indexOf(key) !== i)
  if (twice) throw new CommandError(`--by names ${twice.name} twice; leave one out`)
  return groupings
}

/** What each entry has: anything else is a key of the metadata, which may be mistyped. */
const OF_EACH_ENTRY = ['user', 'model', ...TIMES]

/** Whether groups have an order of their own, that of their values, because one of them is a time. */
export function isByTime(groupings: readonly Grouping[]): boolean {
  return groupings.some(({ key }) => TIMES.includes(key))
}

/** The groupings by a key of the metadata that no entry has. */
export function unknownGroupings(
  groupings: readonly Grouping[],
  groups: readonly { readonly values: readonly unknown[] }[],
): readonly Grouping[] {
  if (groups.length === 0) return []
  return groupings.filter(
    ({ key }, i) => !OF_EACH_ENTRY.includes(key) && groups.every(({ values }) => values[i] === undefined),
  )
}

function keyOf(name: string, sessionKey: string): string {
  if (name === 'status') return STATUS_KEY
  return name === 'session' ? sessionKey : name
}
