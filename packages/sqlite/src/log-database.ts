import { AuditError } from '@audit/core'
import type { Database, DatabaseConstructor } from './driver.ts'
import { codeOf } from './failure.ts'
import {
  assertFolderPermitted,
  assertInPlace,
  assertMainInPlace,
  ensureFile,
  type FileIdentity,
  filesOf,
  identify,
  type LogFiles,
  resolveLinks,
  syncFolderOf,
} from './log-file.ts'
import { assertSchema, createSchema } from './schema.ts'
import { assertSideFiles, readFormat } from './side-files.ts'

/** How long another process may hold the lock before a call gives up. */
export const BUSY_TIMEOUT_MS = 30_000
const RETRY_MS = 5

/** An open connection, and the files that it reads and writes. */
export interface LogDatabase {
  readonly database: Database
  readonly files: LogFiles
}

/** Opens the log for appending, and creates it if it is missing. A file of another format is left unchanged. */
export function openOrCreate(Database: DatabaseConstructor, path: string): LogDatabase {
  ensureFile(path)
  try {
    return openWriter(Database, path, identify(path), 'AUDIT_OPEN_FAILED')
  } catch (error) {
    assertFolderPermitted(path, error)
    throw error
  }
}

/** Reopens the log for appending, if it is still the same file. */
export function reopen(Database: DatabaseConstructor, path: string, main: FileIdentity): LogDatabase {
  assertMainInPlace(path, main, 'AUDIT_WRITE_FAILED')
  return openWriter(Database, path, main, 'AUDIT_WRITE_FAILED')
}

/** Reopens the log for reading, if all its files are still the same. */
export function openForReading(Database: DatabaseConstructor, path: string, files: LogFiles): LogDatabase {
  assertInPlace(path, files, 'AUDIT_READ_FAILED')
  const database = connect(Database, path, { isReadOnly: true, timeoutMs: BUSY_TIMEOUT_MS })
  return orClose(database, () => {
    database.pragma('query_only = ON')
    readFormat(database) // SQLite opens the -wal with the first read
    assertInPlace(path, files, 'AUDIT_READ_FAILED')
    return { database, files }
  })
}

function openWriter(
  Database: DatabaseConstructor,
  path: string,
  main: FileIdentity,
  code: 'AUDIT_OPEN_FAILED' | 'AUDIT_WRITE_FAILED',
): LogDatabase {
  const deadline = performance.now() + BUSY_TIMEOUT_MS
  const remainingMs = () => Math.max(1, Math.floor(deadline - performance.now()))
  assertSideFiles(Database, resolveLinks(path), remainingMs())
  const database = connect(Database, path, { isReadOnly: false, timeoutMs: remainingMs() })
  return orClose(database, () => {
    if (readFormat(database) === 'empty') {
      setBusyTimeout(database, remainingMs())
      createSchema(database)
    }
    // By default, the operating system decides when a commit reaches the disk.
    database.pragma('synchronous = FULL')
    database.pragma('fullfsync = ON') // macOS: flush the disk's own cache too
    if (useWal(database, deadline)) syncFolderOf(path)
    setBusyTimeout(database, remainingMs())
    assertSchema(Database, database)
    setBusyTimeout(database, BUSY_TIMEOUT_MS)
    const files = filesOf(path, main, code)
    assertInPlace(path, files, code) // SQLite opened it by name, a moment after it was identified
    return { database, files }
  })
}

interface ConnectionOptions {
  readonly isReadOnly: boolean
  readonly timeoutMs: number
}

function connect(
  Database: DatabaseConstructor,
  path: string,
  { isReadOnly, timeoutMs }: ConnectionOptions,
): Database {
  const database = new Database(path, { readonly: isReadOnly, fileMustExist: true, timeout: timeoutMs })
  return orClose(database, () => {
    database.pragma('trusted_schema = OFF')
    database.pragma('cell_size_check = ON')
    return database
  })
}

function orClose<T>(database: Database, use: () => T): T {
  try {
    return use()
  } catch (error) {
    database.close()
    throw error
  }
}

function setBusyTimeout(database: Database, ms: number): void {
  database.pragma(`busy_timeout = ${ms}`)
}

/**
 * Switches a new log to WAL mode, so that readers and the writer do not wait for each other. This needs the file
 * exclusively for a moment, and SQLite does not wait for that by itself.
 *
 * @returns whether it had to be switched
 */
function useWal(database: Database, deadline: number): boolean {
  if (database.pragma('journal_mode', { simple: true }) === 'wal') return false
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
