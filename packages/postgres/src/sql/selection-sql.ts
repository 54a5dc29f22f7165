import { canonicalJson, type JsonObject, type Selection } from '@audit/core/backend'
import { encodeText } from '../text.ts'
import { encodeTimestamp } from '../timestamp.ts'
import { LAST_INDEX } from './last-index-sql.ts'
import { type Bind, orderedQuery } from './ordered-query.ts'
import { PAGE_TYPES, pageSql } from './page-sql.ts'
import type { Statement } from './statement.ts'
import { INDEXED_CHARACTERS } from './tables.ts'

/**
 * Finds a page of the rows of a selection. If it filters by metadata, the result may have more rows: the caller compares
 * the metadata exactly.
 */
export function findSql(log: string, selection: Selection): Statement {
  return orderedQuery(PAGE_TYPES, bind => {
    const { where, order } = rangeSql(log, selection, bind)
    return pageSql(where, order, `${bind(selection.limit ?? null)}::bigint`)
  })
}

/** Counts the rows of a selection without metadata, using the same range of the same index. */
export function countSql(log: string, selection: Selection): Statement {
  return orderedQuery('count bigint', bind => {
    const { where, order } = rangeSql(log, selection, bind)
    return `SELECT count(*) FROM (SELECT FROM audit.entries WHERE ${where} ORDER BY ${order} OFFSET 0) AS found`
  })
}

/** Which rows belong to a selection, and in which order an index returns them. */
function rangeSql(
  log: string,
  selection: Selection,
  bind: Bind,
): { readonly where: string; readonly order: string } {
  const { keys, low, high } = rangeOf(log, selection)
  const direction = selection.order === 'asc' ? 'ASC' : 'DESC'
  const row = (bounds: readonly Bound[]) =>
    `(${bounds.map(({ value, type }) => `${bind(value)}::${type}`).join(', ')})`
  const all = [
    `(${keys.join(', ')}) >= ${row(low)}`,
    `(${keys.join(', ')}) <= ${row(high)}`,
    ...conditions(selection, bind),
    ...(selection.entryId === undefined ? [] : timeConditions(selection, bind)), // the range does not cover the time
  ]
  return { where: all.join(' AND '), order: keys.map(key => `${key} ${direction}`).join(', ') }
}

const USER = `left("user", ${INDEXED_CHARACTERS})`
const MODEL = `left(model, ${INDEXED_CHARACTERS})`

/** One end of a range in a column of an index. */
interface Bound {
  readonly value: string | number
  readonly type: 'text' | 'timestamptz' | 'bigint'
}

/** A range of an index: its columns, and both ends, inclusive. */
interface Range {
  readonly keys: readonly string[]
  readonly low: readonly Bound[]
  readonly high: readonly Bound[]
}

/**
 * The range of the index that answers a selection. It is requested as row comparisons in the order of exactly that index,
 * so that nothing is sorted and the planner has no choice. Otherwise the planner would assume that a log that has grown
 * since the last ANALYZE has no rows, and use any index that begins with the log.
 */
function rangeOf(log: string, { entryId, user, model, since, until, order, after }: Selection): Range {
  const text = (value: string): Bound => ({ value, type: 'text' })
  if (entryId !== undefined) {
    const id = [text(log), text(encodeText(entryId))]
    return { keys: ['log', 'entry_id'], low: id, high: id }
  }
  const prefixOf = (value: string) =>
    text(Array.from(encodeText(value)).slice(0, INDEXED_CHARACTERS).join(''))
  const fixed = [
    { key: 'log', bound: text(log) },
    ...(user === undefined ? [] : [{ key: USER, bound: prefixOf(user) }]),
    ...(model === undefined ? [] : [{ key: MODEL, bound: prefixOf(model) }]),
  ]
  const equal = fixed.map(({ bound }) => bound)
  const place = (timestamp: string, index: number | string): readonly Bound[] => [
    ...equal,
    { value: timestamp, type: 'timestamptz' },
    { value: index, type: 'bigint' },
  ]
  const isAscending = order === 'asc'
  // Of a bound and a cursor on the same side, the stricter one is enough. Canonical timestamps sort as text.
  const fromCursor = after !== undefined && isAscending && after.timestamp >= (since ?? '')
  const toCursor = after !== undefined && !isAscending && after.timestamp <= (until ?? '~')
  return {
    keys: [...fixed.map(({ key }) => key), 'entries.timestamp', 'index'],
    low: fromCursor
      ? place(encodeTimestamp(after.timestamp), after.index + 1)
      : place(since === undefined ? '-infinity' : encodeTimestamp(since), 0),
    high: toCursor
      ? place(encodeTimestamp(after.timestamp), after.index - 1)
      : place(until === undefined ? 'infinity' : encodeTimestamp(until), LAST_INDEX),
  }
}

/** The conditions that a range does not cover: the ends of long users and models, the size, and a part of the metadata. */
function conditions({ user, model, size, metadata = {} }: Selection, bind: Bind): readonly string[] {
  const pair = longestPair(metadata)
  return [
    ...(user === undefined ? [] : [`"user" = ${bind(encodeText(user))}`]),
    ...(model === undefined ? [] : [`model = ${bind(encodeText(model))}`]),
    ...(size === undefined ? [] : [`index < ${bind(size)}::bigint`]),
    ...(pair === undefined ? [] : [`strpos(metadata, ${bind(pair)}) > 0`]),
  ]
}

function timeConditions({ since, until, order, after }: Selection, bind: Bind): readonly string[] {
  const instant = (timestamp: string) => `${bind(encodeTimestamp(timestamp))}::timestamptz`
  const comparison = order === 'asc' ? '>' : '<'
  return [
    ...(since === undefined ? [] : [`entries.timestamp >= ${instant(since)}`]),
    ...(until === undefined ? [] : [`entries.timestamp <= ${instant(until)}`]),
    ...(after
      ? [
          `(entries.timestamp, index) ${comparison} (${instant(after.timestamp)}, ${bind(after.index)}::bigint)`,
        ]
      : []),
  ]
}

/**
 * Metadata is stored as canonical JSON, so it contains an equal pair literally. Searching for the longest pair is cheap,
 * and leaves few rows for the exact comparison.
 */
function longestPair(filter: JsonObject): string | undefined {
  const pairs = Object.entries(filter).map(([key, value]) => canonicalJson({ [key]: value }).slice(1, -1))
  return pairs.toSorted((a, b) => b.length - a.length)[0]
}
