import type { Context } from '../context.ts'
import { formatCount, formatDuration } from './numbers.ts'

/** How often the line is written anew, in milliseconds. */
const INTERVAL_MS = 100
/** What is done sooner shows no line. */
const PATIENCE_MS = 500

/** What is under way. */
export interface ProgressOptions {
  /** What is done: `verifying`. */
  readonly label: string
  /** What is counted: `entries`, the default. */
  readonly unit?: string
  /** How many there are, where that is known. */
  readonly total?: number | undefined
}

/**
 * A line on standard error that says how far long work is, with its rate and an estimate. Only a terminal gets it.
 *
 * @example
 * using progress = new Progress(context, { label: 'exporting', total })
 * for await (const entry of entries) progress.update(++done)
 */
export class Progress implements Disposable {
  readonly #context: Context
  readonly #options: ProgressOptions
  readonly #start = performance.now()
  #shownAt = this.#start + PATIENCE_MS - INTERVAL_MS
  #isShown = false

  constructor(context: Context, options: ProgressOptions) {
    this.#context = context
    this.#options = options
  }

  /** Says how many are done, and of how many if that has become known. */
  update(done: number, total = this.#options.total): void {
    const { stderr } = this.#context
    if (!stderr.canRewrite || performance.now() - this.#shownAt < INTERVAL_MS) return
    this.#shownAt = performance.now()
    this.#isShown = true
    const line = this.#line(done, total).slice(0, stderr.columns - 1)
    void stderr.write(`\r${line}\u001b[K`) // it is for people; nothing waits for it
  }

  /** Removes the line. Whatever is written to the terminal next begins on an empty one. */
  end(): void {
    if (this.#isShown) void this.#context.stderr.write('\r\u001b[K')
    this.#isShown = false
  }

  [Symbol.dispose](): void {
    this.end()
  }

  #line(done: number, total: number | undefined): string {
    const { label, unit = 'entries' } = this.#options
    const seconds = (performance.now() - this.#start) / 1000
    const rate = done / seconds
    const of = total === undefined ? '' : ` of ${formatCount(total)}`
    const left =
      total === undefined || done === 0 ? '' : `, ${formatDuration(((total - done) / rate) * 1000)} left`
    return `${label} ${formatCount(done)}${of} ${unit}, ${formatCount(Math.round(rate))} a second${left}`
  }
}
