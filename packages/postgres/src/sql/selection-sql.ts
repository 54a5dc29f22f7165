import {
  type Cursor,
  canonicalJson,
  type JsonObject,
  type JsonValue,
  type Selection,
} from '@audit/core/backend'
import { encodeText } from '../text.ts'
import { encodeTimestamp } from '../timestamp.ts'
import { LAST_INDEX } from './last-index-sql.ts'
import {
  indexedValueOf,
  indexedValueSql,
  isIndexedWhole,
  isSpeltOnce,
  metadataValueSql,
} from './metadata-index.ts'
import { type Bind, orderedQuery } from './ordered-query.ts'
import { PAGE_TYPES, pageSql } from './page-sql.ts'
import type { Statement } from './statement.ts'
import { INDEXED_CHARACTERS } from './tables.ts'

/** How a selection is found. */
export interface SelectionPlan {
  readonly selection: Selection
  /** The key of its metadata whose index is read; `undefined` for another index. */
  readonly key: string | undefined
  /** Whether the database finds what matches, and nothing else. Otherwise the caller compares the metadata. */
  readonly isExact: boolean
}

/**
 * Chooses the index: of the metadata keys that have one, that with the longest value.
 *
 * @param indexed the metadata keys that have an index.
 */
export function planOf(selection: Selection, indexed: ReadonlySet<string>): SelectionPlan {
  const { metadata, entryId } = selection
  if (metadata === undefined) return { selection, key: undefined, isExact: true }
  const pairs = Object.entries(metadata)
  const lengthOf = (value: JsonValue) => canonicalJson(value).length
  const [best] = pairs
    .filter(([key]) => entryId === undefined && indexed.has(key))
    .toSorted(([, a], [, b]) => lengthOf(b) - lengthOf(a))
  // What is in that index is JSON, so that the database can compare the other keys too.
  return {
    selection,
    key: best?.[0],
    isExact: best !== undefined && pairs.every(pair => isSpeltOnce(...pair)),
  }
}

/** Finds a page of the rows of a selection. The result may have more rows, unless the plan is exact. */
export function findSql(log: string, plan: SelectionPlan): Statement {
  return orderedQuery(PAGE_TYPES, bind => {
    const { where, order } = rangeSql(log, plan, bind)
    return pageSql(where, order, `${bind(plan.selection.limit ?? null)}::bigint`)
  })
}

/** Counts the rows of a selection whose plan is exact, using the same range of the same index. */
export function countSql(log: string, plan: SelectionPlan): Statement {
  return orderedQuery('count bigint', bind => {
    const { where, order } = rangeSql(log, plan, bind)
    return `SELECT count(*) FROM (SELECT FROM audit.entries WHERE ${where} ORDER BY ${order} OFFSET 0) AS found`
  })
}

/**
 * Which rows belong to a selection, and in which order an index returns them.
 *
 * @param through the last row, of an ascending order.
 */
export function rangeSql(
  log: string,
  plan: SelectionPlan,
  bind: Bind,
  through?: Cursor,
): { readonly where: string; readonly order: string } {
  const { selection } = plan
  const { keys, low, high } = rangeOf(log, plan, through)
  const direction = selection.order === 'asc' ? 'ASC' : 'DESC'
  const row = (bounds: readonly Bound[]) =>
    `(${bounds.map(({ value, type }) => `${bind(value)}::${type}`).join(', ')})`
  const all = [
    `(${keys.join(', ')}) >= ${row(low)}`,
    `(${keys.join(', ')}) <= ${row(high)}`,
    ...conditions(plan, bind),
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
function rangeOf(log: string, { selection, key }: SelectionPlan, through?: Cursor): Range {
  const { entryId, since, until, order, after } = selection
  const text = (value: string): Bound => ({ value, type: 'text' })
  if (entryId !== undefined) {
    const id = [text(log), text(encodeText(entryId))]
    return { keys: ['log', 'entry_id'], low: id, high: id }
  }
  const fixed = [
    { key: 'log', bound: text(log) },
    ...equalColumns(selection, key).map(({ key: column, value }) => ({ key: column, bound: text(value) })),
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
    high: through
      ? place(encodeTimestamp(through.timestamp), through.index)
      : toCursor
        ? place(encodeTimestamp(after.timestamp), after.index - 1)
        : place(until === undefined ? 'infinity' : encodeTimestamp(until), LAST_INDEX),
  }
}

/** The columns of an index that are equal for all rows of a selection, besides the log, and their values. */
function equalColumns(
  { user, model, metadata = {} }: Selection,
  key: string | undefined,
): readonly { readonly key: string; readonly value: string }[] {
  if (key !== undefined) return [{ key: indexedValueSql(key), value: indexedValueOf(metadata[key] ?? null) }]
  const prefixOf = (value: string) => Array.from(encodeText(value)).slice(0, INDEXED_CHARACTERS).join('')
  return [
    ...(user === undefined ? [] : [{ key: USER, value: prefixOf(user) }]),
    ...(model === undefined ? [] : [{ key: MODEL, value: prefixOf(model) }]),
  ]
}

/** The conditions that a range does not cover: the ends of long values, other columns, the size, and other metadata. */
function conditions({ selection, key, isExact }: SelectionPlan, bind: Bind): readonly string[] {
  const { user, model, size, metadata = {} } = selection
  return [
    ...(user === undefined ? [] : [`"user" = ${bind(encodeText(user))}`]),
    ...(model === undefined ? [] : [`model = ${bind(encodeText(model))}`]),
    ...(size === undefined ? [] : [`index < ${bind(size)}::bigint`]),
    ...(isExact ? equalValues(metadata, key, bind) : containsLongestPair(metadata, bind)),
  ]
}

/** Compares each value exactly, but for that which the index has whole. */
function equalValues(metadata: JsonObject, key: string | undefined, bind: Bind): readonly string[] {
  return Object.entries(metadata)
    .filter(([name, value]) => name !== key || !isIndexedWhole(value))
    .map(([name, value]) => `${metadataValueSql(name)} = ${bind(canonicalJson(value))}`)
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
function containsLongestPair(filter: JsonObject, bind: Bind): readonly string[] {
  const pairs = Object.entries(filter).map(([key, value]) => canonicalJson({ [key]: value }).slice(1, -1))
  const [longest] = pairs.toSorted((a, b) => b.length - a.length)
  return longest === undefined ? [] : [`strpos(metadata, ${bind(longest)}) > 0`]
}
