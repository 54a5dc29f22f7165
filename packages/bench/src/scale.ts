/** How much is measured. */
export interface Scale {
  /** Rounds that count; one more goes before, to warm up. */
  readonly rounds: number
  /** How long somebody records before it is the next one's turn, in milliseconds. */
  readonly turn: number
  /** How long the event loop is watched, in milliseconds. */
  readonly watch: number
  /** Sizes of logs, each of which is measured by itself. */
  readonly sizes: readonly number[]
  /** The size that others are compared with. */
  readonly small: number
  /** The size, one of `sizes`, at which everything is measured. */
  readonly large: number
  /** How often a query is repeated. */
  readonly queries: number
  /** How often the large log is opened, streamed, verified, counted and summed up. */
  readonly passes: number
  /** How many processes record into one log on a server. */
  readonly processes: readonly number[]
  /** How many milliseconds a round trip to the server takes longer than on this machine. */
  readonly delays: readonly number[]
}

export const FULL: Scale = {
  rounds: 5,
  turn: 400,
  watch: 3000,
  sizes: [10_000, 100_000, 1_000_000],
  small: 10_000,
  large: 1_000_000,
  queries: 300,
  passes: 2,
  processes: [1, 4, 16],
  delays: [0, 1, 5, 20],
}

/** To see whether a change helps: about two minutes. */
export const QUICK: Scale = {
  rounds: 3,
  turn: 200,
  watch: 1000,
  sizes: [10_000, 100_000],
  small: 10_000,
  large: 100_000,
  queries: 100,
  passes: 2,
  processes: [1, 4, 16],
  delays: [0, 1, 5, 20],
}

/** To see whether it works: some seconds. Its figures mean nothing. */
export const TINY: Scale = {
  rounds: 1,
  turn: 5,
  watch: 50,
  sizes: [100, 500],
  small: 100,
  large: 500,
  queries: 3,
  passes: 1,
  processes: [1, 2],
  delays: [0, 1],
}

/** The same for a server. It answers less evenly than a file, so each turn is longer; and logs are of one size alone. */
export function forServer(scale: Scale): Scale {
  return { ...scale, turn: scale.turn * 2.5, sizes: [scale.large] }
}
