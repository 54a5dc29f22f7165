import type { Call, Tries } from '@audit/capture'

/** What the SDK waits before it sends a request again: so long at first, twice as long each time, and never longer. */
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 8000

/** The longest that a timer of Node.js can wait. */
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
  #lastChance: NodeJS.Timeout | undefined

  /** @param options of the SDK for this call: one object across its attempts. */
  constructor(options: object | undefined) {
    const { maxRetries, signal }: { readonly maxRetries?: unknown; readonly signal?: unknown } = options ?? {}
    this.tries = {
      most: typeof maxRetries === 'number' ? maxRetries + 1 : Infinity,
      signal: signal instanceof AbortSignal ? signal : undefined,
      startedAt: performance.now(),
    }
  }

  /** Whether an attempt of this call is what runs in the context of `call`. */
  isBeingMade(call: Call | undefined): boolean {
    return call !== undefined && call === this.tries.call
  }

  /** Whether a further request with the same options is another call: this one has ended, or is still being answered. */
  get isOver(): boolean {
    const { call } = this.tries
    return call === undefined || call.hasEnded || call.expected === undefined
  }

  /** Makes an attempt, and sees to it that the call ends if it was the last one. */
  async make(send: () => Promise<Response>): Promise<Response> {
    clearTimeout(this.#lastChance)
    try {
      const response = await send()
      const { call } = this.tries
      if (!call?.expected || call.hasEnded) return response
      this.#endUnlessSentAgain(call, waitOf(call, response))
      return this.#endWhenRead(call, response)
    } catch (error) {
      const { call } = this.tries
      if (call && !call.hasEnded) this.#endUnlessSentAgain(call, waitOf(call))
      throw error
    }
  }

  /** The timer keeps the process alive: what happened must not be lost because nothing else is left to do. */
  #endUnlessSentAgain(call: Call, waitMs: number): void {
    this.#lastChance = setTimeout(() => call.abandon(), Math.min(2 * waitMs, MAX_TIMER_MS))
  }

  /**
   * Ends the call before the text of a refusal is read. The SDK takes what fails there for the text, so a failure is thrown where
   * it looks at the response next.
   */
  #endWhenRead(call: Call, response: Response): Response {
    const read = response.text.bind(response)
    const text = async () => {
      clearTimeout(this.#lastChance)
      await call
        .end(call.expected ?? { status: 'error' })
        .catch(failure => failAt(response, 'status', failure))
      return read()
    }
    return Object.defineProperty(response, 'text', { value: text, configurable: true, writable: true })
  }
}

function failAt(response: Response, property: 'status', failure: unknown): void {
  const get = () => {
    throw failure
  }
  Object.defineProperty(response, property, { get, configurable: true })
}

/** How long the SDK waits after an attempt: as the response says, otherwise by its own schedule. */
function waitOf({ attempts }: Call, response?: Response): number {
  const told =
    Number(response?.headers.get('retry-after-ms')) || Number(response?.headers.get('retry-after')) * 1000
  return Math.max(told || 0, Math.min(FIRST_WAIT_MS * 2 ** (attempts - 1), LONGEST_WAIT_MS))
}
