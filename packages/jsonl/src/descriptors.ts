import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'

// With O_NONBLOCK, opening a pipe that has replaced the file does not hang; a file ignores it.
const NONBLOCK = constants.O_NONBLOCK ?? 0
const READ_WRITE = constants.O_RDWR | NONBLOCK
const READ = constants.O_RDONLY | NONBLOCK
const OWNER_ONLY = 0o600

/** What identifies a file, whatever its name. */
export interface FileIdentity {
  readonly dev: bigint
  readonly ino: bigint
}

/** The descriptors of a log's file: the same one twice if the file may only be read. */
export interface Descriptors {
  /** Reads and appends: the system puts each write at the end, after whatever another writer has just put there. */
  readonly data: number
  /** Locks and truncates, which Windows refuses to a descriptor that appends. */
  readonly lock: number
}

/**
 * Opens the file, and makes its name survive power loss.
 *
 * @param mayCreate creates a missing file with mode 0600; its folder must exist.
 */
export function openForWriting(path: string, mayCreate: boolean): Descriptors {
  const data = openToAppend(path, mayCreate)
  let lock: number | undefined
  try {
    lock = openSync(path, READ_WRITE)
    syncFolder(path)
    if (isSame(identityOf(data), identityOf(lock))) return { data, lock }
    throw new Error('the file was replaced while it was being opened')
  } catch (error) {
    if (lock !== undefined) closeSync(lock)
    closeSync(data)
    throw error
  }
}

/** Opens an existing file, and changes nothing. */
export function openForReading(path: string): Descriptors {
  if (!statSync(path).isFile()) throw notAFile() // merely opening a device can have effects
  const data = openFile(path, READ)
  return { data, lock: data }
}

/** The identity of an open file. */
export function identityOf(descriptor: number): FileIdentity {
  const { dev, ino } = fstatSync(descriptor, { bigint: true })
  return { dev, ino }
}

/** Whether two identities belong to one file. */
export function isSame(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino
}

function openToAppend(path: string, mayCreate: boolean): number {
  const there = statSync(path, { throwIfNoEntry: false }) // merely opening a device can have effects
  if (there && !there.isFile()) throw notAFile()
  if (there || !mayCreate) return openFile(path, READ_WRITE | constants.O_APPEND)
  try {
    return create(path)
  } catch (error) {
    // Another process has just created it, or a link leads nowhere.
    if (isCode(error, 'EEXIST')) return openFile(path, READ_WRITE | constants.O_APPEND)
    throw error
  }
}

function openFile(path: string, flags: number): number {
  const descriptor = openSync(path, flags)
  if (fstatSync(descriptor).isFile()) return descriptor
  closeSync(descriptor)
  throw notAFile()
}

function create(path: string): number {
  const flags = READ_WRITE | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL
  const descriptor = openSync(path, flags, OWNER_ONLY)
  try {
    fchmodSync(descriptor, OWNER_ONLY) // the umask may have removed the owner's own rights
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

/** Makes the file's name survive power loss. Every opener does this, because the creator may have died first. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return // NTFS journals names, and Windows cannot open folders
  let folder: number | undefined
  try {
    folder = openSync(dirname(realpathSync(path)), constants.O_RDONLY)
    fsyncSync(folder)
  } catch (error) {
    // A folder may hold files without permission to list it, and some network file systems cannot sync folders.
    if (!['EACCES', 'EINVAL', 'ENOTSUP'].some(code => isCode(error, code))) throw error
  } finally {
    if (folder !== undefined) closeSync(folder)
  }
}

function notAFile(): Error {
  return new Error('it is not a file')
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
