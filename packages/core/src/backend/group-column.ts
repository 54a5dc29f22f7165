import { formatTimestamp } from '../entry/timestamp.ts'
import { type GroupKey, type GroupValue, groupValueReader } from '../summary/group-key.ts'
import { NO_VALUE, type ValueIndex } from './value-index.ts'

/** What a summary groups by, with a number for each value. */
export interface GroupColumn {
  /** The number of the value of an entry. */
  readonly idAt: (index: number) => number
  /** The value that a number stands for. */
  readonly valueWith: (id: number) => GroupValue
}

/**
 * Groups by the values of an index.
 *
 * @param parse makes a value from its text. @param load reads the value of an entry, where it is too long to be held.
 */
export function valueColumn(
  values: ValueIndex,
  parse: (text: string) => GroupValue,
  load: (index: number) => GroupValue,
): GroupColumn {
  return {
    idAt: index => values.at(index),
    valueWith: id => {
      if (id === NO_VALUE) return undefined
      const text = values.textOf(id)
      return text === undefined ? load(values.firstWith(id)) : parse(text)
    },
  }
}

const HOUR_MS = 3_600_000

/**
 * Groups by the month, the day or the hour. Entries that follow each other in time mostly share it, so it is worked out once
 * for them.
 */
export function timeColumn(key: GroupKey, timeOf: (index: number) => number): GroupColumn {
  const read = groupValueReader(key)
  const ids = new Map<GroupValue, number>()
  const texts: GroupValue[] = []
  let hour = Number.NaN
  let id = 0
  return {
    idAt: index => {
      const time = timeOf(index)
      if (Math.floor(time / HOUR_MS) === hour) return id
      hour = Math.floor(time / HOUR_MS)
      const text = read({ timestamp: formatTimestamp(time), user: '', model: '', metadata: {} })
      id = ids.get(text) ?? texts.push(text) - 1
      ids.set(text, id)
      return id
    },
    valueWith: of => texts[of],
  }
}
