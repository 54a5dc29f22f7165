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

// The log's file itself is only looked at here: on POSIX systems, closing any descriptor of a file drops the locks that
// SQLite holds on it for other connections of the same process.

/** Bytes of one page at the least (SQLite file format, section 1.3.2). */
const SMALLEST_DATABASE = 512n

/** What a new log's file is called until it gets its name. */
const DRAFT = '.audit-'

/** Which file on this machine, whatever its name. */
export interface FileIdentity {
  readonly dev: bigint
  readonly ino: bigint
}

/** The files of an open log. While any process has it open, SQLite replaces none of them. */
export interface LogFiles {
  readonly main: FileIdentity
  readonly wal: FileIdentity
  readonly shm: FileIdentity
}

/** Makes sure that a file is there that may hold a log, and creates an empty one, readable by its owner alone, if none is. */
export function ensureFile(path: string): void {
  const wal = `${resolveLinks(path)}-wal`
  const hasOrphans = isFilled(wal) // looked at first, so that nobody can have created both in between
  const stats = statOf(path)
  if ((!stats || stats.size === 0n) && hasOrphans) {
    throw new AuditError(
      'AUDIT_CORRUPT',
      `${path} is ${stats ? 'empty' : 'missing'}, but ${wal} holds entries of it; put the file back, or move the other away to begin a new log`,
    )
  }
  if (!stats) createFile(path)
  identify(path)
  // SQLite takes a file of one byte for an empty one, and would write over it.
  if (stats && stats.size > 0n && stats.size < SMALLEST_DATABASE)
    throw unsupported('it is no SQLite database')
}

/**
 * Which file is at this path.
 *
 * @throws AuditError `AUDIT_OPEN_FAILED` unless it is a regular file with this one name that may be read, and written
 *   unless `isReadOnly`.
 */
export function identify(path: string, isReadOnly = false): FileIdentity {
  const stats = statOf(path)
  if (!stats) throw openFailed(`${path} is not there, or is a symbolic link to nothing`)
  if (!stats.isFile()) throw openFailed(`${path} is not a file; give the path of a file, such as audit.db`)
  try {
    accessSync(path, isReadOnly ? constants.R_OK : constants.R_OK | constants.W_OK)
  } catch (cause) {
    const advice = isReadOnly ? 'ask its owner' : 'ask its owner, or open it with readOnly: true'
    throw openFailed(`no permission to read${isReadOnly ? '' : ' and write'} ${path}; ${advice}`, cause)
  }
  if (stats.nlink > 1n && !isReadOnly) removeDraftsOf(path)
  assertOneName(path)
  return identityOf(stats)
}

/** Who opens a log by a second path gets a second `-wal` beside that, and each of the two writes over the other. */
function assertOneName(path: string): void {
  if ((statOf(path)?.nlink ?? 1n) > 1n) {
    throw openFailed(
      `${path} is a hard link, and other names of the file would get a write-ahead log of their own; remove the others, or copy the file`,
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

/** The kernel writes blanks and backslashes as octal numbers, bytewise. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

/** The files of a log that SQLite has open now, for one who holds a connection. */
export function filesOf(path: string, main: FileIdentity, code: AuditErrorCode): LogFiles {
  const real = resolveLinks(path)
  const [wal, shm] = [lookAt(`${real}-wal`), lookAt(`${real}-shm`)]
  if (!wal || !shm) throw missing(code, path)
  return { main, wal: identityOf(wal), shm: identityOf(shm) }
}

/**
 * Throws an AuditError with `code` unless the files at the path are still these, each with one name: what is written
 * into others is lost, and what is read from others is not the log.
 */
export function assertInPlace(path: string, { main, wal, shm }: LogFiles, code: AuditErrorCode): void {
  assertMainInPlace(path, main, code)
  const real = resolveLinks(path)
  if (!isStill(wal, lookAt(`${real}-wal`)) || !isStill(shm, lookAt(`${real}-shm`))) throw missing(code, path)
}

/** The same for the main file alone, where SQLite may have removed and made the others meanwhile. */
export function assertMainInPlace(path: string, main: FileIdentity, code: AuditErrorCode): void {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (isStill(main, stats) && stats !== undefined && stats.size > 0n) return
  throw missing(code, path)
}

function isStill({ dev, ino }: FileIdentity, stats: BigIntStats | undefined): boolean {
  return stats !== undefined && stats.dev === dev && stats.ino === ino && stats.nlink === 1n
}

function missing(code: AuditErrorCode, path: string): AuditError {
  return new AuditError(
    code,
    `${path}, or its -wal or -shm, was deleted, emptied, replaced or linked to while it was open; put the file back, or close the log and see what is there`,
  )
}

/** Makes a new file's name survive a power loss. */
export function syncFolderOf(path: string): void {
  if (process.platform === 'win32') return // NTFS does so itself, and a folder cannot be opened there
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
    return path // nothing there yet
  }
}

/** What stands at this very path, links not followed. */
export function lookAt(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })
}

export function identityOf({ dev, ino }: BigIntStats): FileIdentity {
  return { dev, ino }
}

/** Made aside under another name, then linked: the log's own name never stands for a file that is open here. */
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
    rmSync(draft, { force: true }) // another process may have done so, see removeDraftsOf
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

/** Removes the second name of a file whose creator has not come to that yet, or was killed before. */
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

/** The error for what cannot be opened as it is. */
export function openFailed(message: string, cause?: unknown): AuditError {
  return new AuditError('AUDIT_OPEN_FAILED', message, { cause })
}
