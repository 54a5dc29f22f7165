import type { GroupKey, Selection, SummaryRequest } from '@audit/core/backend'
import { indexedValueSql, metadataIndexName } from './metadata-index.ts'
import { INDEXES } from './schema.ts'
import {
  type EntryRange,
  rangeSql,
  type Sql,
  termsOfRange,
  throughIndex,
  timeBounds,
} from './selection-sql.ts'

/** The SQL function `(user, model, timestamp, cost, latency, metadata)` that adds an entry to the summary in progress. */
export const SUMMARIZE_ENTRY = 'audit_summarize_entry'

/** Where the metadata is needed for its figures: `gen_ai.usage.*` and `audit.status`, which JSON spells in one way. */
const METADATA_WITH_FIGURES = `CASE WHEN instr(metadata, '"gen_ai.usage.') OR instr(metadata, '"audit.status"') THEN metadata END`

/** The columns that give the values of core's own keys, and an index that has both them and the time. */
const OWN_KEYS: ReadonlyMap<GroupKey, { readonly value: string; readonly index: string }> = new Map([
  ['user', { value: 'user', index: INDEXES.user }],
  ['model', { value: 'model', index: INDEXES.model }],
  ['month', { value: 'substr(timestamp, 1, 7)', index: INDEXES.time }],
  ['day', { value: 'substr(timestamp, 1, 10)', index: INDEXES.time }],
  ['hour', { value: "substr(timestamp, 1, 13) || ':00Z'", index: INDEXES.time }],
])

/** Adds the rows of a selection that lie in a range of indexes, with what the request needs of them. */
export function summarySql(request: SummaryRequest, range: EntryRange, key?: string): Sql {
  return adding(request, rangeSql(request.selection, range, key))
}

function adding({ by }: SummaryRequest, { text, values }: Sql): Sql {
  const needed = (column: string) => (by.includes(column) ? column : "''")
  const metadata = by.some(key => !OWN_KEYS.has(key)) ? 'metadata' : METADATA_WITH_FIGURES
  const columns = [needed('user'), needed('model'), 'timestamp', 'cost_usd', 'latency_ms', metadata]
  return { text: `SELECT count(${SUMMARIZE_ENTRY}(${columns.join(', ')})) ${text}`, values }
}

/** Where an index knows the values of a group key. */
export interface GroupIndex {
  /** The expression of the value; for a key of the metadata, the start of its JSON. */
  readonly value: string
  readonly index: string
  readonly isMetadata: boolean
}

/** The index that knows the counts of a request by itself. `undefined` if none does, and the rows must be read. */
export function groupIndexFor(
  { selection, by, countsOnly }: SummaryRequest,
  indexedKeys: () => readonly string[],
): GroupIndex | undefined {
  const [key] = by
  const { entryId, user, model, metadata } = selection
  const isByTimeOnly = [entryId, user, model, metadata].every(filter => filter === undefined)
  if (!countsOnly || by.length !== 1 || key === undefined || !isByTimeOnly) return undefined
  const own = OWN_KEYS.get(key)
  if (own) return { ...own, isMetadata: false }
  if (!indexedKeys().includes(key)) return undefined
  return { value: indexedValueSql(key), index: metadataIndexName(key), isMetadata: true }
}

/** Counts the rows of each value, in a range of indexes, from the index alone. */
export function valueCountsSql(group: GroupIndex, selection: Selection, range: EntryRange): Sql {
  const { text, values } = throughIndex(group.index, [...timeBounds(selection), ...termsOfRange(range)])
  return { text: `SELECT ${group.value}, count(*) ${text} GROUP BY 1`, values }
}

/** Adds the rows whose value begins so, because the index does not have the rest of it. */
export function longValueSql(
  group: GroupIndex,
  request: SummaryRequest,
  range: EntryRange,
  beginning: string,
): Sql {
  const begins = { text: `${group.value} = ?`, values: [beginning] }
  const terms = [begins, ...timeBounds(request.selection), ...termsOfRange(range)]
  return adding(request, throughIndex(group.index, terms))
}
