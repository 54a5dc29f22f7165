import type { AuditEntry, AuditLog } from '@audit/core'
import { plain, timesOf } from '../entries/find-entry.ts'
import { findEntry } from './entry-detail.ts'
import { search } from './entry-search.ts'

/** The beginning of an id that is looked for has so many characters. */
const SHORTEST = 6
/** More entries are not looked for. */
const MOST = 5
/** So long the whole log is looked through, in milliseconds. */
const LOOKUP_MS = 1000

/** What somebody may have meant who gave a text. */
export interface Found {
  /** The entry with this id or at this index, or those whose ids begin so. */
  readonly entries: readonly AuditEntry[]
  /** Whether there may be more. */
  readonly isCut: boolean
  /** Whether a session is called so. */
  readonly isSession: boolean
}

/** Looks for entries by an id, its beginning or an index, and for a session, as far as they are found soon. */
export async function lookup(
  log: AuditLog,
  sessionKey: string,
  given: string,
  signal: AbortSignal,
): Promise<Found> {
  const options = { order: 'desc', after: undefined, signal, limit: 1, ms: LOOKUP_MS } as const
  const session = search(log, { filter: { metadata: { [sessionKey]: given } }, matches: undefined }, options)
  const [exact, { entries }] = await Promise.all([findEntry(log, given.replace(/^#/, '')), session])
  const isSession = entries.length > 0
  if (exact) return { entries: [exact], isCut: false, isSession }
  return { ...(await beginningWith(log, plain(given), signal)), isSession }
}

/** Looks first where an UUID v7 that begins so was made, and then through all. */
async function beginningWith(log: AuditLog, beginning: string, signal: AbortSignal) {
  if (beginning.length < SHORTEST || !/^[\da-z_]+$/.test(beginning)) return { entries: [], isCut: false }
  const matches = ({ entryId }: AuditEntry) => plain(entryId).startsWith(beginning)
  const options = { order: 'desc', after: undefined, signal, limit: MOST, ms: LOOKUP_MS } as const
  const near = await search(log, { filter: timesOf(beginning) ?? {}, matches }, options)
  const all = await search(log, { filter: {}, matches }, options)
  const found = new Map([...near.entries, ...all.entries].map(entry => [entry.entryId, entry]))
  return { entries: [...found.values()].slice(0, MOST), isCut: all.next !== undefined }
}
