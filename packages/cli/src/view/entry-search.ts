import type { AuditEntry, AuditLog, Query } from '@audit/core'
import { AuditError } from '@audit/core'
import type { Filters } from '../filters/filters.ts'

/** How many entries a page of a list has. */
export const PAGE_ENTRIES = 50
/** A search in texts stops after this, in milliseconds, with what it has, and goes on when it is asked again. */
const SEARCH_MS = 200

/** A page of a search. */
export interface SearchPage {
  readonly entries: readonly AuditEntry[]
  /** Where it goes on; `undefined` at the end. */
  readonly next: Position | undefined
  /** Whether the time was up before the page was full. */
  readonly isCut: boolean
}

/** A place in the order of time. */
export type Position = Pick<AuditEntry, 'timestamp' | 'index'>

/** Finds the next entries of a list, newest first. Throws what `log.query` throws. */
export async function searchPage(
  log: AuditLog,
  { filter, matches }: Filters,
  after: Position | undefined,
  signal: AbortSignal,
): Promise<SearchPage> {
  const query: Query = { ...filter, order: 'desc', after, signal }
  if (matches) return searchTexts(log, query, matches, PAGE_ENTRIES)
  const entries = await log.query({ ...query, limit: PAGE_ENTRIES })
  return { entries, next: entries.length < PAGE_ENTRIES ? undefined : entries.at(-1), isCut: false }
}

/** No index knows the texts: they are read from the newest on, for a moment at a time, so that nothing waits for all. */
async function searchTexts(
  log: AuditLog,
  query: Query,
  matches: (entry: AuditEntry) => boolean,
  limit: number,
): Promise<SearchPage> {
  const end = performance.now() + SEARCH_MS
  const entries: AuditEntry[] = []
  for await (const entry of log.stream(query)) {
    if (matches(entry)) entries.push(entry)
    if (entries.length === limit) return { entries, next: entry, isCut: false }
    if (performance.now() > end) return { entries, next: entry, isCut: true }
  }
  return { entries, next: undefined, isCut: false }
}

/** The entries next to one in the list that it was opened from; a search in texts looks for them for a moment. */
export async function neighboursOf(
  log: AuditLog,
  filters: Filters,
  entry: AuditEntry,
  signal: AbortSignal,
): Promise<{ readonly newer: AuditEntry | undefined; readonly older: AuditEntry | undefined }> {
  const [newer, older] = await Promise.all([
    firstAfter(log, filters, { order: 'asc', after: entry, signal }),
    firstAfter(log, filters, { order: 'desc', after: entry, signal }),
  ])
  return { newer, older }
}

async function firstAfter(
  log: AuditLog,
  { filter, matches }: Filters,
  place: Pick<Query, 'order' | 'after' | 'signal'>,
): Promise<AuditEntry | undefined> {
  const query: Query = { ...filter, ...place }
  const { entries } = matches
    ? await searchTexts(log, query, matches, 1)
    : { entries: await log.query({ ...query, limit: 1 }) }
  return entries[0]
}

/** A position as it stands in an address. */
export function formatPosition({ timestamp, index }: Position): string {
  return `${timestamp}_${index}`
}

/** Reads a position from an address. Throws AuditError `AUDIT_INVALID_QUERY`. */
export function parsePosition(given: string): Position {
  const [, timestamp = '', index = ''] = /^(.+)_(\d{1,15})$/.exec(given) ?? []
  if (timestamp === '') throw new AuditError('AUDIT_INVALID_QUERY', 'after must be the `next` of a page')
  return { timestamp, index: Number(index) }
}
