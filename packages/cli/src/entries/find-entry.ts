import type { AuditEntry, AuditLog } from '@audit/core'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { Progress } from '../output/progress.ts'
import { untilAborted } from '../until-aborted.ts'

/** So many ids are named where a beginning is not unique. */
const NAMED = 5
/** The hexadecimal digits of a UUID v7 that hold its time in milliseconds. */
const TIME_DIGITS = 12
/** The end of the year 9999. */
const LAST_MS = 253_402_300_799_999

/**
 * Finds one entry: by its id, by the unique beginning of its id, or by its index (`17`; `#17` where an id begins like that).
 *
 * @throws CommandError if there is none, or if several ids begin so.
 */
export async function findEntry(context: Context, log: AuditLog, wanted: string): Promise<AuditEntry> {
  const byIndex = /^#?(0|[1-9]\d{0,14})$/.test(wanted)
    ? await entryAt(context, log, Number(wanted.replace('#', '')))
    : undefined
  const entry = byIndex ?? (await untilAborted(log.get(wanted), context.signal))
  if (entry) return entry
  const beginning = plain(wanted)
  if (beginning === '' || wanted.startsWith('#')) throw notFound(wanted)
  const [first, ...others] = await beginningWith(context, log, beginning)
  if (!first) throw notFound(wanted)
  if (others.length === 0) return first
  const ids = [first, ...others].slice(0, NAMED).map(({ entryId }) => entryId)
  throw new CommandError(
    `several ids begin with ${wanted}: ${ids.join(', ')}${others.length < NAMED ? '' : ', …'}; give more of one`,
  )
}

async function entryAt({ signal }: Context, log: AuditLog, index: number): Promise<AuditEntry | undefined> {
  for await (const entry of log.entries({ start: index, end: index + 1, signal })) return entry
  return undefined
}

/** Looks through the whole log: an id of other software may begin like one of now. */
async function beginningWith(
  context: Context,
  log: AuditLog,
  beginning: string,
): Promise<readonly AuditEntry[]> {
  using progress = new Progress(context, { label: 'looking through' })
  const found: AuditEntry[] = []
  let read = 0
  for await (const entry of log.entries({ signal: context.signal })) {
    progress.update(++read)
    if (plain(entry.entryId).startsWith(beginning)) found.push(entry)
    if (found.length > NAMED) break
  }
  return found
}

/** When UUIDs v7 that begin so were made. */
export function timesOf(beginning: string): { readonly since: Date; readonly until: Date } | undefined {
  if (!/^[0-9a-f]+$/.test(beginning)) return undefined
  const digits = beginning.slice(0, TIME_DIGITS)
  const [first, last] = [digits.padEnd(TIME_DIGITS, '0'), digits.padEnd(TIME_DIGITS, 'f')].map(hex =>
    Number.parseInt(hex, 16),
  )
  if (first === undefined || last === undefined || first > LAST_MS) return undefined
  return { since: new Date(first), until: new Date(Math.min(last, LAST_MS)) }
}

/** An id as its beginnings are compared with: neither case nor hyphens matter. */
export function plain(id: string): string {
  return id.toLowerCase().replaceAll('-', '')
}

function notFound(wanted: string): CommandError {
  return new CommandError(
    `the log has no entry ${wanted}; give an id, its beginning, or an index: audit query shows them`,
  )
}
