import { Readable, Writable } from 'node:stream'
import type { Context } from '../src/context.ts'
import { Output } from '../src/output/output.ts'
import { run } from '../src/run.ts'

/** The time that commands take for now: the sample log's entries were recorded in the days before. */
export const NOW = new Date('2026-11-25T12:00:00Z')

/** Where a command runs, and who looks at its output. */
export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** How wide the terminal is. Default: both outputs are pipes. */
  readonly columns?: number
  readonly stdin?: string | Uint8Array
  readonly now?: Date
  readonly signal?: AbortSignal
  /** Is given what is written, as it comes. */
  readonly onOutput?: (text: string) => void
}

/** How a command ended, and what it wrote. */
export interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** Both, in the order in which they were written. */
  readonly both: string
  /** The lines about how far it was, which are in none of the others: a fast machine shows none. */
  readonly progress: string
}

/** What a line about how far a command is says: it is written over itself, and taken away in the end. */
function progressIn(text: string): string | undefined {
  return text.startsWith('\r') && text.endsWith('\u001b[K') ? text.slice(1, -'\u001b[K'.length) : undefined
}

/** Runs a command line in this process, from its source: `runHere(['query', 'audit.db'], { cwd, columns: 80 })`. */
export async function runHere(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { cwd = process.cwd(), env = {}, columns, stdin = '', now = NOW } = options
  const written: { readonly to: 'stdout' | 'stderr'; readonly text: string }[] = []
  let progress = ''
  const outputTo = (to: 'stdout' | 'stderr') => {
    const stream = new Writable({
      write(chunk, _, done) {
        const line = progressIn(String(chunk))
        progress += line ?? ''
        if (line === undefined) {
          written.push({ to, text: String(chunk) })
          options.onOutput?.(String(chunk))
        }
        done()
      },
    })
    return new Output(Object.assign(stream, columns !== undefined && { isTTY: true, columns }), { env })
  }
  const context: Context = {
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout: outputTo('stdout'),
    stderr: outputTo('stderr'),
    env,
    cwd,
    signal: options.signal ?? new AbortController().signal,
    now: () => now,
  }
  const exitCode = await run(args, context)
  const textOf = (...streams: readonly string[]) =>
    written
      .filter(({ to }) => streams.includes(to))
      .map(({ text }) => text)
      .join('')
  const [stdout, stderr, both] = [textOf('stdout'), textOf('stderr'), textOf('stdout', 'stderr')]
  return { exitCode, stdout, stderr, both, progress }
}
