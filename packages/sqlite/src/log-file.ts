import { randomUUID } from 'node:crypto'
import {
  accessSync,
  type BigIntStats,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { AuditError, type AuditErrorCode } from '@audit/core'
import { codeOf, unsupported } from './failure.ts'

// The log's file itself is never opened here: on POSIX systems, closing any descriptor of a file drops the locks that
// SQLite holds on it for other connections of the same process.

/** The smallest page, in bytes (SQLite file format, section 1.3.2). */
const SMALLEST_DATABASE = 512n

/** The prefix of a new log's file until it gets its name. */
const DRAFT = '.audit-'

/** Identifies a file on this machine, whatever its name. */
export interface FileIdentity {
  readonly dev: bigint
  readonly ino: bigint
}

/** The files of an open log. SQLite replaces none of them while any process has the log open. */
export interface LogFiles {
  readonly main: FileIdentity
  readonly wal: FileIdentity
  readonly shm: FileIdentity
}

/** Checks that the file may hold a log. Creates a missing file, empty and readable by its owner only. */
export function ensureFile(path: string): void {
  const wal = `${resolveLinks(path)}-wal`
  const hasOrphans = isFilled(wal) // checked first, because another process may create both in between
  const stats = statOf(path)
  if ((!stats || stats.size === 0n) && hasOrphans) {
    throw new AuditError(
      'AUDIT_CORRUPT',
      `${path} is ${stats ? 'empty' : 'missing'}, but ${wal} holds entries of it; put the file back, or move the -wal away to start a new log`,
    )
  }
  if (!stats) createFile(path)
  identify(path)
  // SQLite treats a file of one byte as empty, and would overwrite it.
  if (stats && stats.size > 0n && stats.size < SMALLEST_DATABASE)
    throw unsupported('it is no SQLite database')
}

/**
 * Which file is at this path.
 *
 * @throws AuditError `AUDIT_OPEN_FAILED` unless it is a regular file with only this name that may be read and, unless
 *   `isReadOnly`, written.
 */
export function identify(path: string, isReadOnly = false): FileIdentity {
  const stats = statOf(path)
  if (!stats) throw openFailed(`${path} does not exist, or is a symbolic link to nothing`)
  if (!stats.isFile()) throw openFailed(`${path} is not a file; give the path of a file, such as audit.db`)
  assertPermitted(path, isReadOnly)
  if (stats.nlink > 1n && !isReadOnly) removeDraftsOf(path)
  assertOneName(path)
  return identityOf(stats)
}

/** Throws an AuditError `AUDIT_OPEN_FAILED` unless a file may be read and, unless `isReadOnly`, written. */
export function assertPermitted(path: string, isReadOnly: boolean): void {
  try {
    accessSync(path, isReadOnly ? constants.R_OK : constants.R_OK | constants.W_OK)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return // another process has just removed it
    const advice = isReadOnly ? 'ask its owner' : 'ask its owner, or open the log with readOnly: true'
    throw openFailed(`no permission to read${isReadOnly ? '' : ' and write'} ${path}; ${advice}`, cause)
  }
}

/** Throws an AuditError `AUDIT_OPEN_FAILED` if the folder's permissions are why SQLite could not create the side files. */
export function assertFolderPermitted(path: string, cause: unknown): void {
  if (!/^SQLITE_(CANTOPEN|READONLY)/.test(codeOf(cause) ?? '')) return
  const folder = dirname(resolveLinks(path))
  try {
    accessSync(folder, constants.W_OK)
  } catch {
    throw openFailed(
      `no permission to write in ${folder}, where the -wal and -shm of ${path} must be created; ask its owner, or open the log with readOnly: true`,
      cause,
    )
  }
}

/** A log that is opened by a second path gets a second `-wal` there, and the two overwrite each other's entries. */
function assertOneName(path: string): void {
  if ((statOf(path)?.nlink ?? 1n) > 1n) {
    throw openFailed(
      `${path} is a hard link, and each other name of the file would get its own write-ahead log; remove the other names, or copy the file`,
    )
  }
  if (isMountPoint(resolveLinks(path))) {
    throw openFailed(
      `${path} is mounted alone, without the write-ahead log beside it; mount its folder instead`,
    )
  }
}

function isMountPoint(path: string): boolean {
  if (process.platform !== 'linux') return false
  try {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
    return mounts.some(mount => unescapeOctal(mount.split(' ')[4] ?? '') === path)
  } catch {
    return false // no /proc
  }
}

/** The kernel escapes blanks and backslashes as octal numbers, byte by byte. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

/** The files of a log that SQLite has open now, for the holder of a connection. */
export function filesOf(path: string, main: FileIdentity, code: AuditErrorCode): LogFiles {
  const real = resolveLinks(path)
  const [wal, shm] = [lookAt(`${real}-wal`), lookAt(`${real}-shm`)]
  if (!wal || !shm) throw missing(code, path)
  return { main, wal: identityOf(wal), shm: identityOf(shm) }
}

/**
 * Throws an AuditError with `code` unless the files at the path are still these, each with one name. Entries written to
 * other files would be lost, and other files do not hold this log.
 */
export function assertInPlace(path: string, { main, wal, shm }: LogFiles, code: AuditErrorCode): void {
  assertMainInPlace(path, main, code)
  const real = resolveLinks(path)
  if (!isStill(wal, lookAt(`${real}-wal`)) || !isStill(shm, lookAt(`${real}-shm`))) throw missing(code, path)
}

/** The same for the main file only, for when SQLite may have removed and created the others meanwhile. */
export function assertMainInPlace(path: string, main: FileIdentity, code: AuditErrorCode): void {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (isStill(main, stats) && stats !== undefined && stats.size > 0n) return
  throw missing(code, path)
}

function isStill({ dev, ino }: FileIdentity, stats: BigIntStats | undefined): boolean {
  return stats !== undefined && stats.dev === dev && stats.ino === ino && stats.nlink === 1n
}

/** The error for files of an open log that are no longer where they were. */
export function missing(code: AuditErrorCode, path: string): AuditError {
  return new AuditError(
    code,
    `${path}, or its -wal or -shm, was deleted, emptied, replaced or linked to while it was open; put the file back, or close the log and check the files`,
  )
}

/** Makes a new file's name survive power loss. */
export function syncFolderOf(path: string): void {
  if (process.platform === 'win32') return // NTFS journals names, and Windows cannot open folders
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** The path behind symbolic links, beside which SQLite puts its `-wal`, `-shm` and `-journal`. */
export function resolveLinks(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path // it does not exist yet
  }
}

/** What is at this very path, without following links. */
export function lookAt(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })
}

