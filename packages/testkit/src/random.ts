/** A seeded generator, so that failures can be reproduced. */
export interface Random {
  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number
  /** One of the items; there must be at least one. */
  pick<T>(items: readonly T[]): T
  /** True with this probability, from 0 to 1. */
  chance(probability: number): boolean
}

/** A linear congruential generator modulo 2^32 (the multiplier of Numerical Recipes), of which the high bits are used. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const fraction = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const below = (bound: number): number => Math.floor(fraction() * bound)
  return {
    below,
    pick: <T>(items: readonly T[]) => items[below(items.length)] as T, // there is at least one
    chance: probability => fraction() < probability,
  }
}
