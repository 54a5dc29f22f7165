import { Worker } from 'node:worker_threads'

/** What an alarm shares with its clock: how often it was set, and for when. */
export class AlarmSetting {
  readonly buffer: SharedArrayBuffer
  readonly #changes: Int32Array
  readonly #time: Float64Array

  constructor(buffer = new SharedArrayBuffer(16)) {
    this.buffer = buffer
    this.#changes = new Int32Array(buffer, 0, 1)
    this.#time = new Float64Array(buffer, 8, 1)
  }

  /** Sets it, for a time of `clock()`. */
  set(time: number): void {
    this.#time[0] = time
    Atomics.add(this.#changes, 0, 1)
    Atomics.notify(this.#changes, 0)
  }

  /** Blocks this thread until the time has come, and gives the count of settings; it is asked for the next with that count. */
  waitForTime(): number {
    for (;;) {
      const count = Atomics.load(this.#changes, 0)
      const rest = (this.#time[0] ?? 0) - clock()
      if (count > 0 && rest <= 0) return count
      Atomics.wait(this.#changes, 0, count, count > 0 ? rest : Number.POSITIVE_INFINITY)
    }
  }

  /** Blocks this thread until it was set more often than so. */
  waitForChange(count: number): void {
    Atomics.wait(this.#changes, 0, count)
  }
}

/** Rings once at the time for which it was set last. The timers of Node.js know whole milliseconds alone. */
export class Alarm {
  readonly #setting = new AlarmSetting()

  constructor(ring: () => void) {
    const worker = new Worker(new URL('alarm-clock.ts', import.meta.url), {
      workerData: this.#setting.buffer,
    })
    worker.on('message', ring)
    worker.unref()
  }

  /** Sets it, for a time of `clock()`. */
  set(time: number): void {
    this.#setting.set(time)
  }
}

/** Milliseconds, the same in all threads. */
export function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
