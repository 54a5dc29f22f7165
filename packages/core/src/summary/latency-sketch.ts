/** A bin of a `LatencySketch`, and how many values fell into it. */
export type SketchBin = readonly [bin: number, count: number]

/** Values differ from what stands for their bin by at most this share. */
const ACCURACY = 0.005
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
const LOG_GAMMA = Math.log(GAMMA)
/** The bin of everything from 0 up to a nanosecond, in milliseconds. */
const ZERO_BIN = -1_000_000
const SMALLEST = 1e-6

/**
 * Percentiles of values that are not kept, each within 0.5 % (DDSketch: Masson, Rim and Lee, VLDB 2019). Sketches of parts
 * add up to the sketch of the whole.
 */
export class LatencySketch {
  readonly #bins = new Map<number, number>()
  #count = 0

  /** Adds a value that is finite and not negative. */
  add(value: number): void {
    this.addBin(value < SMALLEST ? ZERO_BIN : Math.ceil(Math.log(value) / LOG_GAMMA), 1)
  }

  /** Adds a bin of another sketch. */
  addBin(bin: number, count: number): void {
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + count)
    this.#count += count
  }

  /** How many values were added. */
  get count(): number {
    return this.#count
  }

  /** The bins that are not empty, in no order. */
  get bins(): readonly SketchBin[] {
    return [...this.#bins]
  }

  /**
   * Values at shares of the order, by the nearest rank: the smallest value that at least this share does not exceed.
   *
   * @param shares from 0 to 1, ascending.
   */
  percentiles(shares: readonly number[]): readonly number[] {
    const bins = this.bins.toSorted(([a], [b]) => a - b)
    let [position, passed] = [0, 0]
    return shares.map(share => {
      const rank = Math.max(1, Math.ceil(share * this.#count))
      while (position < bins.length && passed + (bins[position]?.[1] ?? 0) < rank)
        passed += bins[position++]?.[1] ?? 0
      return valueFor(bins[position]?.[0] ?? ZERO_BIN)
    })
  }
}

/** What stands for all values of a bin. */
function valueFor(bin: number): number {
  return bin === ZERO_BIN ? 0 : (2 * GAMMA ** bin) / (GAMMA + 1)
}
