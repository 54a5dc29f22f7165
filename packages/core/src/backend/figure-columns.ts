import { type EntryFigures, NO_TOKENS } from '../summary/entry-figures.ts'
import { TOKEN_KEYS } from '../summary/summary-part.ts'
import { Column } from './column.ts'

const MAX_TOKENS = 0xffff_ffff
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
  #hasTokens = false

  /** Sets the figures of an entry. */
  set(index: number, { costUsd, latencyMs, tokens, status }: EntryFigures): void {
    this.#costs.set(index, costUsd ?? Number.NaN)
    this.#latencies.set(index, latencyMs ?? Number.NaN)
    const statusId = status === undefined ? 0 : this.#statusIdOf(status)
    if (statusId === undefined || tokens.some(count => count > MAX_TOKENS)) {
      this.#statuses.set(index, NOT_HELD)
      return
    }
    if (statusId > 0) this.#statuses.set(index, statusId)
    this.#hasTokens ||= tokens.length > 0
    for (const [i, count] of tokens.entries()) if (count > 0) this.#tokens[i]?.set(index, count)
  }

  /** The figures of an entry; `undefined` if they are unusual, and must be read from the entry. */
  at(index: number): EntryFigures | undefined {
    const statusId = this.#statuses.at(index)
    if (statusId === NOT_HELD) return undefined
    const costUsd = this.#costs.at(index)
    const latencyMs = this.#latencies.at(index)
    return {
      costUsd: Number.isNaN(costUsd) ? null : costUsd,
      latencyMs: Number.isNaN(latencyMs) ? null : latencyMs,
      tokens: this.#hasTokens ? this.#tokens.map(column => column.at(index)) : NO_TOKENS,
      status: this.#statusTexts[statusId],
    }
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
