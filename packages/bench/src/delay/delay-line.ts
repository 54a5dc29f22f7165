import { Alarm, clock } from './alarm.ts'

/** By how many milliseconds each ringing of the alarm changes what is expected of the next. */
const STEP = 0.005

/** Does what it is given, each thing after the same time, in the same order. */
export class DelayLine {
  readonly #delayMs: number
  readonly #waiting: { readonly due: number; readonly act: () => void }[] = []
  readonly #alarm = new Alarm(() => this.#ring())
  #ringsAt = 0
  /** How late the alarm rings, in the median: the system takes its time to wake a thread. It is set earlier by that. */
  #lateness = 0

  constructor(delayMs: number) {
    this.#delayMs = delayMs
  }

  push(act: () => void): void {
    this.#waiting.push({ due: clock() + this.#delayMs, act })
    if (this.#waiting.length === 1) this.#setAlarm()
  }

  #ring(): void {
    const now = clock()
    this.#lateness += now - this.#ringsAt > this.#lateness ? STEP : -STEP
    for (let next = this.#waiting[0]; next && next.due <= now + this.#lateness; next = this.#waiting[0]) {
      this.#waiting.shift()
      next.act()
    }
    this.#setAlarm()
  }

  #setAlarm(): void {
    const [next] = this.#waiting
    if (!next) return
    this.#ringsAt = Math.max(next.due - this.#lateness, clock())
    this.#alarm.set(this.#ringsAt)
  }
}
