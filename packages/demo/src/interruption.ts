const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Lets a signal, as from Ctrl-C, end the work but not yet the process, which would leave behind what it started. */
export class Interruption {
  #signal: NodeJS.Signals | undefined
  readonly #stop = new AbortController()
  readonly #came = new Promise<void>(resolve => {
    // Ctrl-C comes more than once: from the terminal, and from npm and pnpm, which pass it on.
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        this.#signal ??= signal
        this.#stop.abort()
        resolve()
      })
    }
  })

  /** Whether there was a signal: what fails from then on is no news. */
  get came(): boolean {
    return this.#signal !== undefined
  }

  /** Aborted by the signal: for work that takes others along. */
  get stopped(): AbortSignal {
    return this.#stop.signal
  }

  /** Does the work, and waits until it is done or there is a signal. */
  async orDone(work: () => Promise<void>): Promise<void> {
    if (!this.came) await Promise.race([this.#came, work()])
  }

  /** Ends the process as the signal would have. */
  obey(): void {
    if (!this.#signal) return
    process.removeAllListeners(this.#signal)
    process.kill(process.pid, this.#signal)
  }
}
