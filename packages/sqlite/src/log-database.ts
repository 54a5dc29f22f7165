import { AuditError, type AuditErrorCode } from '@audit/core'
import type { Database, DatabaseConstructor } from './driver.ts'
import { codeOf, unsupported } from './failure.ts'
import {
  applicationIdOf,
  ensureFile,
  type FileIdentity,
  hasSideFile,
  identify,
  isCreationUnfinished,
  isInPlace,
  resolveLinks,
  syncFolderOf,
} from './log-file.ts'
import { APPLICATION_ID, assertSchema, createSchema, formatOf } from './schema.ts'

/** How long another process may hold the lock before a call gives up. */
const BUSY_TIMEOUT_MS = 30_000
const RETRY_MS = 5

/** An open connection, and the file that it reads and writes. */
export interface LogDatabase {
  readonly database: Database
  readonly identity: FileIdentity
}

/** Opens the log for appending, and creates it when there is none. A file of another format is left as it was. */
export function openOrCreate(Database: DatabaseConstructor, path: string): LogDatabase {
  ensureFile(path)
  const real = resolveLinks(path)
  if (!isCreationUnfinished(real)) inspect(Database, real)
  return openWriter(Database, path, identify(path), 'AUDIT_OPEN_FAILED')
}

/** Opens the log again for appending, if it is still the same file. */
export function reopen(Database: DatabaseConstructor, path: string, identity: FileIdentity): LogDatabase {
  assertInPlace(path, identity, 'AUDIT_WRITE_FAILED')
  return openWriter(Database, path, identity, 'AUDIT_WRITE_FAILED')
}

/** Opens the log for reading, if it is still the same file. */
export function openForReading(
  Database: DatabaseConstructor,
  path: string,
  identity: FileIdentity,
): LogDatabase {
  assertInPlace(path, identity, 'AUDIT_READ_FAILED')
  return connect(Database, path, identity, 'AUDIT_READ_FAILED', database => {
    database.pragma('query_only = ON')
  })
}

/** Throws an AuditError with `code` unless the file at the path is still this one: what is written elsewhere is lost. */
export function assertInPlace(path: string, identity: FileIdentity, code: AuditErrorCode): void {
  if (isInPlace(path, identity)) return
  throw new AuditError(
    code,
    `${path} was deleted, emptied or replaced while it was open; put the file back, or open the log anew`,
  )
}

/**
 * Looks whether a database that has a journal beside it is a log, without recovering it if it is not. Without a journal
 * there is nothing to recover, and opening leaves the file as it was.
 */
function inspect(Database: DatabaseConstructor, path: string): void {
  if (!hasSideFile(path, '-wal') && !hasSideFile(path, '-journal')) return
  const database = new Database(path, { readonly: true, timeout: BUSY_TIMEOUT_MS })
  try {
    readFormat(database)
  } catch (error) {
    if (codeOf(error) !== 'SQLITE_READONLY_ROLLBACK') throw error
    if (applicationIdOf(path) !== APPLICATION_ID) {
      throw unsupported('it is a database that its own program has yet to recover; give another path', error)
    }
  } finally {
    database.close()
  }
}

function openWriter(
  Database: DatabaseConstructor,
  path: string,
  identity: FileIdentity,
  code: AuditErrorCode,
): LogDatabase {
  return connect(Database, path, identity, code, database => {
    if (readFormat(database) === 'empty') createSchema(database)
    // The default is to leave it to the operating system when a commit reaches the disk.
    database.pragma('synchronous = FULL')
    database.pragma('fullfsync = ON') // macOS: through the disk's own cache
    if (useWal(database)) syncFolderOf(path)
    assertSchema(Database, database)
  })
}

function connect(
  Database: DatabaseConstructor,
  path: string,
  identity: FileIdentity,
  code: AuditErrorCode,
  prepare: (database: Database) => void,
): LogDatabase {
  const database = new Database(path, {
    readonly: code === 'AUDIT_READ_FAILED',
    fileMustExist: true,
    timeout: BUSY_TIMEOUT_MS,
  })
  try {
    database.pragma('trusted_schema = OFF')
    database.pragma('cell_size_check = ON')
    prepare(database)
    assertInPlace(path, identity, code) // SQLite opened it by its name, a moment after it was identified
    return { database, identity }
  } catch (error) {
    database.close()
    throw error
  }
}

function readFormat(database: Database): 'empty' | 'log' {
  try {
    return formatOf(database)
  } catch (error) {
    if (codeOf(error) !== 'SQLITE_NOTADB') throw error
    throw unsupported('it is no SQLite database; give another path', error)
  }
}

/**
 * Switches a new log to a write-ahead log, so that readers and the writer do not wait for each other. Needs the file
 * for itself for a moment, and SQLite does not wait for that by itself.
 *
 * @returns whether it had to be switched
 */
function useWal(database: Database): boolean {
  if (database.pragma('journal_mode', { simple: true }) === 'wal') return false
  const deadline = performance.now() + BUSY_TIMEOUT_MS
  for (;;) {
    try {
      if (database.pragma('journal_mode = WAL', { simple: true }) === 'wal') return true
      throw new AuditError(
        'AUDIT_OPEN_FAILED',
        'this file system does not carry a write-ahead log; put the file on a local disk',
      )
    } catch (error) {
      if (!codeOf(error)?.startsWith('SQLITE_BUSY') || performance.now() > deadline) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
    }
  }
}
