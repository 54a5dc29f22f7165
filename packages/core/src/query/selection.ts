import type { AuditEntry } from '../entry/entry.ts'
import { canonicalEntryId } from '../entry/entry-id.ts'
import type { JsonObject, JsonValue } from '../entry/json.ts'
import { canonicalTimestamp } from '../entry/timestamp.ts'

/** A position in the order of time, after which a query continues. */
export interface Cursor {
  /** Canonical timestamp. */
  readonly timestamp: string
  readonly index: number
}

/** A query that core has checked and normalised, so that a backend compares and never parses. Every part must hold. */
export interface Selection {
  /** As `canonicalEntryId` spells it. */
  readonly entryId?: string
  readonly user?: string
  readonly model?: string
  /** Canonical timestamp, inclusive. */
  readonly since?: string
  /** Canonical timestamp, inclusive. */
  readonly until?: string
  /** Each key's value must be equal as JSON. */
  readonly metadata?: JsonObject
  /** Only entries with a lower index: the log as it was at that size. */
  readonly size?: number
  /** By timestamp, then by index; `desc` is the exact reverse. */
  readonly order: 'asc' | 'desc'
  /** Only entries after this one, in the selection's order. */
  readonly after?: Cursor
  /** At most this many, from the start of that order. */
  readonly limit?: number
}

/** Whether an entry belongs to a selection. The caller applies `order`, with `compareEntries`, and `limit`. */
export function matches(selection: Selection, entry: AuditEntry): boolean {
  const { entryId, user, model, since, until, metadata, size, after } = selection
  if (user !== undefined && entry.user !== user) return false
  if (model !== undefined && entry.model !== model) return false
  if (size !== undefined && entry.index >= size) return false
  if (entryId !== undefined && canonicalEntryId(entry.entryId) !== entryId) return false
  const timestamp = canonicalTimestamp(entry.timestamp)
  if (since !== undefined && timestamp < since) return false
  if (until !== undefined && timestamp > until) return false
  if (after !== undefined && !isBehind(selection.order, { timestamp, index: entry.index }, after))
    return false
  return metadata === undefined || matchesMetadata(metadata, entry.metadata)
}

/** Oldest first: by instant, then by index. For `Array.prototype.sort`; negate it for `desc`. */
export function compareEntries(a: Cursor, b: Cursor): number {
  const first = canonicalTimestamp(a.timestamp)
  const second = canonicalTimestamp(b.timestamp)
  if (first !== second) return first < second ? -1 : 1
  return a.index - b.index
}

/** Whether the metadata has each key of the filter with an equal value. */
export function matchesMetadata(filter: JsonObject, metadata: JsonObject): boolean {
  for (const key of Object.keys(filter)) {
    if (!Object.hasOwn(metadata, key) || !equalJson(filter[key], metadata[key])) return false
  }
  return true
}

function isBehind(order: 'asc' | 'desc', entry: Cursor, cursor: Cursor): boolean {
  const difference = compareEntries(entry, cursor)
  return order === 'asc' ? difference > 0 : difference < 0
}

function equalJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(key => Object.hasOwn(b, key) && equalJson(at(a, key), at(b, key)))
}

/** The value under an own key of an object, or at an index of an array. */
function at(container: readonly JsonValue[] | JsonObject, key: string): JsonValue | undefined {
  return Array.isArray(container) ? container[Number(key)] : (container as JsonObject)[key] // isArray does not narrow readonly
}
