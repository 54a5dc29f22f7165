import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { CommandError } from '../command-error.ts'
import { roomIn } from './room-in.ts'

/** A stream that may be a terminal, as `process.stdout`. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** `'red'`, or several such as `['bold', 'red']`. */
export type TextStyle = Parameters<typeof styleText>[0]

/** What the environment and the caller say about an output. */
export interface OutputOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Is called once nobody reads the stream any more. */
  readonly onClosed?: () => void
}

/** Without a terminal, what is meant for people is as wide as this. */
const DEFAULT_COLUMNS = 80
/** How the end of a pipe's reader shows: `EOF` on Windows. */
const CLOSED = ['EPIPE', 'EOF', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']

/** Standard output or standard error. */
export class Output {
  /** Whether people look at it: it then gets tables and human numbers, and a pipe gets JSON Lines. */
  readonly isTerminal: boolean
  /** Whether it can go back on its line, for progress. */
  readonly canRewrite: boolean
  readonly #stream: OutputStream
  readonly #hasColour: boolean
  readonly #env: OutputOptions['env']
  /** While it is full: all who write wait for the same. */
  #room: Promise<void> | undefined
  #isClosed = false
  #failure: CommandError | undefined

  constructor(stream: OutputStream, { env, onClosed = () => {} }: OutputOptions) {
    this.#stream = stream
    this.#env = env
    this.isTerminal = stream.isTTY === true
    this.canRewrite = this.isTerminal && env.TERM !== 'dumb'
    this.#hasColour = this.canRewrite && !env.NO_COLOR
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#isClosed) return
      this.#isClosed = true
      if (CLOSED.includes(error.code ?? '')) onClosed()
      else this.#failure = new CommandError(`the output cannot be written: ${error.message}`)
    })
  }

  /** How many columns it has now; the terminal may change. */
  get columns(): number {
    const columns = this.#stream.columns ?? Number(this.#env.COLUMNS)
    return Number.isSafeInteger(columns) && columns > 0 ? columns : DEFAULT_COLUMNS
  }

  /**
   * Writes, and resolves once there is room for more. What nobody reads any more is dropped.
   *
   * @throws CommandError when it cannot be written, as on a full disk.
   */
  async write(chunk: string | Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure
    if (this.#isClosed || this.#stream.write(chunk)) return
    this.#room ??= roomIn(this.#stream).finally(() => {
      this.#room = undefined
    })
    await this.#room
    if (this.#failure) throw this.#failure
  }

  /** Writes a line. The text must be safe to show: see `safeText`. */
  line(text = ''): Promise<void> {
    return this.write(`${text}\n`)
  }

  /** Resolves once all is written. Throws what `write` throws. */
  async flush(): Promise<void> {
    if (!this.#isClosed) await new Promise<void>(resolve => this.#stream.write('', () => resolve()))
    if (this.#failure) throw this.#failure
  }

  /** The text in colour where that is wanted: `style('red', 'broken')`. */
  style(format: TextStyle, text: string): string {
    return this.#hasColour ? styleText(format, text, { validateStream: false }) : text
  }
}
