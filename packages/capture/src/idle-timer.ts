import type { Call } from './call.ts'

/**
 * Ends a call whose answer nobody reads on. It runs from the start, since a stream may never be read at all.
 *
 * @example
 * const idle = new IdleTimer(call, capture.idleMs)
 * for await (const part of parts) {
 *   idle.start()
 *   yield part
 *   idle.stop()
 * }
 * idle.end()
 */
export class IdleTimer {
  readonly #call: Call
  readonly #release: (() => void) | undefined
  /** One for the whole answer: to make one for each part would cost more than the rest of recording it. */
  #timer: NodeJS.Timeout | undefined
  #isReading = false

  /**
   * @param idleMs after so many milliseconds without a reader the call is recorded as `unfinished`.
   * @param release frees what the answer holds then, such as its connection.
   */
  constructor(call: Call, idleMs: number, release?: () => void) {
    this.#call = call
    this.#release = release
    this.#timer = setTimeout(() => this.#onIdle(), idleMs)
    this.#timer.unref() // it must not keep the process alive
    call.pause()
  }

  /** Nobody reads: a part was handed on. */
  start(): void {
    this.#isReading = false
    this.#call.pause()
    this.#timer?.refresh()
  }

  /** Somebody reads: if nothing comes now, it is the provider that is slow. */
  stop(): void {
    this.#isReading = true
    this.#call.resume()
  }

  /** Nothing more comes of the answer: nothing is kept for it any longer. */
  end(): void {
    this.stop()
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #onIdle(): void {
    if (this.#isReading) return
    this.#call.abandon()
    this.#release?.()
  }
}
