import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, readSync, statSync, writeSync } from 'node:fs'
import { AuditError, type AuditErrorCode } from '@audit/core'
import {
  type Descriptors,
  type FileIdentity,
  identityOf,
  isSame,
  openForReading,
  openForWriting,
} from './descriptors.ts'
import { FileLock } from './file-lock.ts'
import type { NativeLock } from './native-lock.ts'

/** No system writes more at once. */
const LARGEST_WRITE = 1024 * 1024 * 1024
const NEWLINE = 0x0a

/** What is done with the file. */
export type Access = 'read' | 'write' | 'create'

/** What a failed `append` left in the file. */
interface Remains {
  readonly start: number
  readonly bytes: Buffer
  /** Where they stand among the bytes of another program, which must stay. */
  among?: number
  /** That they are gone from the file, but may come back after power loss. */
  areGone: boolean
}

/**
 * The file that a log is kept in: its descriptors, what it is on disk, and the bytes that go in and out. It knows
 * nothing of lines.
 */
export class LogFile {
  readonly path: string
  readonly lock: FileLock
  readonly identity: FileIdentity
  readonly #descriptors: Descriptors
  #remains: Remains | undefined

  private constructor(path: string, descriptors: Descriptors, native: NativeLock) {
    this.path = path
    this.lock = new FileLock(native, descriptors.lock)
    this.identity = identityOf(descriptors.data)
    this.#descriptors = descriptors
  }

  /**
   * Opens the file: to read it and change nothing, to write, or to write and create it when it is missing.
   *
   * @throws AuditError `AUDIT_OPEN_FAILED`.
   */
  static open(path: string, access: Access, native: NativeLock): LogFile {
    try {
      const descriptors = access === 'read' ? openForReading(path) : openForWriting(path, access === 'create')
      return new LogFile(path, descriptors, native)
    } catch (error) {
      throw new AuditError(
        'AUDIT_OPEN_FAILED',
        `${path} cannot be opened as a log: ${adviceOn(error, access)}`,
        {
          cause: error,
        },
      )
    }
  }

  /**
   * How many bytes the file holds.
   *
   * @param code of the error when the path is no longer this file, since it was deleted, moved or replaced.
   */
  size(code: AuditErrorCode): number {
    const there = statSync(this.path, { bigint: true, throwIfNoEntry: false })
    // A path can lead to a file that was deleted: one that a container mounts, and whose name outside is gone.
    const isThere = there !== undefined && there.nlink > 0n
    if (isThere && isSame(there, this.identity)) return Number(there.size)
    const what = isThere ? 'another file has taken the place of the log' : 'the log was deleted or moved away'
    throw new AuditError(code, `${this.path}: ${what}; put it back, or open the path again`)
  }

  /** Fills `target` with the bytes from an offset on. Throws `AUDIT_CORRUPT` where the file ends before. */
  read(target: Buffer, offset: number): void {
    let filled = 0
    while (filled < target.length) {
      const length = target.length - filled
      const bytesRead = readSync(this.#descriptors.data, target, filled, length, offset + filled)
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
   * Adds bytes behind `start`, the end of the file, and returns once they survive power loss, with the size of the
   * file then. After a failure they are taken back. Call it under the exclusive lock.
   */
  append(bytes: Buffer, start: number): number {
    let written = 0
    try {
      while (written < bytes.length) {
        const length = Math.min(bytes.length - written, LARGEST_WRITE)
        written += writeSync(this.#descriptors.data, bytes, written, length)
      }
      const end = this.#checkUnmixed(bytes, start)
      this.sync()
      return end
    } catch (error) {
      this.#remains = { start, bytes: bytes.subarray(0, written), areGone: false }
      try {
        this.undo()
      } catch {
        // `hasRemains` tells.
      }
      throw error
    }
  }

  /** Makes what was written, by whomever, survive power loss. */
  sync(): void {
    fdatasyncSync(this.#descriptors.data)
  }

  /**
   * Takes back what a failed `append` left, for good. Call it under the exclusive lock.
   *
   * After a failed sync, Linux holds the bytes for written although they are not, so to sync again would prove
   * nothing. Cut off, they are gone from its memory too; and the block that they shared with earlier bytes, which
   * had been synced before, is written anew with the next append.
   */
  undo(): void {
    if (!this.#remains) return
    if (!this.#remains.areGone) {
      this.#takeBack(this.#remains)
      this.#remains.areGone = true
    }
    this.sync()
    this.#remains = undefined
  }

  /** Lets go of the descriptors, and with them of the lock. */
  close(): void {
    this.#remains = undefined
    const { data, lock } = this.#descriptors
    for (const descriptor of new Set([lock, data])) closeSync(descriptor)
  }

  #takeBack(remains: Remains): void {
    const { start, bytes } = remains
    const there = remains.among === undefined ? this.#foreignFrom(start, bytes.length) : undefined
    if (there) remains.among = start + Math.max(0, there.indexOf(bytes))
    if (remains.among === undefined) ftruncateSync(this.#descriptors.lock, start)
    else this.#blankOut(remains.among, bytes.length)
  }

  /** A writer that takes no lock may have appended just before; half a line of it would spoil ours. */
  #checkUnmixed(bytes: Buffer, start: number): number {
    const there = this.#foreignFrom(start, bytes.length)
    if (there === undefined) return start + bytes.length
    const at = there.indexOf(bytes)
    if (at === 0 || there[at - 1] === NEWLINE) return start + there.length
    throw new Error('another program, which takes no lock, wrote into the same line')
  }

  /** What the file holds from `start` on, where that is more than the `length` bytes of our own. */
  #foreignFrom(start: number, length: number): Buffer | undefined {
    const { size } = fstatSync(this.#descriptors.data)
    if (size <= start + length) return undefined
    const bytes = Buffer.allocUnsafe(size - start)
    this.read(bytes, start)
    return bytes
  }

  /** Cutting the file would take another writer's bytes with ours, so ours become blank lines. */
  #blankOut(start: number, length: number): void {
    const blank = Buffer.alloc(length, NEWLINE)
    let written = 0
    while (written < length) {
      const position = start + written
      written += writeSync(this.#descriptors.lock, blank, written, length - written, position)
    }
  }
}

/** What an error of the system means here, and what to do. */
function adviceOn(error: unknown, access: Access): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') {
    return access === 'create'
      ? 'its folder is not there; create it first'
      : 'it is not there; look at the path'
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return access === 'read'
      ? 'no permission to read it; ask its owner'
      : 'no permission to write it; ask its owner, or open it with readOnly: true'
  }
  return error instanceof Error ? error.message : String(error)
}
