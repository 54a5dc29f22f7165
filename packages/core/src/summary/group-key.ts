import { canonicalJson } from '../entry/canonical-json.ts'
import type { EntryFields } from '../entry/fields.ts'
import type { JsonValue } from '../entry/json.ts'

/** What every entry can be grouped by. Times are UTC: `2026-11-23`, `2026-11`, `2026-11-23T20:00Z`. */
export const OWN_GROUP_KEYS = ['user', 'model', 'day', 'month', 'hour'] as const
export type OwnGroupKey = (typeof OWN_GROUP_KEYS)[number]

/** What entries are grouped by: one of their own, or a key of their metadata. */
export type GroupKey = OwnGroupKey | (string & {})

/** What the entries of a group have in common, by one key; `undefined` where the metadata has no such key. */
export type GroupValue = JsonValue | undefined

/** Takes the value of a key from an entry whose timestamp is canonical. */
export type ReadGroupValue = (
  entry: Pick<EntryFields, 'user' | 'model' | 'timestamp' | 'metadata'>,
) => GroupValue

/** How the value of a key is taken from an entry. */
export function groupValueReader(key: GroupKey): ReadGroupValue {
  switch (key) {
    case 'user':
      return ({ user }) => user
    case 'model':
      return ({ model }) => model
    case 'month':
      return ({ timestamp }) => timestamp.slice(0, 7)
    case 'day':
      return ({ timestamp }) => timestamp.slice(0, 10)
    case 'hour':
      return ({ timestamp }) => `${timestamp.slice(0, 13)}:00Z`
    default:
      return ({ metadata }) => (Object.hasOwn(metadata, key) ? metadata[key] : undefined)
  }
}

/** The order of groups: missing values first, then texts by their UTF-16 code units, then other values by their JSON. */
export function compareGroupValues(a: GroupValue, b: GroupValue): number {
  const [first, second] = [sortKeyOf(a), sortKeyOf(b)]
  return first < second ? -1 : first > second ? 1 : 0
}

function sortKeyOf(value: GroupValue): string {
  if (value === undefined) return '0'
  return typeof value === 'string' ? `1${value}` : `2${canonicalJson(value)}`
}

/** A value as its RFC 8785 text gives it: values that are equal as JSON may differ in the order of their keys. */
export function canonicalValue(value: GroupValue): GroupValue {
  return typeof value === 'object' && value !== null ? JSON.parse(canonicalJson(value)) : value
}
