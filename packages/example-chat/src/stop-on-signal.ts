/** Runs this once the process is told to end. If it fails, the process ends with an error. */
export function stopOnSignal(stop: () => Promise<void>): void {
  let stopping: Promise<void> | undefined
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => {
      stopping ??= stop() // a rejection that nobody handles ends the process, with what it says
    })
  }
}
