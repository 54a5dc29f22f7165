import type { CheckedBackend } from '../backend/checked-backend.ts'
import type { Page } from '../backend/page.ts'
import type { AuditEntry } from '../entry/entry.ts'
import { canonicalEntryId } from '../entry/entry-id.ts'
import { canonicalTimestamp } from '../entry/timestamp.ts'
import { AuditError } from '../errors.ts'
import { withoutPrototype } from '../options.ts'
import { untilAborted } from './abort.ts'
import { pages } from './paging.ts'
import { compareEntries, type Selection } from './selection.ts'

/** Reads a log page by page, each of them checked, in bounded memory. */
export class LogReader {
  readonly #backend: CheckedBackend

  constructor(backend: CheckedBackend) {
    this.#backend = backend
  }

  /** The entry with this id, or `undefined`. */
  async get(entryId: string): Promise<AuditEntry | undefined> {
    const selection: Selection = withoutPrototype({
      entryId: canonicalEntryId(entryId),
      order: 'asc',
      limit: 1,
    })
    const [entry] = await this.#backend.find(selection)
    return entry
  }

  /** How many entries match. */
  count(selection: Selection): Promise<number> {
    const isFiltered = Object.keys(selection).length > 1 // more than `order`
    return isFiltered ? this.#backend.count(selection) : this.#backend.size()
  }

  /** The entries that match, in the selection's order, as the log was when the first page was read. */
  find(selection: Selection, signal?: AbortSignal): AsyncGenerator<AuditEntry[], void, undefined> {
    const sign = selection.order === 'asc' ? 1 : -1
    let size: number | undefined
    let seen = 0
    return pages({
      total: selection.limit ?? Number.POSITIVE_INFINITY,
      after: selection.after,
      signal,
      fetch: async (after, limit) => {
        // What one page answers is one moment of the log by itself.
        if (limit !== selection.limit)
          size ??= Math.min(await this.#backend.size(), selection.size ?? Number.POSITIVE_INFINITY)
        const page: Selection = withoutPrototype({
          ...selection,
          limit,
          ...(size !== undefined && { size }),
          ...(after && { after: { timestamp: canonicalTimestamp(after.timestamp), index: after.index } }),
        })
        return this.#backend.find(page)
      },
      follows: (entry, previous) => {
        if (size !== undefined && (entry.index >= size || ++seen > size)) return false
        return !previous || compareEntries(entry, previous) * sign > 0
      },
    })
  }

  /**
   * Entries by index, `start` inclusive to `end` exclusive, as the log is now.
   *
   * @param last the entry before `start`, where a reading goes on: it must still be there.
   */
  async *range(
    start: number,
    end: number,
    signal?: AbortSignal,
    last?: AuditEntry,
  ): AsyncGenerator<AuditEntry[], void, undefined> {
    const size = await untilAborted(this.#backend.size(), signal)
    const total = Math.min(end, size) - start
    if (last && total > 0) await untilAborted(this.#assertStillThere(last), signal)
    yield* pages({
      signal,
      total,
      fetch: (previous, limit) => {
        const from = previous ? previous.index + 1 : start
        return this.#readRange(from, from + limit)
      },
      follows: ({ index }, previous) => index === (previous ? previous.index + 1 : start),
    })
  }

  /** A log that was cut, or restored from a backup, may have grown again since: what came meanwhile would be missed. */
  async #assertStillThere({ index, entryId }: AuditEntry): Promise<void> {
    const [entry] = await this.#backend.read(index, index + 1)
    if (entry?.entryId === entryId) return
    throw new AuditError(
      'AUDIT_CORRUPT',
      `the log was cut or replaced while it was read: entry ${index} is another one now; read it again from its beginning`,
    )
  }

  /**
   * Entries of a range that lies within the log: it never shrinks, so where there are fewer, one is gone. Whether each is
   * the one of its index, `pages` looks at.
   */
  async #readRange(start: number, end: number): Promise<Page> {
    const page = await this.#backend.read(start, end)
    if (page.isPartial || page.length >= end - start) return page
    const gap = page.findIndex(({ index }, i) => index !== start + i)
    throw new AuditError(
      'AUDIT_CORRUPT',
      `entry ${start + (gap < 0 ? page.length : gap)} is missing from the log; look for it in a backup`,
    )
  }
}
