import type { AuditEntry } from '../entry/entry.ts'
import { textOf } from '../entry/fields.ts'
import { copyJsonObject, isPlainObject, shown } from '../entry/json.ts'
import { canonicalTimestamp, formatTimestamp, parsePeriod, parseSpan, type Span } from '../entry/timestamp.ts'
import { AuditError } from '../errors.ts'
import { type Given, isWholeNumber, ownFields, withoutPrototype } from '../options.ts'
import type { Cursor, Selection } from './selection.ts'

/** Which entries: they must match every filter. Filters are exact, so `user: ''` matches only the empty user. */
export interface Filter {
  readonly user?: string
  readonly model?: string
  /** Inclusive. A `Date`, or ISO 8601 with any offset (UTC without one); a date, a month or a year alone is the whole of it. */
  readonly since?: string | Date
  /** Inclusive. A `Date`, or ISO 8601 with any offset (UTC without one); a date, a month or a year alone is the whole of it. */
  readonly until?: string | Date
  /** Top-level keys; each value must be equal as JSON. The keys in a backend's `metadataIndexes` are found without a scan. */
  readonly metadata?: object
  /** Only entries with an index below it: the log as it was when it had so many. It keeps pages and sums stable. */
  readonly size?: number
}

/** Which entries, in which order, and how many. */
export interface Query extends Filter {
  /** By timestamp, then by index. Default: `'asc'`, oldest first. */
  readonly order?: 'asc' | 'desc' | undefined
  /** At most this many, from the start of the order; with 0, none. Default: all. */
  readonly limit?: number | undefined
  /** Continues after an entry of the same query, to read page by page. */
  readonly after?: Pick<AuditEntry, 'timestamp' | 'index'> | undefined
  /** Stops the reading: the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** Entries by their index. */
export interface Range {
  /** Inclusive. Default: 0. */
  readonly start?: number
  /** Exclusive. Default: the log's size when the iteration begins; with `follow`, none. */
  readonly end?: number
  /**
   * Goes on with entries that come later, from this process and others, until `end` or the signal; it misses none. Default:
   * `false`.
   */
  readonly follow?: boolean | undefined
  /** Stops the reading: it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** The keys of a `Filter`. */
export const FILTER_KEYS = ['user', 'model', 'since', 'until', 'metadata', 'size'] as const
const QUERY_KEYS = [...FILTER_KEYS, 'order', 'limit', 'after', 'signal'] as const
const RANGE_KEYS = ['start', 'end', 'follow', 'signal'] as const

/**
 * Checks and normalises a query.
 *
 * @throws AuditError `AUDIT_INVALID_QUERY`, also for an unknown key and for a filter that is `undefined`, since neither
 *   may widen a result. `order`, `limit` and `after` may be `undefined`.
 */
export function selectionOf(query: Query): CheckedQuery {
  return readable(() => {
    const { order, limit, after, signal, ...filters } = ownFields(query, QUERY_KEYS, invalidQuery)
    const selection = withoutPrototype({
      ...filtersOf(filters),
      order: order === undefined ? ('asc' as const) : orderOf(order),
      ...(limit !== undefined && { limit: wholeNumber('limit', limit) }),
      ...(after !== undefined && { after: cursorOf(after) }),
    })
    return { selection, signal: signalOf(signal) }
  })
}

/** A query that was checked. */
export interface CheckedQuery {
  readonly selection: Selection
  readonly signal: AbortSignal | undefined
}

/** Checks and normalises the argument of `count`: only filters. Throws like `selectionOf`. */
export function selectionOfFilter(filter: Filter): Selection {
  return readable(() => oldestFirst(ownFields(filter, FILTER_KEYS, invalidQuery)))
}

/** The selection of filters that were taken out of what an application gave. Throws like `selectionOf`. */
export function oldestFirst(filters: Given<(typeof FILTER_KEYS)[number]>): Selection {
  return withoutPrototype({ ...filtersOf(filters), order: 'asc' as const })
}

/** Checks a range of indexes; throws like `selectionOf`. */
export function rangeOf(range: Range): CheckedRange {
  return readable(() => {
    const { follow, signal, ...given } = ownFields(range, RANGE_KEYS, invalidQuery)
    const { start, end } = withoutPrototype(given)
    if (follow !== undefined && typeof follow !== 'boolean')
      throw invalidQuery('follow must be true or false')
    return {
      start: 'start' in given ? wholeNumber('start', start) : 0,
      end: 'end' in given ? wholeNumber('end', end) : Number.MAX_SAFE_INTEGER,
      follow: follow === true,
      signal: signalOf(signal),
    }
  })
}

/** A range that was checked: `start` inclusive, `end` exclusive. */
export interface CheckedRange {
  readonly start: number
  readonly end: number
  readonly follow: boolean
  readonly signal: AbortSignal | undefined
}

function filtersOf(filters: Given<(typeof FILTER_KEYS)[number]>): Omit<Selection, 'order'> {
  const given = withoutPrototype(filters)
  return {
    ...('user' in given && { user: textOf('user', given.user, invalidQuery) }),
    ...('model' in given && { model: textOf('model', given.model, invalidQuery) }),
    ...('since' in given && { since: formatTimestamp(spanOf('since', given.since).first) }),
    ...('until' in given && { until: formatTimestamp(spanOf('until', given.until).last) }),
    ...('metadata' in given && {
      metadata: copyJsonObject(given.metadata, 'metadata', { fail: invalidQuery }),
    }),
    ...('size' in given && { size: wholeNumber('size', given.size) }),
  }
}

function spanOf(key: string, value: unknown): Span {
  const span = parsePeriod(value)
  if (span) return span
  throw invalidQuery(
    `${key} must be a Date or an ISO 8601 time such as '2026-12-31' or '2026-12-31T23:00Z', not ${shown(value)}`,
  )
}

function orderOf(value: unknown): 'asc' | 'desc' {
  if (value === 'asc' || value === 'desc') return value
  throw invalidQuery(`order must be 'asc' or 'desc', not ${shown(value)}`)
}

function wholeNumber(key: string, value: unknown): number {
  if (isWholeNumber(value)) return value
  throw invalidQuery(`${key} must be a whole number from 0, not ${shown(value)}`)
}

/** Checks an optional signal. Throws AuditError `AUDIT_INVALID_QUERY`. */
export function signalOf(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value
  throw invalidQuery('signal must be an AbortSignal')
}

function cursorOf(value: unknown): Cursor {
  const { timestamp, index }: { readonly timestamp?: unknown; readonly index?: unknown } = isPlainObject(
    value,
  )
    ? { ...value }
    : {}
  if (typeof timestamp !== 'string' || !parseSpan(timestamp)) {
    throw invalidQuery('after must be an entry, with its timestamp and its index')
  }
  return { timestamp: canonicalTimestamp(timestamp), index: wholeNumber('after.index', index) }
}

/** Runs a check of what an application gave: a getter or a proxy of it may throw anything. */
export function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof AuditError) throw cause
    throw new AuditError('AUDIT_INVALID_QUERY', 'the query cannot be read: see the cause', { cause })
  }
}

/** The error for a query that is invalid. */
export function invalidQuery(reason: string): AuditError {
  return new AuditError('AUDIT_INVALID_QUERY', reason)
}
