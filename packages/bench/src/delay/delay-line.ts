import { Alarm, clock } from './alarm.ts'

/** How much each ringing of the alarm counts for how late the next is expected to be. */
const WEIGHT = 0.05

/** Does what it is given, each thing after the same time, in the same order. */
export class DelayLine {
  readonly #delayMs: number
  readonly #waiting: { readonly due: number; readonly act: () => void }[] = []
  readonly #alarm = new Alarm(() => this.#ring())
  #ringsAt = 0
  /** How late the alarm rings, on average: the system takes its time to wake a thread. It is set earlier by that. */
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
    this.#lateness += WEIGHT * (now - this.#ringsAt - this.#lateness)
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
