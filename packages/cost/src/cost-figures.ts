import { usdOf } from './usd.ts'

/** Sums over calls. */
export interface CostFigures {
  /** How many calls. */
  readonly count: number
  /**
   * The sum of the costs that are known, in US dollars. Each cost is rounded to 10⁻¹² dollars when it is counted; the sum of those
   * is exact, and this is the double nearest to it.
   */
  readonly costUsd: number
  /** How many calls have an unknown cost: the sum says nothing of them. */
  readonly costUnknown: number
  /** The sum of the input that is known, with cached tokens. */
  readonly inputTokens: number
  /** The sum of the output that is known, with reasoning. */
  readonly outputTokens: number
  /** The sum of the latencies that are known, in milliseconds. */
  readonly latencyMs: number
}

/** What one call adds. What is not known is `null`. */
export interface RecordedCall {
  readonly model: string
  readonly exactCost: bigint | null
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly latencyMs: number | null
}

/** Figures that grow, with the cost summed in whole units of 10⁻¹² dollars. */
export class RunningFigures {
  /** In units of 10⁻¹² dollars. */
  exactCost = 0n
  #count = 0
  #costUnknown = 0
  #inputTokens = 0
  #outputTokens = 0
  #latencyMs = 0

  add({ exactCost, inputTokens, outputTokens, latencyMs }: RecordedCall): void {
    this.#count += 1
    if (exactCost === null) this.#costUnknown += 1
    else this.exactCost += exactCost
    this.#inputTokens += inputTokens ?? 0
    this.#outputTokens += outputTokens ?? 0
    this.#latencyMs += latencyMs ?? 0
  }

  snapshot(): CostFigures {
    return {
      count: this.#count,
      costUsd: usdOf(this.exactCost),
      costUnknown: this.#costUnknown,
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      latencyMs: this.#latencyMs,
    }
  }
}
