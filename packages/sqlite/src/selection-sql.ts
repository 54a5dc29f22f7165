import { type Cursor, canonicalJson, type JsonObject, type Selection } from '@audit/core'
import { INDEXES } from './schema.ts'

/** A statement and the values for its question marks. */
export interface Sql {
  readonly text: string
  readonly values: readonly (string | number)[]
}

/** The columns of a `Row`, in its order; its checksum, `crc`, follows where it is wanted. */
export const ROW_COLUMNS =
  '"index", entry_id, timestamp, user, model, cost_usd, latency_ms, metadata, input_text, output_text'

/** The SQL function `(metadata, filter)` that compares as core does; whoever runs these statements provides it. */
export const MATCHES_METADATA = 'audit_matches_metadata'

/** Finds the rows of a selection. It seeks in the index that fits, walks it in order, and ends at the limit. */
export function findSql(selection: Selection): Sql {
  const { text, values } = conditions(selection)
  const direction = selection.order === 'asc' ? 'ASC' : 'DESC'
  return {
    text: `SELECT ${ROW_COLUMNS}, crc FROM ${text} ORDER BY timestamp ${direction}, "index" ${direction} LIMIT ?`,
    values: [...values, selection.limit ?? -1],
  }
}

/** Counts the rows of a selection, in the index alone unless it has metadata. */
export function countSql(selection: Selection): Sql {
  const { text, values } = conditions(selection)
  return { text: `SELECT count(*) FROM ${text}`, values }
}

// The planner is not left to choose: with both bounds of time it takes (model, timestamp) for user and model together.
function conditions(selection: Selection): Sql {
  const all = [
    ...equalities(selection),
    ...timeBounds(selection),
    ...(selection.size === undefined ? [] : [{ text: '"index" < ?', values: [selection.size] }]),
    ...metadataConditions(selection.metadata ?? {}),
  ]
  return {
    text: `audit_log INDEXED BY ${indexFor(selection)} WHERE ${all.map(({ text }) => text).join(' AND ')}`,
    values: all.flatMap(({ values }) => values),
  }
}

function indexFor({ entryId, user, model }: Selection): string {
  if (entryId !== undefined) return INDEXES.entryId
  if (user === undefined) return model === undefined ? INDEXES.time : INDEXES.model
  return model === undefined ? INDEXES.user : INDEXES.userAndModel
}

function equalities({ entryId, user, model }: Selection): Sql[] {
  return Object.entries({ entry_id: entryId, user, model }).flatMap(([column, value]) =>
    value === undefined ? [] : [{ text: `${column} = ?`, values: [value] }],
  )
}

/**
 * At most one bound on each side, since a seek takes no more: of a bound and a cursor on the same side the stricter
 * says all. There always is a lower bound, so that a query for everything seeks as well.
 */
function timeBounds({ since = '', until, after, order }: Selection): Sql[] {
  const lower = { text: 'timestamp >= ?', values: [since] }
  const upper = until === undefined ? [] : [{ text: 'timestamp <= ?', values: [until] }]
  if (after && order === 'asc' && after.timestamp >= since) return [behind('>', after), ...upper]
  if (after && order === 'desc' && after.timestamp <= (until ?? after.timestamp))
    return [lower, behind('<', after)]
  return [lower, ...upper]
}

function behind(comparison: '<' | '>', { timestamp, index }: Cursor): Sql {
  return { text: `(timestamp, "index") ${comparison} (?, ?)`, values: [timestamp, index] }
}

/**
 * Metadata is stored as canonical JSON, so a pair that is equal stands in it literally: searching for the longest is
 * cheap, and leaves few rows for the exact comparison.
 */
function metadataConditions(filter: JsonObject): Sql[] {
  const pairs = Object.entries(filter).map(([key, value]) => canonicalJson({ [key]: value }).slice(1, -1))
  if (pairs.length === 0) return []
  const longest = pairs.reduce((a, b) => (b.length > a.length ? b : a))
  return [
    { text: 'instr(metadata, ?)', values: [longest] },
    { text: `${MATCHES_METADATA}(metadata, ?)`, values: [canonicalJson(filter)] },
  ]
}
