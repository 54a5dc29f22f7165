import { canonicalJson, type JsonObject, type Selection } from '@audit/core'
import { ROW_COLUMNS } from './row.ts'
import { INDEXED_CHARACTERS } from './schema.ts'
import type { Statement } from './statement.ts'
import { encodeText } from './text.ts'
import { encodeTimestamp } from './timestamp.ts'

/** Finds the rows of a selection, and, where it has metadata, some more: whoever runs it compares that exactly. */
export function findSql(log: string, selection: Selection): Statement {
  const { text, values } = conditions(log, selection)
  const direction = selection.order === 'asc' ? 'ASC' : 'DESC'
  return {
    text: `SELECT ${ROW_COLUMNS} FROM audit.entries WHERE ${text}
      ORDER BY entries.timestamp ${direction}, index ${direction} LIMIT $${values.length + 1}`,
    values: [...values, selection.limit ?? null],
  }
}

/** Counts the rows of a selection without metadata. */
export function countSql(log: string, selection: Selection): Statement {
  const { text, values } = conditions(log, selection)
  return { text: `SELECT count(*) AS count FROM audit.entries WHERE ${text}`, values }
}

function conditions(log: string, selection: Selection): Statement {
  const values: unknown[] = [log]
  const bind = (value: unknown) => `$${values.push(value)}`
  const equal = (column: string, value: string) => {
    const stored = bind(encodeText(value))
    return `left(${column}, ${INDEXED_CHARACTERS}) = left(${stored}, ${INDEXED_CHARACTERS}) AND ${column} = ${stored}`
  }
  const instant = (timestamp: string) => `${bind(encodeTimestamp(timestamp))}::timestamptz`
  const { entryId, user, model, since, until, size, after, order, metadata = {} } = selection
  const all = ['log = $1']
  if (entryId !== undefined) all.push(`entry_id = ${bind(encodeText(entryId))}`)
  if (user !== undefined) all.push(equal('"user"', user))
  if (model !== undefined) all.push(equal('model', model))
  if (since !== undefined) all.push(`timestamp >= ${instant(since)}`)
  if (until !== undefined) all.push(`timestamp <= ${instant(until)}`)
  if (size !== undefined) all.push(`index < ${bind(size)}`)
  if (after) {
    const comparison = order === 'asc' ? '>' : '<'
    all.push(`(timestamp, index) ${comparison} (${instant(after.timestamp)}, ${bind(after.index)}::bigint)`)
  }
  const pair = longestPair(metadata)
  if (pair !== undefined) all.push(`strpos(metadata, ${bind(pair)}) > 0`)
  return { text: all.join(' AND '), values }
}

/**
 * Metadata is stored as canonical JSON, so a pair that is equal stands in it literally: searching for the longest is
 * cheap, and leaves few rows for the exact comparison.
 */
function longestPair(filter: JsonObject): string | undefined {
  const pairs = Object.entries(filter).map(([key, value]) => canonicalJson({ [key]: value }).slice(1, -1))
  return pairs.toSorted((a, b) => b.length - a.length)[0]
}
