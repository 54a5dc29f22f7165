import type { AuditEntry } from '../entry/entry.ts'
import { textOf } from '../entry/fields.ts'
import { copyJsonObject, describe, isPlainObject, quote } from '../entry/json.ts'
import { canonicalTimestamp, formatTimestamp, parseSpan, type Span } from '../entry/timestamp.ts'
import { AuditError } from '../errors.ts'
import { type Given, ownFields, withoutPrototype } from '../options.ts'
import type { Cursor, Selection } from './selection.ts'

/** Which entries: they must match every filter. Filters are exact, so `user: ''` matches only the empty user. */
export interface Filter {
  readonly user?: string
  readonly model?: string
  /** Inclusive. A `Date`, or ISO 8601 with any offset (UTC without one); a date alone begins with its day. */
  readonly since?: string | Date
  /** Inclusive. A `Date`, or ISO 8601 with any offset (UTC without one); a date alone ends with its day. */
  readonly until?: string | Date
  /** Top-level keys; each value must be equal as JSON. */
  readonly metadata?: object
}

/** Which entries, in which order, and how many. */
export interface Query extends Filter {
  /** By timestamp, then by index. Default: `'asc'`, oldest first. */
  readonly order?: 'asc' | 'desc' | undefined
  /** At most this many, from the start of the order; with 0, none. Default: all. */
  readonly limit?: number | undefined
  /** Continues after an entry of the same query, to read page by page. */
  readonly after?: Pick<AuditEntry, 'timestamp' | 'index'> | undefined
}

/** Entries by their index. */
export interface Range {
  /** Inclusive. Default: 0. */
  readonly start?: number
  /** Exclusive. Default: the log's size when the iteration begins. */
  readonly end?: number
}

const FILTER_KEYS = ['user', 'model', 'since', 'until', 'metadata'] as const
const QUERY_KEYS = [...FILTER_KEYS, 'order', 'limit', 'after'] as const
const RANGE_KEYS = ['start', 'end'] as const

/**
 * Checks and normalises a query.
 *
 * @throws AuditError `AUDIT_INVALID_QUERY`, also for an unknown key and for a filter that is `undefined`, since neither
 *   may widen a result. `order`, `limit` and `after` may be `undefined`.
 */
export function selectionOf(query: Query): Selection {
  return readable(() => selectionFrom(query))
}

function selectionFrom(query: Query): Selection {
  const { order, limit, after, ...filters } = ownFields(query, QUERY_KEYS, invalid)
  return withoutPrototype({
    ...filtersOf(filters),
    order: order === undefined ? 'asc' : orderOf(order),
    ...(limit !== undefined && { limit: wholeNumber('limit', limit) }),
    ...(after !== undefined && { after: cursorOf(after) }),
  })
}

/** Checks and normalises the argument of `count`: only filters. Throws like `selectionOf`. */
export function selectionOfFilter(filter: Filter): Selection {
  return readable(() =>
    withoutPrototype({ ...filtersOf(ownFields(filter, FILTER_KEYS, invalid)), order: 'asc' as const }),
  )
}

/** Checks a range of indexes; throws like `selectionOf`. */
export function rangeOf(range: Range): { readonly start: number; readonly end: number } {
  const given = ownFields(range, RANGE_KEYS, invalid)
  return {
    start: 'start' in given ? wholeNumber('start', given.start) : 0,
    end: 'end' in given ? wholeNumber('end', given.end) : Number.MAX_SAFE_INTEGER,
  }
}

function filtersOf(filters: Given<(typeof FILTER_KEYS)[number]>): Omit<Selection, 'order'> {
  const given = withoutPrototype(filters)
  return {
    ...('user' in given && { user: textOf('user', given.user, invalid) }),
    ...('model' in given && { model: textOf('model', given.model, invalid) }),
    ...('since' in given && { since: formatTimestamp(spanOf('since', given.since).first) }),
    ...('until' in given && { until: formatTimestamp(spanOf('until', given.until).last) }),
    ...('metadata' in given && { metadata: copyJsonObject(given.metadata, 'metadata', { fail: invalid }) }),
  }
}

function spanOf(key: string, value: unknown): Span {
  const span = parseSpan(value)
  if (span) return span
  throw invalid(
    `${key} must be a Date or an ISO 8601 time such as '2026-12-31' or '2026-12-31T23:00Z', not ${shown(value)}`,
  )
}

/** A value of a query as an error message may show it. */
function shown(value: unknown): string {
  return typeof value === 'string' ? quote(value) : describe(value)
}

function orderOf(value: unknown): 'asc' | 'desc' {
  if (value === 'asc' || value === 'desc') return value
  throw invalid(`order must be 'asc' or 'desc', not ${shown(value)}`)
}

function wholeNumber(key: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw invalid(`${key} must be a whole number from 0, not ${shown(value)}`)
}

function cursorOf(value: unknown): Cursor {
  const { timestamp, index }: { readonly timestamp?: unknown; readonly index?: unknown } = isPlainObject(
    value,
  )
    ? { ...value }
    : {}
  if (typeof timestamp !== 'string' || !parseSpan(timestamp)) {
    throw invalid('after must be an entry, with its timestamp and its index')
  }
  return { timestamp: canonicalTimestamp(timestamp), index: wholeNumber('after.index', index) }
}

/** A getter or a proxy of the application may throw anything. */
function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof AuditError) throw cause
    throw new AuditError('AUDIT_INVALID_QUERY', 'the query cannot be read: see the cause', { cause })
  }
}

function invalid(reason: string): AuditError {
  return new AuditError('AUDIT_INVALID_QUERY', reason)
}
