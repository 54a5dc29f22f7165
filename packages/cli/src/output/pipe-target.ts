import { constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { untilAborted } from '../until-aborted.ts'
import { note } from './note.ts'
import { Output } from './output.ts'
import type { Target } from './target.ts'

/** How often is looked whether somebody reads, in milliseconds. */
const INTERVAL_MS = 50

/**
 * Opens a FIFO once somebody reads it. Nothing here blocks in the file system, where no signal would end the command.
 *
 * @throws CommandError if it cannot be opened; the signal's reason.
 */
export async function openPipe(context: Context, name: string, path: string): Promise<Target> {
  const { signal } = context
  let isSaid = false
  for (;;) {
    const fd = openedForReader(name, path)
    if (fd !== undefined) return new PipeTarget(context, name, fd)
    if (!isSaid) await note(context, `waiting until somebody reads ${name}`)
    isSaid = true
    await pause(INTERVAL_MS, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/** The descriptor of a FIFO; `undefined` while nobody reads it. */
function openedForReader(name: string, path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error))
    if (code === 'ENXIO') return undefined
    throw new CommandError(`${name} cannot be written: ${message}`)
  }
}

class PipeTarget implements Target {
  readonly #signal: AbortSignal
  readonly #name: string
  readonly #socket: Socket
  readonly #output: Output
  #isClosed = false

  constructor({ signal, env }: Context, name: string, fd: number) {
    this.#signal = signal
    this.#name = name
    this.#socket = new Socket({ fd, readable: false, writable: true })
    this.#output = new Output(this.#socket, {
      env,
      onClosed: () => {
        this.#isClosed = true
      },
    })
  }

  async write(chunk: string | Uint8Array): Promise<void> {
    await untilAborted(this.#output.write(chunk), this.#signal)
    this.#assertRead()
  }

  async commit(): Promise<void> {
    await untilAborted(this.#output.flush(), this.#signal)
    this.#assertRead()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy()
  }

  #assertRead(): void {
    if (this.#isClosed) throw new CommandError(`nobody reads ${this.#name} any more; start its reader again`)
  }
}
