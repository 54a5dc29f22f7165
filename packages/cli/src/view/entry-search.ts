import type { AuditEntry, AuditLog, Query } from '@audit/core'
import { AuditError } from '@audit/core/backend'
import type { AddressFilter } from './address-filter.ts'

/** How many entries a page of a list has. */
export const PAGE_ENTRIES = 50
/** A search in texts stops after this, in milliseconds, with what it has, and goes on when it is asked again. */
const SEARCH_MS = 250

/** A page of a search, and the entry behind which it goes on. */
export interface SearchPage {
  readonly entries: readonly AuditEntry[]
  readonly next: Position | undefined
  /** Whether the time was up before the page was full. */
  readonly isCut: boolean
}

/** A place in the order of time. */
export type Position = Pick<AuditEntry, 'timestamp' | 'index'>

/** Finds the next entries of a list, newest first. */
export async function searchPage(
  log: AuditLog,
  { filter, text }: AddressFilter,
  after: Position | undefined,
  signal?: AbortSignal,
): Promise<SearchPage> {
  const query: Query = { ...filter, order: 'desc', after, signal }
  if (text !== '') return searchTexts(log, query, text)
  const entries = await log.query({ ...query, limit: PAGE_ENTRIES })
  return { entries, next: entries.length < PAGE_ENTRIES ? undefined : entries.at(-1), isCut: false }
}

/** No index knows the texts: they are read from the newest on, for a moment at a time, so that nothing waits for all. */
async function searchTexts(log: AuditLog, query: Query, text: string): Promise<SearchPage> {
  const end = performance.now() + SEARCH_MS
  const entries: AuditEntry[] = []
  for await (const entry of log.stream(query)) {
    if (hasText(entry, text)) entries.push(entry)
    if (entries.length === PAGE_ENTRIES) return { entries, next: entry, isCut: false }
    if (performance.now() > end) return { entries, next: entry, isCut: true }
  }
  return { entries, next: undefined, isCut: false }
}

/** The entries next to one in the list that it was opened from. */
export async function neighboursOf(
  log: AuditLog,
  { filter, text }: AddressFilter,
  entry: AuditEntry,
  signal?: AbortSignal,
): Promise<{ readonly newer: AuditEntry | undefined; readonly older: AuditEntry | undefined }> {
  const [newer, older] = await Promise.all(
    (['asc', 'desc'] as const).map(order => firstAfter(log, { ...filter, order, after: entry, signal }, text)),
  )
  return { newer, older }
}

async function firstAfter(log: AuditLog, query: Query, text: string): Promise<AuditEntry | undefined> {
  if (text === '') return (await log.query({ ...query, limit: 1 }))[0]
  const end = performance.now() + SEARCH_MS
  for await (const entry of log.stream(query)) {
    if (hasText(entry, text)) return entry
    if (performance.now() > end) return undefined
  }
  return undefined
}

/** Whether a text stands in what was asked or answered, without regard to case. */
export function hasText({ inputText, outputText }: AuditEntry, text: string): boolean {
  return inputText.toLowerCase().includes(text) || outputText.toLowerCase().includes(text)
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
