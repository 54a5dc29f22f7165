import type { EntryFields } from '../entry/fields.ts'
import type { JsonObject } from '../entry/json.ts'
import { canonicalTimestamp } from '../entry/timestamp.ts'
import { ExactSum } from './exact-sum.ts'
import {
  type GroupKey,
  type GroupValue,
  groupIdentity,
  groupValueReader,
  type ReadGroupValue,
} from './group-key.ts'
import { LatencySketch } from './latency-sketch.ts'
import { STATUS_KEY, type SummaryPart, TOKEN_KEYS } from './summary-part.ts'

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
    this.#group(this.#readers.map(read => read(common))).add(entry, timestamp)
  }

  /** Adds a part of a group that was summed up elsewhere. */
  merge(part: SummaryPart): void {
    this.#group(part.values).merge(part)
  }

  /** The groups so far, in no order. */
  parts(): readonly SummaryPart[] {
    return Array.from(this.#groups.values(), group => group.part())
  }

  #group(values: readonly GroupValue[]): Group {
    const identity = groupIdentity(values)
    const known = this.#groups.get(identity)
    if (known) return known
    const group = new Group(values)
    this.#groups.set(identity, group)
    return group
  }
}

/** The entries of one group, summed up. */
class Group {
  readonly #values: readonly GroupValue[]
  readonly #cost = new ExactSum()
  readonly #tokens = TOKEN_KEYS.map(() => 0)
  readonly #latency = new LatencySketch()
  readonly #statuses = new Map<string, number>()
  #count = 0
  #costUnknown = 0
  #latencyMax = 0
  #first: string | null = null
  #last: string | null = null

  constructor(values: readonly GroupValue[]) {
    this.#values = values
  }

  add({ costUsd, latencyMs, metadata }: SummarizedFields, timestamp: string): void {
    this.#count++
    if (costUsd === null) this.#costUnknown++
    else this.#cost.add(costUsd)
    if (latencyMs !== null) {
      this.#latency.add(latencyMs)
      this.#latencyMax = Math.max(this.#latencyMax, latencyMs)
    }
    this.#addMetadata(metadata)
    this.#span(timestamp, timestamp)
  }

  merge(part: SummaryPart): void {
    this.#count += part.count
    this.#costUnknown += part.costUnknown
    for (const cost of part.costs) this.#cost.add(cost)
    part.tokens.forEach((tokens, i) => {
      this.#addTokens(i, tokens)
    })
    for (const [bin, count] of part.latencies) this.#latency.addBin(bin, count)
    this.#latencyMax = Math.max(this.#latencyMax, part.latencyMax)
    for (const [status, count] of part.statuses) this.#addStatus(status, count)
    this.#span(part.first, part.last)
  }

  part(): SummaryPart {
    return {
      values: this.#values,
      count: this.#count,
      costs: [...this.#cost.partials],
      costUnknown: this.#costUnknown,
      tokens: [...this.#tokens],
      latencies: this.#latency.bins,
      latencyMax: this.#latencyMax,
      statuses: [...this.#statuses],
      first: this.#first,
      last: this.#last,
    }
  }

  #addMetadata(metadata: JsonObject): void {
    TOKEN_KEYS.forEach((key, i) => {
      const tokens = Object.hasOwn(metadata, key) ? metadata[key] : undefined
      if (typeof tokens === 'number' && Number.isSafeInteger(tokens) && tokens > 0) this.#addTokens(i, tokens)
    })
    const status = Object.hasOwn(metadata, STATUS_KEY) ? metadata[STATUS_KEY] : undefined
    if (typeof status === 'string') this.#addStatus(status, 1)
  }

  #addTokens(i: number, tokens: number): void {
    this.#tokens[i] = (this.#tokens[i] ?? 0) + tokens
  }

  #addStatus(status: string, count: number): void {
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + count)
  }

  #span(first: string | null, last: string | null): void {
    if (first !== null && (this.#first === null || first < this.#first)) this.#first = first
    if (last !== null && (this.#last === null || last > this.#last)) this.#last = last
  }
}
