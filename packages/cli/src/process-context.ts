import type { Context } from './context.ts'
import { Output } from './output/output.ts'
import { ClosedPipe, Interruption } from './stopping.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** So long a command may take to clean up after a signal, in milliseconds, unless it asks for more. */
const GRACE_MS = 5000

/**
 * The context of this process. A first signal aborts the context's, and lets the command clean up. A second one ends it, or, where the
 * command has asked for grace, aborts what `allowGrace` returned; then a third one ends it.
 */
export function processContext(): Context {
  const stop = new AbortController()
  let graceMs = GRACE_MS
  let hurry: AbortController | undefined
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const reason = new Interruption(signal)
      if (stop.signal.aborted) {
        if (!hurry || hurry.signal.aborted) process.exit(reason.exitCode)
        return hurry.abort(reason)
      }
      stop.abort(reason)
      setTimeout(() => process.exit(reason.exitCode), graceMs).unref()
    })
  }
  const { env } = process
  return {
    // Looked at only where it is used: opening it would keep a terminal's process alive.
    get stdin() {
      return process.stdin
    },
    stdout: new Output(process.stdout, { env, onClosed: () => stop.abort(new ClosedPipe()) }),
    stderr: new Output(process.stderr, { env }),
    env,
    cwd: process.cwd(),
    signal: stop.signal,
    allowGrace: ms => {
      graceMs = ms
      hurry = new AbortController()
      return hurry.signal
    },
    now: () => new Date(),
  }
}
