import type { Offer, Place } from './place.ts'

/** One promise of the backend contract, and the code that tries to catch a backend breaking it. */
export interface Case {
  /** Stable, `<area>.<promise>`: `find.since-inclusive`. */
  readonly id: string
  /** The promise, as a sentence. */
  readonly title: string
  /** What the backend must claim in `supports`, or offer, for the promise to apply. Default: nothing. */
  readonly needs?: readonly (keyof Offer)[]
  /** Multiplies the usual time-out, for a case that moves much data. Default: 1. */
  readonly timeoutFactor?: number
  /** Rejects if the promise is broken. `place` is new and empty, and is removed afterwards. */
  readonly run: (place: Place) => Promise<void>
}

/** Cases that belong together: one file in `cases/`. */
export interface Area {
  readonly name: string
  readonly cases: readonly Case[]
}
