import { isDeepStrictEqual } from 'node:util'
import type { AuditEntry, Query } from '@audit/core'

/** The order of a log: by timestamp, then by index. The timestamps are those of this log, thus canonical. */
export function inOrder(entries: readonly AuditEntry[]): readonly AuditEntry[] {
  return entries.toSorted((a, b) => {
    if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1
    return a.index - b.index
  })
}

/** What a query must find, by going through all entries, which are in order. `since` and `until` are canonical. */
export function expected(sorted: readonly AuditEntry[], query: Query): readonly AuditEntry[] {
  const { user, model, since, until, metadata = {}, order = 'asc', after, limit } = query
  const ordered = order === 'asc' ? sorted : sorted.toReversed()
  const start = after ? ordered.findIndex(({ index }) => index === after.index) + 1 : 0
  return ordered
    .slice(start)
    .filter(
      entry =>
        (user === undefined || entry.user === user) &&
        (model === undefined || entry.model === model) &&
        (since === undefined || entry.timestamp >= String(since)) &&
        (until === undefined || entry.timestamp <= String(until)) &&
        Object.entries(metadata).every(
          ([key, value]) =>
            Object.hasOwn(entry.metadata, key) && isDeepStrictEqual(entry.metadata[key], value),
        ),
    )
    .slice(0, limit)
}
