import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import type { Case } from './case.ts'
import { isInstance, toError, writeStacks } from './failure.ts'
import { type CreatePlace, Place, PlaceNotEmpty } from './place.ts'
import { listenForStrayErrors } from './stray-errors.ts'
import { TimeLimitExceeded, withinTime } from './time-limit.ts'
import { Watchdog } from './watchdog.ts'

/** How long a case may take by default, in milliseconds. */
export const CASE_TIMEOUT_MS = 5000
/** After this many hanging cases the run stops, so that the report comes within seconds. */
export const MAX_HANGING_CASES = 3
/** How long closing and removing may take after a case that hung, in milliseconds. */
const CLEARING_MS = 1000

/** What became of a case. */
export type Outcome =
  | { readonly state: 'passed' }
  | { readonly state: 'failed'; readonly error: Error }
  | { readonly state: 'skipped' | 'not run'; readonly reason: string }

/** Runs the cases of one backend, each in its own place. Every case gets an outcome, whatever the backend does. */
export class CaseRunner {
  readonly #create: CreatePlace
  readonly #timeoutMs: number
  readonly #watchdog: Watchdog
  #hanging = 0
  #stopped: string | undefined

  /** @param cases every case that may run. */
  constructor(cases: readonly Case[], create: CreatePlace, timeoutMs: number = CASE_TIMEOUT_MS) {
    this.#create = create
    this.#timeoutMs = timeoutMs
    this.#watchdog = new Watchdog(
      cases.map(({ id }) => id),
      timeoutMs,
    )
  }

  /** Runs one case, or says why it was not run. Never rejects. */
  async run(testCase: Case): Promise<Outcome> {
    if (this.#stopped !== undefined) return { state: 'not run', reason: this.#stopped }
    const limit = this.#timeoutMs * (testCase.timeoutFactor ?? 1)
    const unwatch = this.#watchdog.watch(testCase.id, testCase.timeoutFactor)
    const onExit = () => sayThatItEnded(testCase.id)
    process.once('exit', onExit)
    let stopListening = () => {}
    const stray = new Promise<never>((_, reject) => {
      stopListening = listenForStrayErrors(reject)
    })
    stray.catch(() => {}) // it may reject when nobody waits for it any more
    try {
      return await this.#outcome(testCase, stray, limit)
    } finally {
      stopListening()
      unwatch()
      process.off('exit', onExit)
    }
  }

  /** Ends the run. Resolves with an uncaught error that occurs within this time after the last case. */
  async lateError(ms: number): Promise<Error | undefined> {
    let late: Error | undefined
    const stopListening = listenForStrayErrors(error => {
      late ??= error
    })
    await pause(ms)
    stopListening()
    await this.#watchdog.stop()
    return late
  }

  async #outcome(testCase: Case, stray: Promise<never>, limit: number): Promise<Outcome> {
    const attempt = new Attempt(testCase, this.#create, stray)
    const reason = await attempt.run(limit)
    if (attempt.isHanging && ++this.#hanging === MAX_HANGING_CASES) {
      this.#stopped = `${MAX_HANGING_CASES} cases did not settle in their time`
    }
    if (attempt.error === undefined)
      return reason === undefined ? { state: 'passed' } : { state: 'skipped', reason }
    writeStacks(attempt.error)
    if (attempt.error instanceof PlaceNotEmpty) this.#stopped ??= `${testCase.id}: ${attempt.error.message}`
    return { state: 'failed', error: attempt.error }
  }
}

/** A backend that ends the process must not look like one that passed. */
function sayThatItEnded(id: string): void {
  process.exitCode = 1
  process.stderr.write(`@audit/testkit: the process was ended while ${id} ran\n`)
}

/** One run of one case, in a place that is removed whatever happens. */
class Attempt {
  /** The first error of the case. */
  error: Error | undefined
  isHanging = false
  readonly #case: Case
  readonly #create: CreatePlace
  readonly #stray: Promise<never>

  constructor(testCase: Case, create: CreatePlace, stray: Promise<never>) {
    this.#case = testCase
    this.#create = create
    this.#stray = stray
  }

  /** Resolves with why the case was skipped, if it was. */
  async run(limit: number): Promise<string | undefined> {
    const making = Place.create(this.#create)
    const place = await this.#step(limit, making, () => 'create')
    if (!place) {
      making.then(late => late.dispose(CLEARING_MS)).catch(() => {}) // in case it resolves after all
      return undefined
    }
    const skipped = skipReason(this.#case, place)
    if (skipped === undefined)
      await this.#step(limit, this.#promise(place), () => place.calls.underWay(), place)
    place.calls.end()
    const clearing = this.isHanging ? Math.min(limit, CLEARING_MS) : limit
    // Each step of it has its own time limit, so the whole needs none.
    await this.#step(Number.POSITIVE_INFINITY, place.dispose(clearing), () => 'clearing', place)
    return skipped
  }

  async #promise(place: Place): Promise<void> {
    await this.#case.run(place)
    await nextTurn() // unhandled rejections are reported by then
    place.calls.assertNoViolation()
  }

  async #step<T>(ms: number, work: Promise<T>, what: () => string, place?: Place): Promise<T | undefined> {
    const racing = Promise.race([work, this.#stray])
    try {
      return await (ms === Number.POSITIVE_INFINITY ? racing : withinTime(ms, racing, what))
    } catch (error) {
      if (isInstance(error, TimeLimitExceeded)) this.isHanging = true
      this.error ??= place ? place.calls.explain(error) : toError(error)
      return undefined
    }
  }
}

function skipReason({ needs = [] }: Case, { supports }: Place): string | undefined {
  const missing = needs.filter(claim => !supports[claim])
  return missing.length > 0 ? `the backend does not offer ${missing.join(' and ')}` : undefined
}
