/** Several values of the same thing, one a round. */
export interface Summary {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** All that was measured, by name. */
export class Measurements {
  readonly #samples = new Map<string, number[]>()

  /** Adds the value of the next round. */
  add(name: string, value: number): void {
    const samples = this.#samples.get(name)
    if (samples) samples.push(value)
    else this.#samples.set(name, [value])
  }

  /** Whether this was measured at all. */
  has(name: string): boolean {
    return this.#samples.has(name)
  }

  /** All names, in the order in which they were first measured. */
  names(): readonly string[] {
    return [...this.#samples.keys()]
  }

  summary(name: string): Summary {
    return summarize(this.#of(name))
  }

  /** How often `b` goes into `a`, compared round by round: what slows a round down slows down both. */
  ratio(a: string, b: string): Summary {
    const others = this.#of(b)
    return summarize(this.#of(a).map((value, round) => value / (others[round] ?? Number.NaN)))
  }

  /** How much `a` is above `b`, round by round. */
  difference(a: string, b: string): Summary {
    const others = this.#of(b)
    return summarize(this.#of(a).map((value, round) => value - (others[round] ?? Number.NaN)))
  }

  /** The largest of several. */
  worst(names: readonly string[]): Summary {
    const summaries = names.map(name => this.summary(name))
    const [worst] = summaries.sort((a, b) => b.median - a.median)
    if (!worst) throw new Error('nothing to compare')
    return worst
  }

  #of(name: string): readonly number[] {
    const samples = this.#samples.get(name)
    if (!samples) throw new Error(`${name} was not measured`)
    return samples
  }
}

/** Median, lowest and highest. */
export function summarize(values: readonly number[]): Summary {
  return { median: quantile(values, 0.5), low: Math.min(...values), high: Math.max(...values) }
}

/** The value below which this share of the values lies; of an even number of values, between the two in the middle. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)] ?? Number.NaN
  const above = sorted[Math.ceil(position)] ?? Number.NaN
  return below + (above - below) * (position - Math.floor(position))
}
