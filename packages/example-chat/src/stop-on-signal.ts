/** Runs this, once, when the process is told to end. If it fails, the process ends with an error. */
export function stopOnSignal(stop: () => Promise<void>): void {
  let isStopping = false
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => {
      if (isStopping) return
      isStopping = true
      void stop() // a rejection that nobody handles ends the process, and says why
    })
  }
}
