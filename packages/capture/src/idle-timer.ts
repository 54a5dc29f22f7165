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
 */
export class IdleTimer {
  readonly #call: Call
  readonly #idleMs: number
  readonly #release: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined

  /**
   * @param idleMs after so many milliseconds without a reader the call is recorded as `unfinished`.
   * @param release frees what the answer holds then, such as its connection.
   */
  constructor(call: Call, idleMs: number, release?: () => void) {
    this.#call = call
    this.#idleMs = idleMs
    this.#release = release
    this.start()
  }

  /** Nobody reads: a part was handed on. */
  start(): void {
    clearTimeout(this.#timer)
    this.#call.pause()
    this.#timer = setTimeout(() => {
      this.#call.abandon()
      this.#release?.()
    }, this.#idleMs)
    this.#timer.unref() // it must not keep the process alive
  }

  /** Somebody reads: if nothing comes now, it is the provider that is slow. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#call.resume()
  }
}
