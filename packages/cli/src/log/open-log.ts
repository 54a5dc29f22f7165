import { setTimeout } from 'node:timers/promises'
import type { AuditBackend, AuditLog, Signer } from '@audit/core'
import type { Context } from '../context.ts'
import { note } from '../output/note.ts'
import { waitingFor } from '../output/waiting.ts'
import { untilAborted } from '../until-aborted.ts'
import { DamageNote } from './damage-note.ts'
import { fileFormatOf, isForeignJsonl, isJsonlName } from './file-format.ts'
import { type DatabaseLocation, type FileLocation, type LogLocation, locateLog } from './log-location.ts'
import type { LogOptions } from './log-options.ts'
import { withoutPostgres } from './postgres-packages.ts'
import { receiveLog } from './standard-input.ts'

/** How long a store may go on with what it is at when the command was ended, in milliseconds. */
const PATIENCE_MS = 1000

/** A log that a command reads or, where it was opened so, writes. Dispose of it to close it. */
export interface OpenLog extends AsyncDisposable {
  readonly log: AuditLog
  readonly backend: AuditBackend
  readonly kind: 'sqlite' | 'jsonl' | 'postgres'
  /** For messages, without a secret. It may hold any character: show it with `safeText`. */
  readonly name: string
  readonly location: LogLocation
}

/** How a log is opened. */
export interface OpenOptions extends LogOptions {
  /** Signs checkpoints. Default: none. */
  readonly signer?: Signer | undefined
  /** Keys of the metadata that a JSONL file is indexed by while it is read; other stores have their own. Default: none. */
  readonly metadataIndexes?: readonly string[]
  /** Is told of each line of a JSONL file that is not an entry. Default: a note on standard error says how many there were. */
  readonly onDamage?: (damage: { readonly line: number; readonly message: string }) => void
}

/**
 * Opens the log of the argument LOG; `-` is one that comes by standard input. Nothing on the disk changes, and no writer is
 * blocked.
 *
 * @throws CommandError for what is no log, and what cannot be reached; AuditError as `AuditLog.open` says.
 *
 * @example
 * await using opened = await openLog(context, log, options)
 * for await (const entry of opened.log.stream({ signal: context.signal })) …
 */
export async function openLog(context: Context, log: string, options: OpenOptions = {}): Promise<OpenLog> {
  const received = log === '-' ? await receiveLog(context) : undefined
  const remove = async () => received?.[Symbol.asyncDispose]()
  try {
    return await openAt(
      context,
      received?.location ?? (await locateLog(context, log, options)),
      options,
      remove,
    )
  } catch (error) {
    await remove()
    throw error
  }
}

async function openAt(
  context: Context,
  location: LogLocation,
  options: OpenOptions,
  remove: () => Promise<void>,
): Promise<OpenLog> {
  const damage = new DamageNote(context, location.name)
  const kind = location.kind === 'postgres' ? 'postgres' : await fileFormatOf(location)
  if (location.kind === 'file' && kind === 'jsonl' && (await isForeignJsonl(location))) {
    await note(
      context,
      `${location.name} was written by another program, such as SynapseKit; audit import makes a log of it that leaves nothing out`,
    )
  }
  const onDamage = options.onDamage ?? (() => damage.count())
  const backend = await backendAt(location, kind, { ...options, onDamage, readOnly: true })
  const { AuditLog } = await import('@audit/core')
  const log = new AuditLog({ backend, signer: options.signer })
  const dispose = async () => {
    await close(context, log)
    await remove()
    await damage.write()
  }
  try {
    await waitingFor(context, `opening ${location.name}`, untilAborted(log.open(), context.signal))
  } catch (error) {
    await close(context, log) // a pool or a thread may be there already
    throw error
  }
  return { log, backend, kind, name: location.name, location, [Symbol.asyncDispose]: dispose }
}

/** Closes a log. After Ctrl-C nobody waits for a store that is at work: this process is about to end. */
async function close({ signal }: Context, log: AuditLog): Promise<void> {
  const closing = log.close()
  if (!signal.aborted) return closing
  await Promise.race([closing, setTimeout(PATIENCE_MS, undefined, { ref: false })])
}

/** How a backend is made. */
export interface BackendOptions {
  readonly readOnly: boolean
  readonly metadataIndexes?: readonly string[]
  readonly onDamage?: OpenOptions['onDamage']
}

/** Makes the backend of a log, and touches no file yet: for commands that record, with `readOnly: false`. */
export async function backendAt(
  location: LogLocation,
  kind: OpenLog['kind'],
  { readOnly, metadataIndexes = [], onDamage }: BackendOptions,
): Promise<AuditBackend> {
  if (location.kind === 'postgres') return postgresBackend(location, readOnly)
  if (kind === 'sqlite') {
    const { SqliteBackend } = await import('@audit/sqlite')
    return new SqliteBackend({ path: location.path, readOnly, ...(!readOnly && { metadataIndexes }) })
  }
  const { JsonlBackend } = await import('@audit/jsonl')
  return new JsonlBackend({ path: location.path, readOnly, metadataIndexes, ...(onDamage && { onDamage }) })
}

/** Which kind of log a new file of this name becomes: JSONL where it ends so, and SQLite otherwise. */
export function kindOfNewFile({ path }: FileLocation): 'sqlite' | 'jsonl' {
  return isJsonlName(path) ? 'jsonl' : 'sqlite'
}

async function postgresBackend(
  { connectionString, log }: DatabaseLocation,
  readOnly: boolean,
): Promise<AuditBackend> {
  const { PostgresBackend } = await import('@audit/postgres').catch(withoutPostgres)
  return new PostgresBackend({ connectionString, log, readOnly })
}
