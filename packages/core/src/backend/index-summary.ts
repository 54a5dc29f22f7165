import { formatTimestamp } from '../entry/timestamp.ts'
import type { EntryFigures } from '../summary/entry-figures.ts'
import { Group } from '../summary/group.ts'
import type { GroupValue } from '../summary/group-key.ts'
import type { SummaryPart } from '../summary/summary-part.ts'
import type { FigureColumns } from './figure-columns.ts'
import type { GroupColumn } from './group-column.ts'

/** So many entries are summed up in a few milliseconds. */
const STEP_ENTRIES = 16_384

/** What an `IndexSummary` sums up. */
export interface IndexSummarySource {
  /** The entries, in the order of time. */
  readonly indexes: Iterator<number, void, undefined>
  /** What they are grouped by. */
  readonly columns: readonly GroupColumn[]
  /** The time of an entry, in milliseconds. */
  readonly timeOf: (index: number) => number
  /** Whether nothing but the number of entries is wanted. */
  readonly countsOnly: boolean
  readonly figures: FigureColumns
  /** Reads the figures of an entry from the store, where the columns do not hold them. */
  readonly load: (index: number) => EntryFigures
}

/** A group, and the times of its oldest and its newest entry. */
interface TimedGroup {
  readonly group: Group
  first: number
  last: number
}

/**
 * A summary that is made from an index, a step at a time, so that other calls get a turn in between.
 *
 * @example
 * while (summary.advance()) await nextTurn()
 * return summary.parts()
 */
export class IndexSummary {
  readonly #source: IndexSummarySource
  readonly #combinations: readonly Combinations[]
  /** By the number of the combination of values. */
  readonly #groups: TimedGroup[] = []

  constructor(source: IndexSummarySource) {
    this.#source = source
    this.#combinations = source.columns.map(() => new Combinations())
    if (source.columns.length === 0) this.#groups.push(groupOf([])) // the group of all entries, also of none
  }

  /** Adds up the next entries, which takes a few milliseconds. Returns whether there may be more. */
  advance(): boolean {
    const { indexes, figures, load, countsOnly } = this.#source
    for (let i = 0; i < STEP_ENTRIES; i++) {
      const next = indexes.next()
      if (next.done === true) return false
      const timed = this.#groupOf(next.value)
      if (countsOnly) {
        timed.group.addCount(1)
        continue
      }
      this.#addTime(timed, next.value)
      if (figures.addTo(timed.group, next.value)) continue
      timed.group.add(load(next.value))
      return true // reading it took its time
    }
    return true
  }

  /** The groups so far, in no order. */
  parts(): readonly SummaryPart[] {
    return this.#groups.map(({ group, first, last }) => {
      if (first <= last) group.span(formatTimestamp(first), formatTimestamp(last))
      return group.part()
    })
  }

  #groupOf(index: number): TimedGroup {
    const { columns } = this.#source
    let number = 0
    for (let level = 0; level < columns.length; level++) {
      const value = columns[level]?.idAt(index) ?? 0
      number = this.#combinations[level]?.numberOf(number, value) ?? 0
    }
    const known = this.#groups[number]
    if (known) return known
    const group = groupOf(columns.map(column => column.valueWith(column.idAt(index))))
    this.#groups[number] = group
    return group
  }

  #addTime(timed: TimedGroup, index: number): void {
    const time = this.#source.timeOf(index)
    if (time < timed.first) timed.first = time
    if (time > timed.last) timed.last = time
  }
}

function groupOf(values: readonly GroupValue[]): TimedGroup {
  return { group: new Group(values), first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY }
}

/** Numbers the combinations that occur: of the combination so far, and of the value of the next column. */
class Combinations {
  /** By the number of the combination so far, then by that of the value. */
  readonly #numbers: number[][] = []
  #count = 0

  numberOf(previous: number, value: number): number {
    const numbers = this.#numbers[previous] ?? []
    this.#numbers[previous] = numbers
    const known = numbers[value]
    if (known !== undefined) return known
    numbers[value] = this.#count
    return this.#count++
  }
}
