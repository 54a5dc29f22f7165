import {
  type BigIntStats,
  close as closeCallback,
  constants,
  fchmod as fchmodCallback,
  fdatasync as fdatasyncCallback,
  fstatSync,
  fsync as fsyncCallback,
  ftruncate as ftruncateCallback,
  open as openCallback,
  read as readCallback,
  statSync,
  write as writeCallback,
} from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { AuditError, type AuditErrorCode } from '@audit/core'
import { FileLock } from './file-lock.ts'

const close = promisify(closeCallback)
const fchmod = promisify(fchmodCallback)
const fdatasync = promisify(fdatasyncCallback)
const fsync = promisify(fsyncCallback)
const ftruncate = promisify(ftruncateCallback)
const openFile = promisify(openCallback)
const read = promisify(readCallback)
const write = promisify(writeCallback)

// O_NONBLOCK keeps the opening of a pipe that took the file's place from hanging; it means nothing for a file.
const FLAGS = constants.O_RDWR | (constants.O_NONBLOCK ?? 0)
const OWNER_ONLY = 0o600
/** No system writes more at once. */
const LARGEST_WRITE = 1024 * 1024 * 1024
const NEWLINE = 0x0a

/**
 * The file that a log is kept in: its descriptors, what it is on disk, and the bytes that go in and out. It knows
 * nothing of lines. All but `size` is asynchronous.
 */
export class LogFile {
  readonly path: string
  readonly lock: FileLock
  /** Reads, and appends: the system puts each write at the end, behind what another writer may just have put there. */
  readonly #descriptor: number
  /** Locks, and takes back, which Windows refuses to a descriptor that appends. */
  readonly #lockDescriptor: number
  readonly #identity: Pick<BigIntStats, 'dev' | 'ino'>
  #remains: { readonly start: number; readonly bytes: Buffer } | undefined

  private constructor(path: string, descriptor: number, lockDescriptor: number) {
    this.path = path
    this.lock = new FileLock(lockDescriptor)
    this.#descriptor = descriptor
    this.#lockDescriptor = lockDescriptor
    this.#identity = fstatSync(descriptor, { bigint: true })
  }

