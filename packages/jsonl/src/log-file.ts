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

/** No system writes more in one call. */
const LARGEST_WRITE = 1024 * 1024 * 1024
const NEWLINE = 0x0a

/** How the file is used. */
export type Access = 'read' | 'write' | 'create'

/** What a failed `append` left in the file. */
interface Remains {
  readonly start: number
  readonly bytes: Buffer
  /** They are among bytes of another program, which must stay. */
  among?: number
  /** They are gone from the file, but may come back after power loss. */
  areGone: boolean
}

/**
 * The file of a log: its descriptors, its identity, and the bytes that are read and written. It knows nothing about
 * lines.
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
   * Opens the file: to read it and change nothing, to write, or to write and create it if it is missing.
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
   * How many bytes the file has.
   *
   * @param code the error's code if the path no longer leads to this file, because it was deleted, moved or replaced.
   */
  size(code: AuditErrorCode): number {
    const there = statSync(this.path, { bigint: true, throwIfNoEntry: false })
    // A path can lead to a deleted file: one that a container mounts, and whose name on the host is gone.
    const isThere = there !== undefined && there.nlink > 0n
    if (isThere && isSame(there, this.identity)) return Number(there.size)
    const what = isThere ? 'another file has taken the place of the log' : 'the log was deleted or moved away'
    throw new AuditError(code, `${this.path}: ${what}; put it back, or open the path again`)
  }

  /** Fills `target` with the bytes from an offset on. Throws `AUDIT_CORRUPT` if the file ends earlier. */
  read(target: Buffer, offset: number): void {
    let filled = 0
    while (filled < target.length) {
      const length = target.length - filled
      const bytesRead = readSync(this.#descriptors.data, target, filled, length, offset + filled)
      if (bytesRead === 0) {
        throw new AuditError(
          'AUDIT_CORRUPT',
          `${this.path}: the file is shorter than before; restore it, then open it again`,
        )
      }
      filled += bytesRead
    }
  }

  /** Whether a failed `append` left bytes that could not be removed. Keep the lock until `undo` has succeeded. */
  get hasRemains(): boolean {
    return this.#remains !== undefined
  }

  /**
   * Appends bytes at `start`, the end of the file, and returns the new size once they survive power loss. After a failure
   * it removes them. Call it under the exclusive lock.
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
        // `hasRemains` says so.
      }
      throw error
    }
  }

  /** Makes everything that was written, by any process, survive power loss. */
  sync(): void {
    fdatasyncSync(this.#descriptors.data)
  }

  /**
   * Removes what a failed `append` left, durably. Call it under the exclusive lock.
   *
   * After a failed sync, Linux treats the bytes as written although they are not, so a second sync would prove nothing.
   * Truncating removes them from memory too. The block that they shared with earlier bytes, which had been synced, is
   * written again with the next append.
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

  /** Closes the descriptors, which also frees the lock. */
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

  /** A writer without a lock may have appended just before; half a line of it would ruin ours. */
  #checkUnmixed(bytes: Buffer, start: number): number {
    const there = this.#foreignFrom(start, bytes.length)
    if (there === undefined) return start + bytes.length
    const at = there.indexOf(bytes)
    if (at === 0 || there[at - 1] === NEWLINE) return start + there.length
    throw new Error('another program, which takes no lock, wrote into the same line')
  }

  /** What the file holds from `start` on, if that is more than our own `length` bytes. */
  #foreignFrom(start: number, length: number): Buffer | undefined {
    const { size } = fstatSync(this.#descriptors.data)
    if (size <= start + length) return undefined
    const bytes = Buffer.allocUnsafe(size - start)
    this.read(bytes, start)
    return bytes
  }

  /** Truncating would remove another writer's bytes too, so ours are overwritten with blank lines. */
  #blankOut(start: number, length: number): void {
    const blank = Buffer.alloc(length, NEWLINE)
    let written = 0
    while (written < length) {
      const position = start + written
      written += writeSync(this.#descriptors.lock, blank, written, length - written, position)
    }
  }
}

/** What a system error means here, and what to do. */
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
