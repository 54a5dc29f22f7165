import { lstat, open, realpath, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { AuditError } from '@audit/core'
import { CommandError } from '../command-error.ts'
import { codeOf } from '../error-code.ts'
import { identityOf } from '../file-identity.ts'
import { removedAtExit } from '../removed-at-exit.ts'
import { untilAborted } from '../until-aborted.ts'
import type { DatabaseLocation, FileLocation, LogLocation } from './log-location.ts'
import { nodeSqlite } from './node-sqlite.ts'
import { withoutPostgres } from './postgres-packages.ts'

/** Held by the one import or convert that fills a log. Dispose of it to let the next one in; the end of the process does too. */
export interface LogLock extends AsyncDisposable {
  /** Throws a CommandError if the lock was lost, as with a connection that broke. */
  assertHeld(): void
}

/**
 * Keeps other imports and converts out of a log. It does not keep out an application that records into it.
 *
 * @throws CommandError if another one has the lock, or if it cannot be taken; AuditError `AUDIT_OPEN_FAILED` if a database
 *   cannot be reached; the signal's reason.
 */
export async function lockLog(location: LogLocation, signal: AbortSignal): Promise<LogLock> {
  return location.kind === 'file' ? lockFile(location) : lockDatabase(location, signal)
}

/** SQLite locks an empty file beside the log: the system releases that lock however the process ends. */
async function lockFile({ path, name }: FileLocation): Promise<LogLock> {
  const lock = await lockPath(path)
  const { DatabaseSync } = nodeSqlite()
  for (;;) {
    const identity = await createdLock(lock, name)
    const database = new DatabaseSync(lock)
    try {
      // Nothing is committed, so the file stays empty; the journal is kept in memory, so a killed process leaves none.
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    } catch (error) {
      database.close()
      throw isBusy(error) ? atWork(name) : notLocked(name, lock, error)
    }
    // Whoever had the lock removes the file before it lets go of it.
    if ((await identityAt(lock)) === identity) return heldLock(lock, database)
    database.close()
  }
}

function heldLock(lock: string, database: DatabaseSync): LogLock {
  const atExit = removedAtExit(lock)
  const release = async () => {
    if (process.platform !== 'win32') await rm(lock, { force: true })
    atExit[Symbol.dispose]() // from here on, it may be another's
    database.close()
    // Windows removes no open file: if another process has it by now, it stays.
    if (process.platform === 'win32') await rm(lock, { force: true }).catch(() => {})
  }
  return { assertHeld() {}, [Symbol.asyncDispose]: release }
}

/** One lock for a file, by whatever link it is given. */
async function lockPath(path: string): Promise<string> {
  const folder = await realpath(dirname(path)).catch(() => dirname(path)) // creating the lock says what is wrong
  const file = await realpath(path).catch(() => join(folder, basename(path)))
  return join(dirname(file), `.${basename(file)}.lock`)
}

/** Creates the file unless it is there. Never opens one that is: closing it would release a lock of this process. */
async function createdLock(lock: string, name: string): Promise<string | undefined> {
  try {
    const handle = await open(lock, 'wx', 0o600)
    await handle.close()
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR')
      throw new CommandError(`the folder of ${name} does not exist; create it first`)
    if (codeOf(error) !== 'EEXIST') throw notLocked(name, lock, error)
  }
  const stats = await lstat(lock).catch(() => undefined) // its holder may have removed it
  if (stats && (!stats.isFile() || stats.size > 0))
    throw new CommandError(`${lock} is in the place of a lock, and is none; move it away`)
  return stats && identityOf(stats)
}

async function identityAt(path: string): Promise<string | 'none'> {
  const stats = await lstat(path).catch(() => undefined)
  return stats ? identityOf(stats) : 'none'
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}

/** An advisory lock of a transaction that does nothing else: a pooler in between keeps it on one connection. */
async function lockDatabase(
  { connectionString, log, name }: DatabaseLocation,
  signal: AbortSignal,
): Promise<LogLock> {
  const { default: pg } = await import('pg').catch(withoutPostgres)
  const client = new pg.Client({ connectionString })
  let isLost = false
  client.on('error', () => {
    isLost = true
  })
  const dispose = () => client.end().catch(() => {}) // it may be broken already
  try {
    const locking = (async () => {
      await client.connect()
      await client.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0')
      const { rows } = await client.query(
        'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked',
        [`audit import ${log}`],
      )
      return rows[0]?.locked === true
    })()
    if (!(await untilAborted(locking, signal))) throw atWork(name)
  } catch (error) {
    void dispose() // a server that does not answer is not waited for
    if (error instanceof CommandError || signal.aborted) throw error
    const reason = error instanceof Error && error.message !== '' ? error.message : String(codeOf(error))
    throw new AuditError('AUDIT_OPEN_FAILED', `${name} could not be locked: ${reason}`, { cause: error })
  }
  const assertHeld = () => {
    if (isLost)
      throw new CommandError(
        `the connection that locks ${name} is broken; run the same command again: it goes on`,
      )
  }
  return { assertHeld, [Symbol.asyncDispose]: dispose }
}

function atWork(name: string): CommandError {
  return new CommandError(
    `another import or convert into ${name} is at work; wait for its end, and run the same command again`,
  )
}

function notLocked(name: string, lock: string, error: unknown): CommandError {
  const reason = error instanceof Error ? error.message : String(error)
  return new CommandError(
    `${name} cannot be locked with ${lock}: ${reason}; ask for the permission to write into its folder`,
  )
}
