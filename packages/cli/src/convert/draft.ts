import { existsSync } from 'node:fs'
import { link, lstat, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CommandError } from '../command-error.ts'
import { codeOf } from '../error-code.ts'
import type { FileLocation } from '../log/log-location.ts'
import { removedAtExit } from '../removed-at-exit.ts'
import { isLink } from '../symbolic-link.ts'

const SIDE_FILES = ['-wal', '-shm', '-journal']

/**
 * A log under another name, hidden beside its own, until it is whole. A run that was killed leaves it, and the next one goes
 * on with it.
 */
export class Draft {
  readonly #target: FileLocation
  #atExit: Disposable | undefined
  readonly location: FileLocation

  private constructor(target: FileLocation) {
    this.#target = target
    const path = join(dirname(target.path), `.${basename(target.path)}.partial`)
    this.location = { kind: 'file', path, name: path }
  }

  /**
   * The draft of a target that this process has locked.
   *
   * @throws CommandError if the target exists, if its folder does not, or if something stands in the draft's place that no run has left.
   */
  static async of(target: FileLocation): Promise<Draft> {
    const draft = new Draft(target)
    draft.#assertFree()
    if (await isLink(target.path)) {
      throw new CommandError(`${target.name} is a symbolic link to nothing; mend it, or give another name`)
    }
    if (!existsSync(dirname(target.path))) {
      throw new CommandError(`the folder of ${target.name} does not exist; create it first`)
    }
    for (const path of draft.#paths()) await assertOwnFile(path)
    draft.#atExit = removedAtExit(...draft.#paths())
    return draft
  }

  /** Gives the draft, which must be closed and durable, its name. Throws CommandError if that was taken meanwhile. */
  async finish(): Promise<void> {
    const { path } = this.location
    const wal = await stat(`${path}-wal`).catch(() => undefined)
    if (wal && wal.size > 0)
      throw new CommandError(`${path} is open in another process; end that, and run the command again`)
    try {
      await link(path, this.#target.path) // never over another file, unlike rename
      await rm(path)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') throw this.#taken()
      this.#assertFree()
      await rename(path, this.#target.path) // some file systems have no hard links
    }
    this.#atExit?.[Symbol.dispose]()
    await syncFolder(dirname(path))
  }

  /** Removes the draft. */
  async remove(): Promise<void> {
    for (const path of this.#paths()) await rm(path, { force: true })
    this.#atExit?.[Symbol.dispose]()
  }

  #paths(): readonly string[] {
    return ['', ...SIDE_FILES].map(ending => this.location.path + ending)
  }

  #assertFree(): void {
    const taken = ['', ...SIDE_FILES].find(ending => existsSync(this.#target.path + ending))
    if (taken === '') throw this.#taken()
    if (taken !== undefined) {
      throw new CommandError(
        `${this.#target.name}${taken} is left of another log; move it away, or give another name`,
      )
    }
  }

  #taken(): CommandError {
    return new CommandError(`${this.#target.name} exists, and is never overwritten; give another name`)
  }
}

/** Whoever writes through a link, or into a file with a second name, changes something else. */
async function assertOwnFile(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined) // mostly it is not there; what else is wrong, opening it says
  if (!stats || (stats.isFile() && stats.nlink === 1)) return
  throw new CommandError(`${path} is in the place of the unfinished copy, and is none; move it away`)
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return // NTFS journals names, and Windows cannot open folders
  await using folder = await open(path, 'r')
  await folder.sync().catch(() => {}) // some network file systems cannot
}
