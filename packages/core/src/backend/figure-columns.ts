import type { EntryFigures } from '../summary/entry-figures.ts'
import type { Group } from '../summary/group.ts'
import { TOKEN_KEYS } from '../summary/summary-part.ts'
import { Column } from './column.ts'

/** A longer status is not held. */
const MAX_STATUS_LENGTH = 256
/** In the place of a status: the figures of this entry are not held. */
const NOT_HELD = 0xffff_ffff

/**
 * What summaries need of each entry: 16 bytes per entry for cost and latency, and 4 more for the status and for each kind of
 * tokens, if any entry has them.
 */
export class FigureColumns {
  readonly #costs = new Column(new Float64Array())
  readonly #latencies = new Column(new Float64Array())
  readonly #tokens = TOKEN_KEYS.map(() => new Column(new Uint32Array()))
  /** Positions in `#statusTexts`, and 0 for none. */
  readonly #statuses = new Column(new Uint32Array())
  readonly #statusTexts: (string | undefined)[] = [undefined]
  readonly #statusIds = new Map<string, number>()
  /** The kinds of tokens that any entry has. */
  readonly #usedKinds: number[] = []

  /** Sets the figures of an entry. */
  set(index: number, { costUsd, latencyMs, tokens, status }: EntryFigures): void {
    this.#costs.set(index, costUsd ?? Number.NaN)
    this.#latencies.set(index, latencyMs ?? Number.NaN)
    const statusId = status === undefined ? 0 : this.#statusIdOf(status)
    if (statusId === undefined) {
      this.#statuses.set(index, NOT_HELD)
      return
    }
    if (statusId > 0) this.#statuses.set(index, statusId)
    for (let kind = 0; kind < tokens.length; kind++) {
      const count = tokens[kind] ?? 0
      if (count === 0) continue
      this.#tokens[kind]?.set(index, count)
      if (!this.#usedKinds.includes(kind)) this.#usedKinds.push(kind)
    }
  }

  /**
   * Adds an entry to a group, except for its time. Returns `false`, and adds nothing, if its figures are unusual, and must be
   * read from the entry.
   */
  addTo(group: Group, index: number): boolean {
    const statusId = this.#statuses.at(index)
    if (statusId === NOT_HELD) return false
    const costUsd = this.#costs.at(index)
    const latencyMs = this.#latencies.at(index)
    group.addCount(1)
    group.addCost(Number.isNaN(costUsd) ? null : costUsd)
    group.addLatency(Number.isNaN(latencyMs) ? null : latencyMs)
    for (const kind of this.#usedKinds) group.addTokens(kind, this.#tokens[kind]?.at(index) ?? 0)
    group.addStatus(this.#statusTexts[statusId], 1)
    return true
  }

  #statusIdOf(status: string): number | undefined {
    const known = this.#statusIds.get(status)
    if (known !== undefined) return known
    if (status.length > MAX_STATUS_LENGTH) return undefined
    const id = this.#statusTexts.push(status) - 1
    this.#statusIds.set(status, id)
    return id
  }
}
