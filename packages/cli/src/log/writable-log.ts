import { stat } from 'node:fs/promises'
import type { AuditBackend, AuditLog } from '@audit/core'
import type { PostgresBackend } from '@audit/postgres'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { SESSION_KEY } from '../filters/filter-options.ts'
import { fileFormatOf } from './file-format.ts'
import { type FileLocation, type LogLocation, locateLog } from './log-location.ts'
import type { LogOptions } from './log-options.ts'
import { backendAt, kindOfNewFile, type OpenLog } from './open-log.ts'

/** A log that a command writes into. Dispose of it to close it. */
export interface WritableLog extends AsyncDisposable {
  readonly log: AuditLog
  readonly backend: AuditBackend
  readonly kind: OpenLog['kind']
  /** For messages, without a secret. */
  readonly name: string
}

/**
 * Opens a log to write into it, and creates it if there is none: JSONL where the name ends so, SQLite otherwise.
 *
 * @throws CommandError for what is no log; AuditError as `AuditLog.open` says.
 */
export async function openWritableLog(
  context: Context,
  given: string,
  options: LogOptions,
): Promise<WritableLog> {
  assertNoStream(given)
  return openLocation(await locateLog(context, given, options))
}

/** The same for a place that is known already. */
export async function openLocation(location: LogLocation): Promise<WritableLog> {
  if (location.kind === 'postgres') return openAt(location, 'postgres')
  if (!(await isNew(location))) return openAt(location, await fileFormatOf(location))
  return openAt(location, kindOfNewFile(location), NEW_LOG_INDEXES)
}

/** What a new log finds at once. One that is there already would have to wait while an index is made. */
const NEW_LOG_INDEXES: readonly string[] = [SESSION_KEY]

/** The same for a kind that is known already. A JSONL file keeps no indexes, and needs none for writing. */
export async function openAt(
  location: LogLocation,
  kind: OpenLog['kind'],
  metadataIndexes: readonly string[] = [],
): Promise<WritableLog> {
  const indexes = kind === 'sqlite' ? { metadataIndexes } : {}
  const backend = await backendAt(location, kind, { readOnly: false, onDamage: () => {}, ...indexes })
  const { AuditLog } = await import('@audit/core')
  const log = new AuditLog({ backend })
  await openOrCreate(log, backend)
  return { log, backend, kind, name: location.name, [Symbol.asyncDispose]: () => log.close() }
}

/** A database gets its tables only where it has none: a role that records need not be allowed to create any. */
async function openOrCreate(log: AuditLog, backend: AuditBackend): Promise<void> {
  try {
    await log.open()
  } catch (error) {
    if (!isPostgres(backend)) throw error
    await backend.migrate()
    await log.open()
  }
}

/** `-` would become a file of that name. Throws CommandError. */
export function assertNoStream(given: string): void {
  if (given === '-')
    throw new CommandError('a log is not written to standard output; give the name of a file')
}

/**
 * Runs what writes into a log. Throws a CommandError for a full disk, and everything else as it is.
 *
 * @param advice what to do once there is space.
 */
export async function unlessFull<T>(name: string, advice: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const isFull = error instanceof Error && /\b(ENOSPC|EDQUOT|EFBIG)\b|disk is full/.test(error.message)
    if (isFull)
      throw new CommandError(
        `the disk is full, so ${name} was not written to its end; free some space, and ${advice}`,
      )
    throw error
  }
}

/** Whether an argument is an address of PostgreSQL and no path. */
export function isAddress(given: string): boolean {
  return /^postgres(ql)?:/.test(given)
}

/** The options of one log of a command that takes two: the connection belongs to the one that has an address. */
export function optionsFor(
  given: string,
  log: string | undefined,
  connection: string | undefined,
): LogOptions {
  return {
    ...(log !== undefined && { log }),
    ...(connection !== undefined && isAddress(given) && { connection }),
  }
}

/** Whether there is no log yet. An empty file is a new JSONL log, or what `touch` has left. */
async function isNew({ path }: FileLocation): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined) // what else is wrong, opening it says
  return stats === undefined || (stats.isFile() && stats.size === 0)
}

function isPostgres(backend: AuditBackend): backend is PostgresBackend {
  return 'migrate' in backend
}
