import type { Readable } from 'node:stream'
import type { Output } from './output/output.ts'

/** What a command uses in place of the globals of its process, so that tests can run it in theirs. */
export interface Context {
  readonly stdin: Readable
  /** Data, and nothing else. */
  readonly stdout: Output
  /** Everything that is not data: errors, notes, progress. */
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute. Relative paths count from there. */
  readonly cwd: string
  /**
   * Aborted by Ctrl-C and the like (`Interruption`), and once nobody reads the output any more (`ClosedPipe`). Pass it to
   * every long call of the log, and let the error that comes of it through: `run` knows it. A command with a verdict writes
   * nothing before it has it, since a closed pipe ends a command with 0.
   */
  readonly signal: AbortSignal
  /**
   * Gives the command so many milliseconds to clean up after a signal, in place of 5,000; then the process ends. It returns what a
   * second signal aborts, after which a third one ends the process.
   */
  readonly allowGrace?: (ms: number) => AbortSignal
  readonly now: () => Date
}
