import type { EntryFigures } from './entry-figures.ts'
import { ExactSum } from './exact-sum.ts'
import type { GroupValue } from './group-key.ts'
import { LatencySketch } from './latency-sketch.ts'
import { type SummaryPart, TOKEN_KEYS } from './summary-part.ts'

/** The entries of one group, summed up. */
export class Group {
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

  /** @param values what the entries have in common. */
  constructor(values: readonly GroupValue[]) {
    this.#values = values
  }

  /** Adds an entry, except for its time. */
  add({ costUsd, latencyMs, tokens, status }: EntryFigures): void {
    this.addCount(1)
    this.addCost(costUsd)
    this.addLatency(latencyMs)
    for (const [kind, count] of tokens.entries()) this.addTokens(kind, count)
    this.addStatus(status, 1)
  }

  /** Adds a number of entries. What else is known of them is added by the other methods. */
  addCount(count: number): void {
    this.#count += count
  }

  /** Adds the cost of an entry, in US dollars; `null` when unknown. */
  addCost(costUsd: number | null): void {
    if (costUsd === null) this.#costUnknown++
    else this.#cost.add(costUsd)
  }

  /** Adds the latency of an entry, in milliseconds; `null` when unknown. */
  addLatency(latencyMs: number | null): void {
    if (latencyMs === null) return
    this.#latency.add(latencyMs)
    if (latencyMs > this.#latencyMax) this.#latencyMax = latencyMs
  }

  /** Adds tokens, of a kind that is a position in `TOKEN_KEYS`. */
  addTokens(kind: number, count: number): void {
    this.#tokens[kind] = (this.#tokens[kind] ?? 0) + count
  }

  /** Adds entries with this `audit.status`; `undefined` if they have none. */
  addStatus(status: string | undefined, count: number): void {
    if (status !== undefined) this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + count)
  }

  /** Adds the oldest and the newest of some entries, as canonical timestamps; `null` where there is none. */
  span(first: string | null, last: string | null): void {
    if (first !== null && (this.#first === null || first < this.#first)) this.#first = first
    if (last !== null && (this.#last === null || last > this.#last)) this.#last = last
  }

  /** Adds a part of the group that was summed up elsewhere. */
  merge(part: SummaryPart): void {
    this.#count += part.count
    this.#costUnknown += part.costUnknown
    for (const cost of part.costs) this.#cost.add(cost)
    for (const [kind, count] of part.tokens.entries()) this.addTokens(kind, count)
    for (const [bin, count] of part.latencies) this.#latency.addBin(bin, count)
    this.#latencyMax = Math.max(this.#latencyMax, part.latencyMax)
    for (const [status, count] of part.statuses) this.addStatus(status, count)
    this.span(part.first, part.last)
  }

  /** What is known of the group so far. */
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
}
