/** A bin of a `LatencySketch`, and how many values fell into it. */
export type SketchBin = readonly [bin: number, count: number]

/** Values differ from what stands for their bin by at most this share. */
const ACCURACY = 0.005
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
const LOG_GAMMA = Math.log(GAMMA)
/** The bin of everything from 0 up to a nanosecond, in milliseconds. */
const ZERO_BIN = -1_000_000
const SMALLEST = 1e-6

/** A slot without a bin: no bin is so low. */
const FREE = -(2 ** 30)
const FIRST_SLOTS = 8

/**
 * Percentiles of values that are not kept, each within 0.5 % (DDSketch: Masson, Rim and Lee, VLDB 2019). Sketches of parts
 * add up to the sketch of the whole.
 */
export class LatencySketch {
  /**
   * A hash table with open addressing, at most three quarters full: a bin at each even position, its count behind it. A
   * summary has a sketch for each group, and a Map takes three times as long.
   */
  #slots: number[] = newSlots(FIRST_SLOTS)
  #used = 0

  /** Adds a value that is finite and not negative. */
  add(value: number): void {
    this.addBin(value < SMALLEST ? ZERO_BIN : Math.ceil(Math.log(value) / LOG_GAMMA), 1)
  }

  /** Adds a bin of another sketch. */
  addBin(bin: number, count: number): void {
    const position = this.#positionOf(bin)
    const isNew = this.#slots[position] === FREE
    this.#slots[position] = bin
    this.#slots[position + 1] = (this.#slots[position + 1] ?? 0) + count
    if (isNew && ++this.#used * 8 > this.#slots.length * 3) this.#grow()
  }

  /** The bins that are not empty, in no order. */
  get bins(): readonly SketchBin[] {
    const bins: SketchBin[] = []
    for (let i = 0; i < this.#slots.length; i += 2) {
      const bin = this.#slots[i] ?? FREE
      if (bin !== FREE) bins.push([bin, this.#slots[i + 1] ?? 0])
    }
    return bins
  }

  /** The position of a bin, or of the free slot where it belongs. */
  #positionOf(bin: number): number {
    const mask = this.#slots.length - 1
    let position = (Math.imul(bin, 0x9e37_79b1) >>> 8) & mask & ~1
    while (this.#slots[position] !== bin && this.#slots[position] !== FREE) position = (position + 2) & mask
    return position
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = newSlots(before.length) // twice as many, since each takes two positions
    for (let i = 0; i < before.length; i += 2) {
      const bin = before[i] ?? FREE
      if (bin === FREE) continue
      const position = this.#positionOf(bin)
      this.#slots[position] = bin
      this.#slots[position + 1] = before[i + 1] ?? 0
    }
  }
}

/**
 * Values at shares of the order of all values in some bins, by the nearest rank: the smallest value that at least this share
 * does not exceed. A bin may occur more than once.
 *
 * @param shares from 0 to 1, ascending.
 */
export function percentiles(bins: readonly SketchBin[], shares: readonly number[]): readonly number[] {
  const sorted = bins.toSorted(([a], [b]) => a - b)
  const total = bins.reduce((sum, [, count]) => sum + count, 0)
  let [position, passed] = [0, 0]
  return shares.map(share => {
    const rank = Math.max(1, Math.ceil(share * total))
    while (position < sorted.length && passed + (sorted[position]?.[1] ?? 0) < rank)
      passed += sorted[position++]?.[1] ?? 0
    return valueFor(sorted[position]?.[0] ?? ZERO_BIN)
  })
}

function newSlots(slots: number): number[] {
  const made = new Array<number>(slots * 2).fill(0)
  for (let i = 0; i < made.length; i += 2) made[i] = FREE
  return made
}

/** What stands for all values of a bin. */
function valueFor(bin: number): number {
  return bin === ZERO_BIN ? 0 : GAMMA ** bin * (2 / (GAMMA + 1))
}
