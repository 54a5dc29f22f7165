import type { Page } from '../backend/page.ts'
import type { AuditEntry } from '../entry/entry.ts'
import { AuditError } from '../errors.ts'
import { untilAborted } from './abort.ts'
import type { Cursor } from './selection.ts'

/** About this many characters of text a page, so that memory stays bounded whatever the entries' size. */
const PAGE_LENGTH = 1024 * 1024
const FIRST_PAGE = 64
/** The most entries a page holds. */
export const MAX_PAGE = 512

/** Entries in an order, readable from any of them on. */
export interface PageSource {
  /** How many entries to read at most; none if it is negative. */
  readonly total: number
  /** After which entry the first page begins. Default: the beginning. */
  readonly after?: Cursor | undefined
  /** Returns at most `limit` entries after `previous`. A shorter page that is not partial is the last. */
  fetch(previous: Cursor | undefined, limit: number): Promise<Page>
  /** Stops the reading. */
  readonly signal?: AbortSignal | undefined
  /** Whether an entry may follow another one in this order; `undefined` means the beginning. */
  follows(entry: AuditEntry, previous: Cursor | undefined): boolean
}

/**
 * Reads page by page, one page ahead of the consumer.
 *
 * @throws AuditError `AUDIT_CORRUPT` for a page that does not continue after the one before, which could go on forever.
 */
export async function* pages(source: PageSource): AsyncGenerator<AuditEntry[], void, undefined> {
  let remaining = source.total
  let limit = remaining <= MAX_PAGE ? remaining : FIRST_PAGE
  let previous = source.after
  source.signal?.throwIfAborted()
  let coming = limit > 0 ? fetchPage(source, previous, limit) : undefined
  while (coming) {
    const page = await untilAborted(coming, source.signal)
    const mayGoOn = page.length === limit || page.isPartial === true
    remaining -= page.length
    limit = Math.min(nextLimit(page), remaining)
    previous = page.at(-1) ?? previous
    coming = mayGoOn && limit > 0 ? fetchPage(source, previous, limit) : undefined
    coming?.catch(() => {}) // the consumer may stop before this page; if it goes on, the await above throws
    yield page
  }
}

async function fetchPage(source: PageSource, previous: Cursor | undefined, limit: number): Promise<Page> {
  const page = await source.fetch(previous, limit)
  if (page.length > limit) throw stuck(`has ${page.length} entries, but at most ${limit} were requested`)
  if (page.isPartial && page.length === 0) throw stuck('is empty, and says that there are more')
  let last = previous
  for (const entry of page) {
    if (!isEntry(entry) || !source.follows(entry, last))
      throw stuck(`does not continue after the one before, at entry ${entry.index}`)
    last = entry
  }
  return page
}

function isEntry({ timestamp, index, inputText, outputText }: AuditEntry): boolean {
  const texts: unknown[] = [timestamp, inputText, outputText]
  return texts.every(text => typeof text === 'string') && Number.isSafeInteger(index)
}

function stuck(fault: string): AuditError {
  return new AuditError(
    'AUDIT_CORRUPT',
    `a page of the store ${fault}; run \`log.verify()\` to check the log, and the testkit to check the backend`,
  )
}

function nextLimit(page: readonly AuditEntry[]): number {
  const length = page.reduce(
    (sum, entry) => sum + entry.inputText.length + entry.outputText.length,
    page.length,
  )
  const fitting = Math.floor((PAGE_LENGTH * page.length) / Math.max(length, 1))
  return Math.max(1, Math.min(fitting, MAX_PAGE))
}
