/**
 * Adds up doubles without rounding, so that the order in which they come, and the parts in which they are added up, change
 * nothing (Shewchuk, "Adaptive precision floating-point arithmetic", 1997; Python's `math.fsum`).
 */
export class ExactSum {
  /** Doubles that do not overlap, the smallest first: their mathematical sum is the sum. */
  readonly #partials: number[] = []

  /** Adds a finite number. */
  add(value: number): void {
    const partials = this.#partials
    const count = partials.length
    let high = value
    let kept = 0
    for (let i = 0; i < count; i++) {
      const partial = partials[i] ?? 0
      const isLarger = Math.abs(high) < Math.abs(partial)
      const larger = isLarger ? partial : high
      const smaller = isLarger ? high : partial
      high = larger + smaller
      const low = Number.isFinite(high) ? smaller - (high - larger) : 0 // beyond the largest double there is nothing
      if (low !== 0) partials[kept++] = low
    }
    partials[kept++] = high
    if (kept < count) partials.length = kept
  }

  /** Numbers with the same sum, a few at most: what another `ExactSum` adds to take this one in. */
  get partials(): readonly number[] {
    return this.#partials
  }

  /** The sum, rounded once. */
  get value(): number {
    return roundedSum(this.#partials)
  }
}

/** The double nearest to the sum of doubles that do not overlap, the smallest first; ties go to the even one. */
function roundedSum(partials: readonly number[]): number {
  let position = partials.length - 1
  let high = partials[position] ?? 0
  let low = 0
  while (low === 0 && --position >= 0) {
    const partial = partials[position] ?? 0
    const sum = high + partial
    low = partial - (sum - high)
    high = sum
  }
  // Half a unit in the last place was rounded to even; what lies below it may say otherwise.
  const next = partials[position - 1] ?? 0
  if (low !== 0 && Math.sign(low) === Math.sign(next)) {
    const doubled = low * 2
    const sum = high + doubled
    if (sum - high === doubled) return sum
  }
  return high
}
