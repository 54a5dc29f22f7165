import { stat } from 'node:fs/promises'
import type { AuditBackend, AuditLog } from '@audit/core'
import type { PostgresBackend } from '@audit/postgres'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { fileFormatOf } from './file-format.ts'
import { type LogLocation, locateLog } from './log-location.ts'
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
  const location = await locateLog(context, given, options)
  const kind = await kindOf(location)
  return openAt(location, kind)
}

/** The same for a place that is known already. */
export async function openAt(location: LogLocation, kind: OpenLog['kind']): Promise<WritableLog> {
  const backend = await backendAt(location, kind, { readOnly: false, onDamage: () => {} })
  if (isPostgres(backend, kind)) await backend.migrate()
  const { AuditLog } = await import('@audit/core')
  const log = new AuditLog({ backend })
  await log.open()
  return { log, backend, kind, name: location.name, [Symbol.asyncDispose]: () => log.close() }
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

async function kindOf(location: LogLocation): Promise<OpenLog['kind']> {
  if (location.kind === 'postgres') return 'postgres'
  const stats = await stat(location.path).catch(() => undefined)
  // An empty file is a new JSONL log, or what `touch` has left.
  const isNew = stats === undefined || (stats.isFile() && stats.size === 0)
  return isNew ? kindOfNewFile(location) : fileFormatOf(location)
}

function isPostgres(backend: AuditBackend, kind: OpenLog['kind']): backend is PostgresBackend {
  return kind === 'postgres' && 'migrate' in backend
}
