import { stat } from 'node:fs/promises'
import type { AuditLog } from '@audit/core'
import type { Context } from '../context.ts'
import { SESSION_KEY } from '../filters/filter-options.ts'
import { fileFormatOf } from './file-format.ts'
import { type LogLocation, locateLog } from './log-location.ts'
import type { LogOptions } from './log-options.ts'
import { backendAt, kindOfNewFile, type OpenLog } from './open-log.ts'

/** A log that a command records into. Dispose of it to close it. */
export interface RecordingLog extends AsyncDisposable {
  readonly log: AuditLog
  /** For messages, without a secret. It may hold any character: show it with `safeText`. */
  readonly name: string
}

/**
 * Opens the log of the argument LOG for recording, and creates it if it is not there: JSONL where its name ends so, and SQLite
 * otherwise, where sessions are found at once.
 *
 * @throws CommandError for what is no log, and what cannot be reached; AuditError as `AuditLog.open` says.
 */
export async function openForRecording(context: Context, log: string, options: LogOptions): Promise<RecordingLog> {
  const location = await locateLog(context, log, options)
  const isNew = await isMissingOrEmpty(location)
  const kind = await kindOf(location, isNew)
  const metadataIndexes = isNew && kind === 'sqlite' ? [SESSION_KEY] : []
  const backend = await backendAt(location, kind, { readOnly: false, metadataIndexes })
  const { AuditLog } = await import('@audit/core')
  const opened = new AuditLog({ backend })
  await opened.open()
  return { log: opened, name: location.name, [Symbol.asyncDispose]: () => opened.close() }
}

async function kindOf(location: LogLocation, isNew: boolean): Promise<OpenLog['kind']> {
  if (location.kind === 'postgres') return 'postgres'
  return isNew ? kindOfNewFile(location) : fileFormatOf(location)
}

async function isMissingOrEmpty(location: LogLocation): Promise<boolean> {
  if (location.kind === 'postgres') return false
  const stats = await stat(location.path).catch(() => undefined) // what else is wrong, opening it says
  return stats === undefined || (stats.isFile() && stats.size === 0)
}
