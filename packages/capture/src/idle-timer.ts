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
  readonly #idleMs: number
  readonly #whenIdle: () => void
  #timer: NodeJS.Timeout | undefined

  /**
   * @param idleMs after so many milliseconds without a reader the call is recorded as `unfinished`.
   * @param whenIdle does so, and frees what the answer holds. Default: `call.abandon()`.
   */
  constructor(call: Call, idleMs: number, whenIdle: () => void = () => call.abandon()) {
    this.#idleMs = idleMs
    this.#whenIdle = whenIdle
    this.start()
  }

  /** Nobody reads: a part was handed on. */
  start(): void {
    this.stop()
    this.#timer = setTimeout(this.#whenIdle, this.#idleMs)
    this.#timer.unref() // it must not keep the process alive
  }

  /** Somebody reads: if nothing comes now, it is the provider that is slow. */
  stop(): void {
    clearTimeout(this.#timer)
  }
}
