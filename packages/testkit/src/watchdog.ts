import { url } from 'node:inspector'
import { clearInterval, setInterval } from 'node:timers'
import { Worker } from 'node:worker_threads'

/** How many times its time-out a case may block the event loop. */
const FACTOR = 3
/** How often the watchdog looks, in milliseconds. */
const LOOK_MS = 100

/** What the two threads share: how often the event loop turned, the running case (-1: none), its ticks, and a bell. */
const BEATS = 0
const CURRENT = 1
const TICKS = 2
const BELL = 3

/** The thread counts its own looks and not the time, so that it does not mistake a sleeping machine for a loop. */
const CODE = `
  const { workerData: { state, ids, lookMs } } = require('node:worker_threads')
  const { writeSync } = require('node:fs')
  let seen = 0
  let silent = 0
  for (;;) {
    if (Atomics.wait(state, ${BELL}, 0, lookMs) !== 'timed-out') break
    const [beats, current, ticks] = [${BEATS}, ${CURRENT}, ${TICKS}].map(i => Atomics.load(state, i))
    silent = current < 0 || beats !== seen ? 0 : silent + 1
    seen = beats
    if (silent < ticks) continue
    writeSync(2, '@audit/testkit: ' + ids[current] + ' has held up the event loop for ' + (ticks * lookMs) / 1000
      + ' s: the backend loops without end. The process is ended.\\n')
    process.kill(process.pid, 'SIGKILL')
    break
  }
`

/**
 * Watches the event loop from a thread of its own, the only way to name the running case if a backend loops forever. It
 * then names the case on standard error and ends the process. With a debugger attached, it does nothing.
 */
export class Watchdog {
  readonly #ids: readonly string[]
  readonly #timeoutMs: number
  readonly #state = new Int32Array(new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT))
  #worker: Worker | undefined

  constructor(ids: readonly string[], timeoutMs: number) {
    this.#ids = ids
    this.#timeoutMs = timeoutMs
  }

  /** Watches a case until the returned function is called. */
  watch(id: string, timeoutFactor = 1): () => void {
    if (url() !== undefined) return () => {} // a breakpoint blocks the event loop too
    Atomics.store(this.#state, TICKS, Math.ceil((this.#timeoutMs * timeoutFactor * FACTOR) / LOOK_MS))
    Atomics.store(this.#state, CURRENT, this.#ids.indexOf(id))
    this.#worker ??= this.#start()
    const beat = () => Atomics.add(this.#state, BEATS, 1)
    beat()
    const beating = setInterval(beat, LOOK_MS / 2)
    return () => {
      clearInterval(beating)
      Atomics.store(this.#state, CURRENT, -1)
    }
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    Atomics.store(this.#state, BELL, 1)
    Atomics.notify(this.#state, BELL)
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const workerData = { state: this.#state, ids: this.#ids, lookMs: LOOK_MS }
    const worker = new Worker(CODE, { eval: true, workerData, execArgv: [] })
    worker.on('error', () => {}) // the cases also run without a watchdog
    worker.unref() // a test runner does not say when the last case has ended
    return worker
  }
}
