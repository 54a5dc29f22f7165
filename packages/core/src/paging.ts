import type { AuditEntry } from './entry.ts'

/** About this many characters of text a page, so that memory stays bounded whatever the entries' size. */
const PAGE_LENGTH = 1024 * 1024
const FIRST_PAGE = 64
/** The most entries a page holds. */
export const MAX_PAGE = 512

/**
 * Reads page by page, one page ahead of the consumer, until `total` entries or a page that is not full.
 *
 * @param fetch gives at most `limit` entries behind `previous`.
 */
export async function* pages(
  total: number,
  fetch: (previous: AuditEntry | undefined, limit: number) => Promise<AuditEntry[]>,
): AsyncGenerator<AuditEntry[], void, undefined> {
  let remaining = total
  let limit = Math.min(FIRST_PAGE, remaining)
  let coming = limit > 0 ? fetch(undefined, limit) : undefined
  while (coming) {
    const page = await coming
    const isFull = page.length === limit
    remaining -= page.length
    limit = Math.min(nextLimit(page), remaining)
    coming = isFull && limit > 0 ? fetch(page.at(-1), limit) : undefined
    coming?.catch(() => {}) // the consumer may stop before this page; if it goes on, the await above throws
    yield page
  }
}

function nextLimit(page: readonly AuditEntry[]): number {
  const length = page.reduce(
    (sum, entry) => sum + entry.inputText.length + entry.outputText.length,
    page.length,
  )
  const fitting = Math.floor((PAGE_LENGTH * page.length) / Math.max(length, 1))
  return Math.max(1, Math.min(fitting, MAX_PAGE))
}
