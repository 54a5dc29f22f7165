import { resolve } from 'node:path'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { readSmallFile } from '../trust/small-file.ts'
import type { LogOptions } from './log-options.ts'

/** A file on this machine, whatever it holds. */
export interface FileLocation {
  readonly kind: 'file'
  /** Absolute. */
  readonly path: string
  /** As the user gave it: for messages. */
  readonly name: string
}

/** A log in a PostgreSQL database. */
export interface DatabaseLocation {
  readonly kind: 'postgres'
  /** A secret: it is in no message. */
  readonly connectionString: string
  readonly log: string
  /** For messages, without a secret: `the log "chat" on db.example.com`. */
  readonly name: string
}

/** Where a log is. */
export type LogLocation = FileLocation | DatabaseLocation

const ADDRESS = /^postgres(ql)?:/
const DEFAULT_LOG = 'default'
const VARIABLE = 'AUDIT_POSTGRES_URL'

/**
 * Reads the argument LOG: a path, or an address of PostgreSQL. `postgres://` alone takes the whole connection string from the
 * file that `--connection` names, or else from AUDIT_POSTGRES_URL.
 *
 * @throws CommandError for a password in the argument, which other users of the machine could see, and for a missing or
 *   invalid connection string.
 */
export async function locateLog(context: Context, log: string, options: LogOptions): Promise<LogLocation> {
  if (!ADDRESS.test(log)) return locateFile(context, log, options)
  const connectionString = isBare(log) ? await connectionOf(context, options) : withoutSecret(log)
  const url = URL.canParse(connectionString) ? new URL(connectionString) : undefined
  if (!url || !ADDRESS.test(connectionString)) {
    throw new CommandError(
      'the connection string is not one; it must be like postgres://user:password@host/database',
    )
  }
  const name = options.log ?? DEFAULT_LOG
  return {
    kind: 'postgres',
    connectionString,
    log: name,
    name: `the log "${name}" on ${url.host || 'localhost'}`,
  }
}

function locateFile({ cwd }: Context, log: string, options: LogOptions): FileLocation {
  if (log === '') throw new CommandError('the name of the log is empty; give the path of its file')
  if (log.includes('\0'))
    throw new CommandError('the name of the log contains NUL; give the path of its file')
  if (options.log !== undefined || options.connection !== undefined) {
    throw new CommandError('--log and --connection are for postgres:// alone: a file holds one log')
  }
  return { kind: 'file', path: resolve(cwd, log), name: log }
}

function isBare(log: string): boolean {
  return /^postgres(ql)?:(\/\/)?$/.test(log)
}

function withoutSecret(log: string): string {
  const url = URL.canParse(log) ? new URL(log) : undefined
  if (!url?.password && !url?.searchParams.has('password')) return log
  throw new CommandError(
    `a password must not stand in an argument, where others can see it; put the connection string into ${VARIABLE} or into a file for --connection, and give postgres:// as the log`,
  )
}

async function connectionOf(context: Context, { connection }: LogOptions): Promise<string> {
  if (connection !== undefined) {
    const text = await readSmallFile(context, connection, 'a connection string')
    return text.trim()
  }
  const given = context.env[VARIABLE]
  if (given) return given
  throw new CommandError(
    `there is no connection string; put it into ${VARIABLE}, or into a file for --connection`,
  )
}
