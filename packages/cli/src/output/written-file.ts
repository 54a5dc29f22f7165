import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'

/** Where a command writes what it makes: a file, or standard output. */
export interface Target extends AsyncDisposable {
  /** Writes, and resolves once there is room for more. Throws CommandError, as on a full disk. */
  write(chunk: string | Uint8Array): Promise<void>
  /** Makes all that was written the file. Without it, disposing leaves nothing behind. */
  commit(): Promise<void>
}

/** How a file is written. */
export interface TargetOptions {
  /** Its permissions. Default: those of any new file; 0o600 for secrets. */
  readonly mode?: number
  /** Whether a file that exists is replaced. Default: `true`. */
  readonly replace?: boolean
}

/**
 * Opens the target of an option such as `-o`: standard output for `-` and without a value. A file appears whole or not at all:
 * it is written under another name beside its own, and gets its name with `commit`.
 *
 * @throws CommandError if it cannot be created, or exists and must not be replaced.
 *
 * @example
 * await using target = await openTarget(context, options.output)
 * for await (const line of lines) await target.write(line)
 * await target.commit()
 */
export async function openTarget(
  context: Context,
  path: string | undefined,
  { mode = 0o666, replace = true }: TargetOptions = {},
): Promise<Target> {
  if (path === undefined || path === '-') return new StandardOutput(context)
  const file = resolve(context.cwd, path)
  const draft = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}`)
  // The name is taken at once where nothing may be replaced, so that two commands cannot both have it.
  if (!replace) await attempt(path, async () => (await open(file, 'wx', mode)).close())
  return new FileTarget(
    { path, file, draft, isOurs: !replace },
    await attempt(path, () => open(draft, 'wx', mode)),
  )
}

class StandardOutput implements Target {
  readonly #context: Context

  constructor(context: Context) {
    this.#context = context
  }

  write(chunk: string | Uint8Array): Promise<void> {
    return this.#context.stdout.write(chunk)
  }

  commit(): Promise<void> {
    return this.#context.stdout.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** The names of a file that is being written. */
interface FileNames {
  /** As it was given. */
  readonly path: string
  readonly file: string
  readonly draft: string
  /** Whether the file itself was created, empty, to hold its name. */
  readonly isOurs: boolean
}

class FileTarget implements Target {
  readonly #names: FileNames
  readonly #handle: FileHandle
  #isCommitted = false

  constructor(names: FileNames, handle: FileHandle) {
    this.#names = names
    this.#handle = handle
  }

  async write(chunk: string | Uint8Array): Promise<void> {
    await attempt(this.#names.path, () => this.#handle.appendFile(chunk))
  }

  async commit(): Promise<void> {
    const { path, file, draft } = this.#names
    await attempt(path, async () => {
      await this.#handle.sync()
      await this.#handle.close()
      await rename(draft, file)
    })
    this.#isCommitted = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isCommitted) return
    const { file, draft, isOurs } = this.#names
    await this.#handle.close().catch(() => {}) // it may be closed already
    await rm(draft, { force: true })
    if (isOurs) await rm(file, { force: true })
  }
}

async function attempt<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error))
    if (code === 'EEXIST') throw new CommandError(`${path} exists and is not replaced; give another name`)
    if (code === 'ENOENT') throw new CommandError(`the folder of ${path} does not exist; create it first`)
    if (code === 'ENOSPC')
      throw new CommandError(`the disk is full: ${path} was not written; free some space`)
    throw new CommandError(`${path} cannot be written: ${message}`)
  }
}
