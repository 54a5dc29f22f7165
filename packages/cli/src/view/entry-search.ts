import type { AuditEntry, AuditLog, Query } from '@audit/core'
import { ABOUT_KEY } from '../entries/related-entries.ts'
import type { Filters } from '../filters/filters.ts'
import type { Position } from './position.ts'
import { TimeWindows } from './time-windows.ts'

/** How many entries a page of a list has. */
export const PAGE_ENTRIES = 50
/** A search stops after this, in milliseconds, with what it has, and goes on when it is asked again. */
const PAGE_MS = 200
/** So long the neighbours of an entry are looked for, and those that are about it. */
const RELATED_MS = 3000
/** More entries that are about one are not looked for. */
const MOST_RELATED = 50
/** Clocks of different machines may differ by so much: an entry may seem to be older than the one that it is about. */
const CLOCKS_MS = 24 * 3_600_000

/** A page of a search. */
export interface SearchPage {
  readonly entries: readonly AuditEntry[]
  /** Where it goes on; `undefined` at the end. */
  readonly next: Position | undefined
  /** Whether the time was up before the page was full. */
  readonly isCut: boolean
}

/** Finds the next entries of a list, newest first. Throws what `log.query` throws. */
export function searchPage(
  log: AuditLog,
  filters: Filters,
  after: Position | undefined,
  signal: AbortSignal,
): Promise<SearchPage> {
  return search(log, filters, { order: 'desc', after, signal, limit: PAGE_ENTRIES, ms: PAGE_MS })
}

/** The entries next to one in the list that it was opened from, as far as they are found soon. */
export async function neighboursOf(
  log: AuditLog,
  filters: Filters,
  after: AuditEntry,
  signal: AbortSignal,
): Promise<{ readonly newer: AuditEntry | undefined; readonly older: AuditEntry | undefined }> {
  const place = { after, signal, limit: 1, ms: RELATED_MS }
  const newer = await search(log, filters, { ...place, order: 'asc' })
  const older = await search(log, filters, { ...place, order: 'desc' })
  return { newer: newer.entries[0], older: older.entries[0] }
}

/** The entries that are about one, oldest first, as far as they are found soon. */
export function entriesAbout(
  log: AuditLog,
  { entryId, timestamp }: AuditEntry,
  signal: AbortSignal,
): Promise<SearchPage> {
  const recorded = Date.parse(timestamp)
  const filter = {
    metadata: { [ABOUT_KEY]: entryId },
    ...(!Number.isNaN(recorded) && { since: new Date(Math.max(recorded - CLOCKS_MS, 0)) }),
  }
  const options = { order: 'asc', after: undefined, signal, limit: MOST_RELATED, ms: RELATED_MS } as const
  return search(log, { filter, matches: undefined }, options)
}

/** How far a search goes. */
export interface SearchOptions {
  readonly order: 'asc' | 'desc'
  readonly after: Position | undefined
  readonly signal: AbortSignal
  readonly limit: number
  /** How long it may take. */
  readonly ms: number
}

/** Finds entries in the order of time, as many and for as long as the options say. */
export async function search(log: AuditLog, filters: Filters, options: SearchOptions): Promise<SearchPage> {
  const { filter, matches } = filters
  if (matches || filter.metadata) return searchWindows(log, filters, options)
  const { limit, ms: _, ...place } = options
  const entries = await log.query({ ...filter, ...place, limit })
  return { entries, next: entries.length < limit ? undefined : entries.at(-1), isCut: false }
}

/**
 * No index need know the texts, nor the metadata: entries may have to be read one by one. So they are looked through window
 * by window of time, and nobody waits for all of them.
 */
async function searchWindows(
  log: AuditLog,
  { filter, matches }: Filters,
  { limit, ms, ...place }: SearchOptions,
): Promise<SearchPage> {
  const end = performance.now() + ms
  const entries: AuditEntry[] = []
  const windows = await TimeWindows.begin(log, filter, place)
  for (let window = windows.next(); window; window = windows.next()) {
    const query: Query = { ...window.query, limit: matches ? undefined : limit - entries.length }
    for await (const entry of log.stream(query)) {
      if (!matches || matches(entry)) entries.push(entry)
      if (entries.length === limit) return { entries, next: entry, isCut: false }
      if (matches && performance.now() > end) return { entries, next: entry, isCut: true }
    }
    if (performance.now() > end && window.end) return { entries, next: window.end, isCut: true }
  }
  return { entries, next: undefined, isCut: false }
}
