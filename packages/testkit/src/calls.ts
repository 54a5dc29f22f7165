import { AssertionError } from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isInstance, messageOf, shown, toError } from './failure.ts'
import { CaseIsOver } from './stray-errors.ts'

/** After this many answers timers get a turn, so that the time-out can stop a case that never ends. */
const ANSWERS_A_TURN = 64
/** How deep to search the causes of an error. */
const MAX_CAUSES = 8

/** Says what is wrong with an answer, or nothing. */
export type Check = (answer: unknown) => string | undefined

/** The calls of one case to the backend: which are pending, which failed, and the first invalid answer. */
export class Calls {
  /** How many entries an answer may have: as many leaves as were passed to `append`, even if it rejected. */
  get most(): number {
    return this.#most
  }
  #most = 0
  readonly #underWay = new Map<symbol, string>()
  readonly #failed = new Map<unknown, string>()
  #violation: AssertionError | undefined
  #answers = 0
  #isOver = false

  /** Calls a method of the backend, with the same outcome. Also rejects if the answer is invalid. */
  call(method: string, invoke: () => unknown, check: Check): Promise<unknown> {
    if (this.#isOver && method !== 'close') return Promise.reject(new CaseIsOver('the case is over'))
    const answer = this.#noting(method, invoke)
    if (isPromise(answer)) return this.#answerOf(method, answer, check)
    return Promise.reject(this.#violate(`${method}: a promise is expected, not ${shown(answer)}`))
  }

  /** Counts leaves that are passed to `append`. */
  appending(leaves: number): void {
    this.#most += leaves
  }

  /** Allows answers with entries that this case did not append. */
  allowForeignEntries(): void {
    this.#most = Number.POSITIVE_INFINITY
  }

  /** Rejects every later call but `close`, so that a case that is still running ends. */
  end(): void {
    this.#isOver = true
  }

  /** The methods that have not answered. */
  underWay(): string {
    return [...new Set(this.#underWay.values())].join(', ') || 'the case'
  }

  /** Throws the first invalid answer, even if the case overlooked it. */
  assertNoViolation(): void {
    if (this.#violation) throw this.#violation
  }

  /** The error that a case failed with, prefixed with the backend's method that caused it. */
  explain(reason: unknown): Error {
    if (this.#violation) return this.#violation
    const method = this.#methodOf(reason)
    if (method === undefined) return toError(reason)
    const message = `${method}: ${messageOf(reason)}`
    if (!isInstance(reason, AssertionError)) return new Error(message, { cause: toError(reason) })
    return Object.assign(new AssertionError({ message }), { cause: reason })
  }

  #noting(method: string, invoke: () => unknown): unknown {
    try {
      return invoke()
    } catch (reason) {
      this.#failed.set(reason, method)
      throw reason
    }
  }

  async #answerOf(method: string, answer: PromiseLike<unknown>, check: Check): Promise<unknown> {
    const call = Symbol(method)
    this.#underWay.set(call, method)
    try {
      const value = await answer
      if (++this.#answers % ANSWERS_A_TURN === 0) await nextTurn()
      const wrong = check(value)
      if (wrong !== undefined) throw this.#violate(`${method}: ${wrong}`)
      return value
    } catch (reason) {
      if (!this.#violation || reason !== this.#violation) this.#failed.set(reason, method)
      throw reason
    } finally {
      this.#underWay.delete(call)
    }
  }

  #violate(message: string): AssertionError {
    const violation = new AssertionError({ message })
    this.#violation ??= violation
    return violation
  }

  /** The method that failed with this reason, or with one of its causes. */
  #methodOf(reason: unknown): string | undefined {
    let current = reason
    for (let depth = 0; depth < MAX_CAUSES; depth++) {
      const method = this.#failed.get(current)
      if (method !== undefined) return method
      if (typeof current !== 'object' || current === null) return undefined
      if (current instanceof AssertionError) current = current.actual
      else if ('cause' in current) current = current.cause
      else return undefined
    }
    return undefined
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  if (typeof value !== 'object' || value === null) return false
  return 'then' in value && typeof value.then === 'function' && 'catch' in value
}
