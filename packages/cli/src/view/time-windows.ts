import type { AuditLog, Filter, Query } from '@audit/core'
import type { Position } from './position.ts'

/** How long the first window is, in milliseconds. */
const FIRST_MS = 3_600_000
/** A window that took longer, in milliseconds of work, is followed by a shorter one. */
const LONG = 100
/** One that took less is followed by a longer one. */
const SHORT = 25

/** A window of time in a log. */
export interface TimeWindow {
  /** The entries in it that match the filter, behind those of the windows before. */
  readonly query: Query
  /** Where the next window begins; `undefined` if this is the last. */
  readonly end: Position | undefined
}

type Place = Required<Pick<Query, 'order' | 'after' | 'signal'>>

/** Goes through a log in its order of time, in windows that each take a moment to look through. */
export class TimeWindows {
  readonly #filter: Filter
  readonly #place: Place
  /** Where the next window begins, and where the last one ends. */
  #from: number
  readonly #to: number
  #after: Position | undefined
  #width = FIRST_MS
  #startedAt: number | undefined

  private constructor(filter: Filter, place: Place, from: number, to: number) {
    this.#filter = filter
    this.#place = place
    this.#from = from
    this.#to = to
    this.#after = place.after
  }

  /** @param place the order, and the entry behind which to begin. */
  static async begin(log: AuditLog, filter: Filter, place: Place): Promise<TimeWindows> {
    const [oldest, newest] = await Promise.all([
      log.query({ limit: 1, order: 'asc' }),
      log.query({ limit: 1, order: 'desc' }),
    ])
    const first = Math.max(timeOf(oldest[0]?.timestamp, Number.NaN), timeOf(filter.since, -Infinity))
    const last = Math.min(timeOf(newest[0]?.timestamp, Number.NaN), timeOf(filter.until, Infinity))
    const start = place.order === 'asc' ? first : last
    const from = place.after ? timeOf(place.after.timestamp, start) : start
    return new TimeWindows(filter, place, from, place.order === 'asc' ? last : first)
  }

  /** The next window; `undefined` if there is none, as in an empty log. */
  next(): TimeWindow | undefined {
    this.#adapt()
    const isForwards = this.#place.order === 'asc'
    const isOver = isForwards ? !(this.#from <= this.#to) : !(this.#from >= this.#to)
    if (isOver) return undefined
    const edge = isForwards ? this.#from + this.#width : this.#from - this.#width
    const bound = isForwards ? Math.min(edge, this.#to) : Math.max(edge, this.#to)
    const isLast = bound === this.#to
    const query: Query = {
      ...this.#filter,
      ...this.#place,
      after: this.#after,
      ...(isForwards ? { until: new Date(bound) } : { since: new Date(bound) }),
    }
    // Behind all entries of that instant, in this order.
    const end = { timestamp: new Date(bound).toISOString(), index: isForwards ? Number.MAX_SAFE_INTEGER : 0 }
    this.#after = end
    this.#from = isLast ? Number.NaN : bound
    return { query, end: isLast ? undefined : end }
  }

  #adapt(): void {
    const now = performance.now()
    const took = this.#startedAt === undefined ? undefined : now - this.#startedAt
    if (took !== undefined && took < SHORT) this.#width *= 4
    if (took !== undefined && took > LONG) this.#width /= 2
    this.#startedAt = now
  }
}

function timeOf(value: string | Date | undefined, otherwise: number): number {
  return value === undefined ? otherwise : new Date(value).getTime()
}
