import { type Cursor, canonicalJson, HASH_BYTES, type JsonObject, type Selection } from '@audit/core/backend'
import { INDEXED_CHARACTERS, indexedValueSql, metadataIndexName } from './metadata-index.ts'
import { ROW_COLUMNS } from './row.ts'
import { INDEXES } from './schema.ts'

/** A statement and the values for its question marks. */
export interface Sql {
  readonly text: string
  readonly values: readonly (string | number)[]
}

/** The indexes of entries, `start` inclusive to `end` exclusive. */
export type EntryRange = readonly [start: number, end: number]

/**
 * The SQL function `(metadata, filter)` that compares as core does: 1, 0, or 2 if it needs the bytes of the metadata. The
 * connection that runs these statements must define both functions.
 */
export const MATCHES_METADATA = 'audit_matches_metadata'
/** The SQL function `(bytes of the metadata, filter)` that returns 1 or 0. */
export const MATCHES_BYTES = 'audit_matches_bytes'

/** The number of entries in the log. */
export const SIZE_SQL = 'SELECT coalesce(max("index") + 1, 0) FROM audit_log'

/** A number that every change of the schema changes. */
export const SCHEMA_VERSION_SQL = 'SELECT schema_version FROM pragma_schema_version'

/** Reads rows by index. */
export function readSql(start: number, end: number): Sql {
  return inRange(`${ROW_COLUMNS}, crc`, [start, end])
}

/**
 * Reads leaf hashes by index as one text of hexadecimal digits: a value for each would cost twice as much. `NO_HASH` is in the
 * place of what is none: in a damaged file, a column may hold a value of any type, whatever was declared.
 */
export function leafHashesSql(start: number, end: number): Sql {
  const { text, values } = inRange('leaf_hash', [start, end])
  const isHash = `typeof(leaf_hash) = 'blob' AND length(leaf_hash) = ${HASH_BYTES}`
  return {
    text: `SELECT group_concat(CASE WHEN ${isHash} THEN hex(leaf_hash) ELSE '${NO_HASH}' END, '') FROM (${text})`,
    values,
  }
}

/** No hexadecimal digit. */
export const NO_HASH = '?'

function inRange(columns: string, values: readonly [start: number, end: number]): Sql {
  const text = `SELECT ${columns} FROM audit_log WHERE "index" >= ? AND "index" < ? ORDER BY "index"`
  return { text, values }
}

/** Reads subtree roots of a level by their position. */
export function rootsSql(level: number, start: number, end: number): Sql {
  const text =
    'SELECT place, root FROM audit_log_subtrees WHERE level = ? AND place >= ? AND place < ? ORDER BY place'
  return { text, values: [level, start, end] }
}

/**
 * Finds the rows of a selection. It seeks in an index, reads it in order, and stops at the limit.
 *
 * @param key of the metadata filter, by whose index; otherwise by the one of the log's own that matches.
 */
export function findSql(selection: Selection, key?: string): Sql {
  const { text, values } = rowsSql(selection, key)
  const direction = selection.order === 'asc' ? 'ASC' : 'DESC'
  return {
    text: `SELECT ${ROW_COLUMNS}, crc ${text} ORDER BY timestamp ${direction}, "index" ${direction} LIMIT ?`,
    values: [...values, selection.limit ?? -1],
  }
}

/** Counts the rows of a selection. It reads the index alone if that decides all. */
export function countSql(selection: Selection, key?: string): Sql {
  const { text, values } = rowsSql(selection, key)
  return { text: `SELECT count(*) ${text}`, values }
}

/** Counts the rows to which an index leads, whether they match or not, up to a limit. */
export function reachSql(selection: Selection, limit: number, key?: string): Sql {
  const { text, values } = throughIndex(indexFor(selection, key), termsOfIndex(selection, key))
  return { text: `SELECT count(*) FROM (SELECT 1 ${text} LIMIT ?)`, values: [...values, limit] }
}

