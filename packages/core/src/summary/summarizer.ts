import type { EntryFields } from '../entry/fields.ts'
import { canonicalTimestamp } from '../entry/timestamp.ts'
import { figuresOf } from './entry-figures.ts'
import { Group } from './group.ts'
import {
  canonicalValue,
  type GroupKey,
  type GroupValue,
  groupValueReader,
  type ReadGroupValue,
} from './group-key.ts'
import { GroupMap } from './group-map.ts'
import type { SummaryPart } from './summary-part.ts'

/** What a summary needs to know of an entry. */
export type SummarizedFields = Pick<
  EntryFields,
  'timestamp' | 'user' | 'model' | 'costUsd' | 'latencyMs' | 'metadata'
>

/**
 * Sums up entries by group, one after the other, in memory that grows with the groups alone. A backend may run it beside
 * its rows, and its parts are merged elsewhere.
 *
 * @example
 * const summarizer = new Summarizer(['user', 'month'])
 * for (const entry of entries) summarizer.add(entry)
 * return summarizer.parts()
 */
export class Summarizer {
  readonly #readers: readonly ReadGroupValue[]
  readonly #groups = new GroupMap(values => new Slot(values))

  /** @param by see `SummaryRequest`. */
  constructor(by: readonly GroupKey[]) {
    this.#readers = by.map(groupValueReader)
    if (by.length === 0) this.#groups.get([]) // the group of all entries, also of none
  }

  /** Adds an entry. */
  add(entry: SummarizedFields): void {
    const timestamp = canonicalTimestamp(entry.timestamp)
    const { user, model, metadata } = entry
    const common = { user, model, timestamp, metadata }
    const { group } = this.#groups.get(this.#readers.map(read => read(common)))
    group.add(figuresOf(entry))
    group.span(timestamp, timestamp)
  }

  /** Adds a part of a group that was summed up elsewhere. */
  merge(part: SummaryPart): void {
    this.#groups.get(part.values).merge(part)
  }

  /** The groups so far, in no order. */
  parts(): readonly SummaryPart[] {
    return this.#groups.items.map(slot => slot.part())
  }
}

/** A group. As long as it has one part from elsewhere and nothing else, which is what most have, that part stays as it came. */
class Slot {
  readonly #values: readonly GroupValue[]
  #onlyPart: SummaryPart | undefined
  #group: Group | undefined

  constructor(values: readonly GroupValue[]) {
    this.#values = values.map(canonicalValue)
  }

  /** The group, to add entries to. */
  get group(): Group {
    if (this.#group) return this.#group
    this.#group = new Group(this.#values)
    if (this.#onlyPart) this.#group.merge(this.#onlyPart)
    this.#onlyPart = undefined
    return this.#group
  }

  merge(part: SummaryPart): void {
    if (this.#group || this.#onlyPart) this.group.merge(part)
    else this.#onlyPart = part
  }

  part(): SummaryPart {
    return this.#onlyPart ?? this.group.part()
  }
}
