import type { Call, Tries } from '@audit/capture'
import { signalOf } from '@audit/capture/integration'

/** What the SDK waits before it sends a request again: so long at first, twice as long each time, and never longer. */
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 8000

/** The longest that a timer of Node.js can wait; the SDK takes no longer time from a response. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * The attempts of one call of the SDK. A middleware sees each, and is told neither how many there may be nor which is the last:
 *
 * - Of a refusal, the SDK reads the text where it gives up, and drops the body where it sends the request again.
 * - Of a connection that failed, nothing tells. Where no further attempt comes in twice the time that the SDK would wait, it
 *   gave up.
 */
export class Attempts {
  readonly tries: Tries
  #wasRefused = false

  /** @param options of the SDK for this call: one object across its attempts. */
  constructor(options: object | undefined) {
    const { maxRetries, signal }: { readonly maxRetries?: unknown; readonly signal?: unknown } = options ?? {}
    this.tries = {
      most: typeof maxRetries === 'number' ? maxRetries + 1 : Infinity,
      signal: signalOf(signal),
      startedAt: performance.now(),
    }
  }

  /** Whether an attempt of this call is what runs in the context of `call`. */
  isBeingMade(call: Call | undefined): boolean {
    return call !== undefined && call === this.tries.call
  }

  /**
   * Whether a further request with the same options is another call: this one has ended, or is still being answered. One
   * that `drain()` has ended is refused its next attempt.
   */
  get isOver(): boolean {
    const { call } = this.tries
    if (!call?.hasEnded) return call?.expected === undefined
    return !call.wasCutShort || this.#wasRefused
  }

  /** Makes an attempt, and sees to it that the call ends if it was the last one. */
  async make(send: () => Promise<Response>): Promise<Response> {
    this.#wasRefused = this.tries.call?.wasCutShort === true
    try {
      const response = await send()
      const { call } = this.tries
      if (!call?.expected || call.hasEnded) return response
      call.expect(call.expected, 2 * waitOf(call, response))
      return endWhenRead(call, response)
    } catch (error) {
      const { call } = this.tries
      if (call && !call.hasEnded) call.expect(call.expected ?? { status: 'unfinished' }, 2 * waitOf(call))
      throw error
    }
  }
}

/**
 * Ends the call before the text of a refusal is read. The SDK takes what fails there for the text, so a failure is thrown where
 * it looks at the response next.
 */
function endWhenRead(call: Call, response: Response): Response {
  const read = response.text.bind(response)
  const text = async () => {
    await call.end(call.expected ?? { status: 'error' }).catch(failure => failAt(response, 'status', failure))
    return read()
  }
  return Object.defineProperty(response, 'text', { value: text, configurable: true, writable: true })
}

function failAt(response: Response, property: 'status', failure: unknown): void {
  const get = () => {
    throw failure
  }
  Object.defineProperty(response, property, { get, configurable: true })
}

/** How long the SDK waits after an attempt: as the response says, otherwise by its own schedule. */
function waitOf({ attempts }: Call, response?: Response): number {
  const told = response ? toldBy(response.headers) : Number.NaN
  const scheduled = Math.min(FIRST_WAIT_MS * 2 ** (attempts - 1), LONGEST_WAIT_MS)
  return told > scheduled && told <= MAX_TIMER_MS ? told : scheduled
}

/** What a response asks for, in milliseconds: given in those, in seconds, or as a date. */
function toldBy(headers: Headers): number {
  const ms = Number.parseFloat(headers.get('retry-after-ms') ?? '')
  const after = headers.get('retry-after') ?? ''
  const seconds = Number.parseFloat(after)
  return ms || (Number.isNaN(seconds) ? Date.parse(after) - Date.now() : seconds * 1000)
}