/** What follows the columns in a statement that reads the rows of a selection in a range of indexes, in no order. */
export function rangeSql(selection: Selection, range: EntryRange, key?: string): Sql {
  if (key !== undefined || !isEverything(selection)) {
    const terms = [...termsOfIndex(selection, key), ...termsOfRange(range), ...termsOfRow(selection, key)]
    return throughIndex(indexFor(selection, key), terms)
  }
  return fromLog('NOT INDEXED', [...termsOfRange(range), ...termsOfRow(selection, key)])
}

/** Whether the log's own indexes exclude no entry, apart from those beyond a size. */
export function isEverything({ entryId, user, model, since, until }: Selection): boolean {
  return [entryId, user, model, since, until].every(filter => filter === undefined)
}

function rowsSql(selection: Selection, key: string | undefined): Sql {
  const terms = [...termsOfIndex(selection, key), ...termsOfRow(selection, key)]
  return throughIndex(indexFor(selection, key), terms)
}

/** What follows the columns in a statement that seeks in an index: the planner might choose a worse one by itself. */
export function throughIndex(index: string, terms: readonly Sql[]): Sql {
  return fromLog(`INDEXED BY ${index}`, terms)
}

function fromLog(access: string, terms: readonly Sql[]): Sql {
  return {
    text: `FROM audit_log ${access} WHERE ${terms.map(({ text }) => text).join(' AND ')}`,
    values: terms.flatMap(({ values }) => values),
  }
}

/** What the index decides. */
function termsOfIndex(selection: Selection, key: string | undefined): Sql[] {
  const { metadata = {}, size } = selection
  return [
    ...(key === undefined ? equalities(selection) : [indexedValue(metadata, key)]),
    ...timeBounds(selection),
    ...(size === undefined ? [] : [{ text: '"index" < ?', values: [size] }]),
  ]
}

/** The terms for a range of indexes. */
export function termsOfRange([start, end]: EntryRange): Sql[] {
  return [{ text: '"index" >= ? AND "index" < ?', values: [start, end] }]
}

/** What is looked up in each row to which the index leads. */
function termsOfRow(selection: Selection, key: string | undefined): Sql[] {
  const { metadata = {} } = selection
  if (key === undefined) return metadataConditions(metadata)
  const { [key]: _, ...others } = metadata
  return [...equalities(selection), ...metadataConditions(isWhole(metadata, key) ? others : metadata)]
}

function indexedValue(filter: JsonObject, key: string): Sql {
  return {
    text: `${indexedValueSql(key)} = substr(?, 1, ${INDEXED_CHARACTERS})`,
    values: [jsonAt(filter, key)],
  }
}

/** Whether the index has the whole value. SQLite counts no more characters than JavaScript. */
function isWhole(filter: JsonObject, key: string): boolean {
  return jsonAt(filter, key).length < INDEXED_CHARACTERS
}

function jsonAt(filter: JsonObject, key: string): string {
  return canonicalJson(filter[key] ?? null)
}

function indexFor({ entryId, user, model }: Selection, key: string | undefined): string {
  if (key !== undefined) return metadataIndexName(key)
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
 * At most one bound on each side, because a seek uses no more: of a bound and a cursor on the same side, the stricter one
 * is enough. There is always a lower bound, so that a query for everything seeks too.
 */
export function timeBounds({ since = '', until, after, order }: Selection): Sql[] {
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
 * Parses the metadata of each row and checks its spelling: a plain text search would skip metadata that somebody has spelt
 * differently.
 */
function metadataConditions(filter: JsonObject): Sql[] {
  if (Object.keys(filter).length === 0) return []
  const text = `CASE ${MATCHES_METADATA}(metadata, ?) WHEN 1 THEN 1
    WHEN 2 THEN ${MATCHES_BYTES}(CAST(metadata AS BLOB), ?) ELSE 0 END`
  return [{ text, values: [canonicalJson(filter), canonicalJson(filter)] }]
}
