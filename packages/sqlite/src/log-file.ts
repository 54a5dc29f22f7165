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
  openSync,
  readSync,
  realpathSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { AuditError } from '@audit/core'
import { codeOf, unsupported } from './failure.ts'

// The log's file itself is not opened here, with one exception, only looked at: on POSIX systems, closing any descriptor of a file drops
// the locks that SQLite holds on it for other connections of the same process.

/** Bytes of one page at the least (SQLite file format, section 1.3.2). */
const SMALLEST_DATABASE = 512n

/** Which file on this machine, whatever its name. */
export interface FileIdentity {
  readonly dev: bigint
  readonly ino: bigint
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
 * @throws AuditError `AUDIT_OPEN_FAILED` unless it is a regular file that may be read and written.
 */
export function identify(path: string): FileIdentity {
  const stats = statOf(path)
  if (!stats) throw openFailed(`${path} is not there, or is a symbolic link to nothing`)
  if (!stats.isFile()) throw openFailed(`${path} is not a file; give the path of a file, such as audit.db`)
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
  } catch (cause) {
    throw openFailed(`no permission to read and write ${path}; ask its owner`, cause)
  }
  return { dev: stats.dev, ino: stats.ino }
}

/** Whether this very file is still at the path, and not emptied. */
export function isInPlace(path: string, { dev, ino }: FileIdentity): boolean {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats !== undefined && stats.dev === dev && stats.ino === ino && stats.size > 0n
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

/** Whether SQLite left a file with this ending beside the log's. */
export function hasSideFile(path: string, ending: '-wal' | '-journal'): boolean {
  return isFilled(path + ending)
}

const JOURNAL_MAGIC = Buffer.from('d9d505f920a163d7', 'hex')
const JOURNAL_PAGES_OFFSET = 16

/**
 * Whether the rollback journal says that the file was empty before, so that a crash came in between while the log was
 * being created (SQLite file format, section 3).
 */
export function isCreationUnfinished(path: string): boolean {
  const header = headOf(`${path}-journal`, JOURNAL_PAGES_OFFSET + 4)
  if (!header?.subarray(0, JOURNAL_MAGIC.length).equals(JOURNAL_MAGIC)) return false
  return header.readUInt32BE(JOURNAL_PAGES_OFFSET) === 0
}

const APPLICATION_ID_OFFSET = 68

/**
 * The application id in the header of a database that SQLite cannot read before it has recovered it (section 1.3.15).
 * Only for then: no connection of this process can be using the file, and lose its locks.
 */
export function applicationIdOf(path: string): number | undefined {
  return headOf(path, APPLICATION_ID_OFFSET + 4)?.readInt32BE(APPLICATION_ID_OFFSET)
}

/** The first bytes of a file; `undefined` when it is shorter, or gone by now. */
function headOf(path: string, length: number): Buffer | undefined {
  if (!isFilled(path)) return undefined
  try {
    const file = openSync(path, 'r')
    try {
      const head = Buffer.alloc(length)
      return readSync(file, head, 0, length, 0) === length ? head : undefined
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Made aside under another name, then linked: the log's own name never stands for a file that is open here. */
function createFile(path: string): void {
  const draft = join(dirname(path), `.audit-${randomUUID()}`)
  try {
    const file = openSync(draft, 'wx', 0o600)
    try {
      fchmodSync(file, 0o600) // whatever the umask
    } finally {
      closeSync(file)
    }
    linkOrCopy(draft, path)
    unlinkSync(draft)
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

function openFailed(message: string, cause?: unknown): AuditError {
  return new AuditError('AUDIT_OPEN_FAILED', message, { cause })
}