export function identityOf({ dev, ino }: BigIntStats): FileIdentity {
  return { dev, ino }
}

/** Creates the file under another name, then links it, so that the log's own name never belongs to a file that is open here. */
function createFile(path: string): void {
  const draft = join(dirname(path), `${DRAFT}${randomUUID()}`)
  try {
    const file = openSync(draft, 'wx', 0o600)
    try {
      fchmodSync(file, 0o600) // whatever the umask
    } finally {
      closeSync(file)
    }
    linkOrCopy(draft, path)
    rmSync(draft, { force: true }) // another process may have removed it, see removeDraftsOf
  } catch (cause) {
    const advice = codeOf(cause) === 'ENOENT' ? 'create its folder first' : 'see the cause'
    throw openFailed(`${path} cannot be created; ${advice}`, cause)
  }
}

function linkOrCopy(draft: string, path: string): void {
  try {
    linkSync(draft, path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return // another process was first
    // Some file systems have no hard links, such as FAT.
    copyFileSync(draft, path, constants.COPYFILE_EXCL)
  }
}

/** Removes the second name of a file whose creator has not done so yet, or was killed before. */
function removeDraftsOf(path: string): void {
  const main = statOf(path)
  const folder = dirname(resolveLinks(path))
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(DRAFT)) continue
    const draft = join(folder, name)
    if (lookAt(draft)?.ino === main?.ino) rmSync(draft, { force: true })
  }
}

function isFilled(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (cause) {
    throw openFailed(`${path} cannot be reached`, cause)
  }
}

/** The error for a file that cannot be opened in its present state. */
export function openFailed(message: string, cause?: unknown): AuditError {
  return new AuditError('AUDIT_OPEN_FAILED', message, { cause })
}
