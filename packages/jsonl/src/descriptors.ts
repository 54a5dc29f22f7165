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

// O_NONBLOCK keeps the opening of a pipe that took the file's place from hanging; it means nothing for a file.
const NONBLOCK = constants.O_NONBLOCK ?? 0
const READ_WRITE = constants.O_RDWR | NONBLOCK
const READ = constants.O_RDONLY | NONBLOCK
const OWNER_ONLY = 0o600

/** What tells one file from another, whatever their names are. */
export interface FileIdentity {
  readonly dev: bigint
  readonly ino: bigint
}

/** The descriptors of a log's file: the same one twice when it may only be read. */
export interface Descriptors {
  /** Reads, and appends: the system puts each write at the end, behind what another writer may just have put there. */
  readonly data: number
  /** Locks, and takes back, which Windows refuses to a descriptor that appends. */
  readonly lock: number
}

/**
 * Opens the file so that its name survives power loss.
 *
 * @param mayCreate creates a missing file with mode 0600, in a folder that exists.
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

/** Opens a file that exists, and changes nothing. */
export function openForReading(path: string): Descriptors {
  if (!statSync(path).isFile()) throw notAFile() // only to open a device can already do something
  const data = openFile(path, READ)
  return { data, lock: data }
}

/** The identity of an open file. */
export function identityOf(descriptor: number): FileIdentity {
  const { dev, ino } = fstatSync(descriptor, { bigint: true })
  return { dev, ino }
}

/** Whether two identities are of one file. */
export function isSame(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino
}

function openToAppend(path: string, mayCreate: boolean): number {
  const there = statSync(path, { throwIfNoEntry: false }) // only to open a device can already do something
  if (there && !there.isFile()) throw notAFile()
  if (there || !mayCreate) return openFile(path, READ_WRITE | constants.O_APPEND)
  try {
    return create(path)
  } catch (error) {
    // Another process was faster, or a link leads nowhere.
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
    fchmodSync(descriptor, OWNER_ONLY) // the umask may have taken away the owner's own rights
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

/** Makes the file's name survive power loss. Whoever opens it does so: the one that created it may have died. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return // it keeps names in its own journal, and opens no folders
  let folder: number | undefined
  try {
    folder = openSync(dirname(realpathSync(path)), constants.O_RDONLY)
    fsyncSync(folder)
  } catch (error) {
    // A folder that may not be listed holds files all the same, and some network file systems sync no folders.
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