  /**
   * Opens the file, or creates it with mode 0600 in a folder that exists. An existing file keeps its mode.
   *
   * @throws AuditError `AUDIT_OPEN_FAILED`.
   */
  static async open(path: string): Promise<LogFile> {
    const opened: number[] = []
    try {
      const descriptor = await openOrCreate(path)
      opened.push(descriptor)
      opened.push(await openFile(path, FLAGS))
      await syncFolder(path)
      const [, lockDescriptor = descriptor] = opened
      const file = new LogFile(path, descriptor, lockDescriptor)
      if (!isSame(file.#identity, fstatSync(lockDescriptor, { bigint: true }))) {
        throw new Error('the file was replaced while it was being opened')
      }
      return file
    } catch (error) {
      for (const descriptor of opened) await close(descriptor)
      throw AuditError.wrap(error, 'AUDIT_OPEN_FAILED', `${path} cannot be opened as a log`)
    }
  }

  /**
   * How many bytes the file holds.
   *
   * @param code of the error when the path is no longer this file, since it was deleted, moved or replaced.
   */
  size(code: AuditErrorCode): number {
    const there = statSync(this.path, { bigint: true, throwIfNoEntry: false })
    if (there && isSame(there, this.#identity)) return Number(there.size)
    const what = there ? 'another file has taken the place of the log' : 'the log was deleted or moved away'
    throw new AuditError(code, `${this.path}: ${what}; put it back, or open the path again`)
  }

  /** Fills `target` with the bytes from an offset on. Throws `AUDIT_CORRUPT` where the file ends before. */
  async read(target: Buffer, offset: number): Promise<void> {
    let filled = 0
    while (filled < target.length) {
      const { bytesRead } = await read(
        this.#descriptor,
        target,
        filled,
        target.length - filled,
        offset + filled,
      )
      if (bytesRead === 0) {
        throw new AuditError('AUDIT_CORRUPT', `${this.path}: the file has lost bytes that were there before`)
      }
      filled += bytesRead
    }
  }

  /** Whether a failed `append` left bytes that could not be taken back. Keep the lock until `undo` has succeeded. */
  get hasRemains(): boolean {
    return this.#remains !== undefined
  }

  /**
   * Adds bytes behind `start`, the end of the file, and resolves once they survive power loss, with the size of the
   * file then. After a failure they are taken back. Call it under the exclusive lock.
   */
  async append(bytes: Buffer, start: number): Promise<number> {
    let written = 0
    try {
      while (written < bytes.length) {
        const length = Math.min(bytes.length - written, LARGEST_WRITE)
        const { bytesWritten } = await write(this.#descriptor, bytes, written, length)
        written += bytesWritten
      }
      const end = await this.#checkUnmixed(bytes, start)
      await fdatasync(this.#descriptor)
      return end
    } catch (error) {
      this.#remains = { start, bytes: bytes.subarray(0, written) }
      await this.undo().catch(() => {}) // `hasRemains` tells
      throw error
    }
  }

  /**
   * Takes back what a failed `append` left. Call it under the exclusive lock.
   *
   * After a failed sync, Linux holds the bytes for written although they are not, so to sync again would prove
   * nothing. Cut off, they are gone from its memory too; and the block that they shared with earlier bytes, which
   * had been synced before, is written anew with the next append.
   */
  async undo(): Promise<void> {
    if (!this.#remains) return
    const { start, bytes } = this.#remains
    const there = await this.#foreignFrom(start, bytes.length)
    if (there === undefined) await ftruncate(this.#lockDescriptor, start)
    else await this.#blankOut(start + there.indexOf(bytes), bytes.length)
    this.#remains = undefined
    await fdatasync(this.#descriptor)
  }

  /** Lets go of the descriptors, and with them of the lock. */
  async close(): Promise<void> {
    this.#remains = undefined
    await close(this.#lockDescriptor)
    await close(this.#descriptor)
  }

  /** A writer that takes no lock may have appended just before; half a line of it would spoil ours. */
  async #checkUnmixed(bytes: Buffer, start: number): Promise<number> {
    const there = await this.#foreignFrom(start, bytes.length)
    if (there === undefined) return start + bytes.length
    const at = there.indexOf(bytes)
    if (at === 0 || there[at - 1] === NEWLINE) return start + there.length
    throw new Error('another program, which takes no lock, wrote into the same line')
  }

  /** What the file holds from `start` on, where that is more than the `length` bytes of our own. */
  async #foreignFrom(start: number, length: number): Promise<Buffer | undefined> {
    const { size } = fstatSync(this.#descriptor)
    if (size <= start + length) return undefined
    const bytes = Buffer.allocUnsafe(size - start)
    await this.read(bytes, start)
    return bytes
  }

  /** Cutting the file would take another writer's bytes with ours, so ours become blank lines. */
  async #blankOut(start: number, length: number): Promise<void> {
    const blank = Buffer.alloc(length, NEWLINE)
    let written = 0
    while (written < length) {
      const position = start + written
      const { bytesWritten } = await write(this.#lockDescriptor, blank, written, length - written, position)
      written += bytesWritten
    }
  }
}

async function openOrCreate(path: string): Promise<number> {
  const there = statSync(path, { throwIfNoEntry: false }) // only to open a device can already do something
  if (there && !there.isFile()) throw new Error('it is not a file')
  if (there) return openExisting(path)
  try {
    return await create(path)
  } catch (error) {
    if (isCode(error, 'EEXIST')) return openExisting(path) // another process was faster, or a link leads nowhere
    throw error
  }
}

async function openExisting(path: string): Promise<number> {
  const descriptor = await openFile(path, FLAGS | constants.O_APPEND)
  if (fstatSync(descriptor).isFile()) return descriptor
  await close(descriptor)
  throw new Error('it is not a file')
}

async function create(path: string): Promise<number> {
  const flags = FLAGS | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL
  const descriptor = await openFile(path, flags, OWNER_ONLY)
  try {
    await fchmod(descriptor, OWNER_ONLY) // the umask may have taken away the owner's own rights
    return descriptor
  } catch (error) {
    await close(descriptor)
    throw error
  }
}

/** Makes the file's name survive power loss. Whoever opens it does so: the one that created it may have died. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return // it keeps names in its own journal, and opens no folders
  let folder: number | undefined
  try {
    folder = await openFile(dirname(path), constants.O_RDONLY)
    await fsync(folder)
  } catch (error) {
    // A folder that may not be listed holds files all the same, and some network file systems sync no folders.
    if (!['EACCES', 'EINVAL', 'ENOTSUP'].some(code => isCode(error, code))) throw error
  } finally {
    if (folder !== undefined) await close(folder)
  }
}

function isSame(a: Pick<BigIntStats, 'dev' | 'ino'>, b: Pick<BigIntStats, 'dev' | 'ino'>): boolean {
  return a.dev === b.dev && a.ino === b.ino
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
