import type { EntryFields } from '../entry/fields.ts'
import { canonicalTimestamp } from '../entry/timestamp.ts'
import { figuresOf } from './entry-figures.ts'
import { Group } from './group.ts'
import {
  type GroupKey,
  type GroupValue,
  groupIdentity,
  groupValueReader,
  type ReadGroupValue,
} from './group-key.ts'
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
  readonly #groups = new Map<string, Group>()
  /** Parts of which their group has no other yet, as they came: most groups have one part. */
  readonly #onlyParts = new Map<string, SummaryPart>()

  /** @param by see `SummaryRequest`. */
  constructor(by: readonly GroupKey[]) {
    this.#readers = by.map(groupValueReader)
    if (by.length === 0) this.#group([]) // the group of all entries, also of none
  }

  /** Adds an entry. */
  add(entry: SummarizedFields): void {
    const timestamp = canonicalTimestamp(entry.timestamp)
    const { user, model, metadata } = entry
    const common = { user, model, timestamp, metadata }
    const group = this.#group(this.#readers.map(read => read(common)))
    group.add(figuresOf(entry))
    group.span(timestamp, timestamp)
  }

  /** Adds a part of a group that was summed up elsewhere. */
  merge(part: SummaryPart): void {
    const identity = groupIdentity(part.values)
    if (this.#groups.has(identity) || this.#onlyParts.has(identity)) this.#group(part.values).merge(part)
    else this.#onlyParts.set(identity, part)
  }

  /** The groups so far, in no order. */
  parts(): readonly SummaryPart[] {
    return [...this.#onlyParts.values(), ...Array.from(this.#groups.values(), group => group.part())]
  }

  #group(values: readonly GroupValue[]): Group {
    const identity = groupIdentity(values)
    const known = this.#groups.get(identity)
    if (known) return known
    const group = new Group(values)
    const only = this.#onlyParts.get(identity)
    if (only) group.merge(only)
    this.#onlyParts.delete(identity)
    this.#groups.set(identity, group)
    return group
  }
}
