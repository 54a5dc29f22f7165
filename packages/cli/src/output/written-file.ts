import { randomBytes } from 'node:crypto'
import { type FileHandle, link, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { codeOf } from '../error-code.ts'
import { removedAtExit } from '../removed-at-exit.ts'
import { isLink } from '../symbolic-link.ts'
import { openPipe } from './pipe-target.ts'
import type { Target } from './target.ts'

/** How a file is written. */
export interface TargetOptions {
  /** Its permissions. Default: 0o644, for what is public, but must not be changed by others; 0o600 for secrets. */
  readonly mode?: number
  /** Whether a file that exists is replaced. Default: `true`. */
  readonly replace?: boolean
  /** What else to do about a file that exists, for the message: `add --force`. */
  readonly alternative?: string
}

/**
 * Opens the target of an option such as `-o`: standard output for `-` and without a value. A file appears whole or not at all:
 * it is written under another name beside its own, and gets its name with `commit`. A device or a pipe is written to as it is.
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
  { mode = 0o644, replace = true, alternative }: TargetOptions = {},
): Promise<Target> {
  if (path === undefined || path === '-') return new StandardOutput(context)
  const given = resolve(context.cwd, path)
  const stats = await stat(given).catch(() => undefined) // what else is wrong, opening it says
  if (stats?.isDirectory()) throw new CommandError(`${path} is a folder; give the name of a file in it`)
  if (stats?.isFIFO() && process.platform !== 'win32') return openPipe(context, path, given)
  // Renaming another file over a device would remove the device.
  if (stats && !stats.isFile()) return new DeviceTarget(path, await attempt(path, () => open(given, 'w')))
  if (stats && !replace) throw existing(path, alternative)
  if (!stats && (await isLink(given)))
    throw new CommandError(`${path} is a symbolic link to nothing; mend it, or give another name`)
  const file = stats ? await realpath(given) : given // what a link points to is replaced, and not the link
  const draft = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}`)
  const handle = await attempt(path, () => open(draft, 'wx', mode).catch(inFolder(dirname(file))))
  return new FileTarget({ path, file, draft, replace }, handle)
}

/** Names a folder in which nothing may be written: the draft in the system's own message is a name that nobody has given. */
function inFolder(folder: string): (error: unknown) => never {
  return error => {
    const code = codeOf(error)
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error
    throw new CommandError(
      `no file may be written in the folder ${folder}; have its permissions changed, or name a file in another folder`,
    )
  }
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

class DeviceTarget implements Target {
  readonly #path: string
  readonly #handle: FileHandle

  constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  async write(chunk: string | Uint8Array): Promise<void> {
    await attempt(this.#path, () => this.#handle.appendFile(chunk))
  }

  async commit(): Promise<void> {
    await attempt(this.#path, () => this.#handle.close())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close().catch(() => {}) // it may be closed already
  }
}

/** A file that is being written. */
interface Draft {
  /** As it was given. */
  readonly path: string
  readonly file: string
  readonly draft: string
  readonly replace: boolean
}

class FileTarget implements Target {
  readonly #draft: Draft
  readonly #handle: FileHandle
  readonly #atExit: Disposable

  constructor(draft: Draft, handle: FileHandle) {
    this.#draft = draft
    this.#handle = handle
    this.#atExit = removedAtExit(draft.draft)
  }

  async write(chunk: string | Uint8Array): Promise<void> {
    await attempt(this.#draft.path, () => this.#handle.appendFile(chunk))
  }

  async commit(): Promise<void> {
    const { path, file, draft, replace } = this.#draft
    await attempt(path, async () => {
      await this.#handle.sync()
      await this.#handle.close()
      await (replace ? rename(draft, file) : renameToNew(draft, file))
      await syncFolder(dirname(file))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close().catch(() => {}) // it may be closed already
    await rm(this.#draft.draft, { force: true }) // with `commit` it is gone already
    this.#atExit[Symbol.dispose]()
  }
}

/** Gives a file its name, unless somebody else has taken it meanwhile: a second link fails then, and renaming would not. */
async function renameToNew(draft: string, file: string): Promise<void> {
  try {
    await link(draft, file)
  } catch (error) {
    if (!isWithoutLinks(error)) throw error
    await (await open(file, 'wx')).close()
    await rename(draft, file)
  }
}

/** What file systems without links say, such as FAT. */
function isWithoutLinks(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS'
}

/** Makes the name survive a power loss, too. Windows has no such call, and need not. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  await using handle = await open(folder, 'r')
  await handle.sync().catch(() => {}) // some network file systems refuse it
}

async function attempt<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    if (error instanceof CommandError) throw error
    const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error))
    if (code === 'EEXIST') throw existing(path)
    if (code === 'ENOENT') throw new CommandError(`the folder of ${path} does not exist; create it first`)
    if (code === 'ENOSPC')
      throw new CommandError(`the disk is full: ${path} was not written; free some space`)
    throw new CommandError(`${path} cannot be written: ${message}`)
  }
}

function existing(path: string, alternative?: string): CommandError {
  const other = alternative === undefined ? '' : `, or ${alternative}`
  return new CommandError(`${path} exists and is not replaced; give another name${other}`)
}
