import { type Cursor, type GroupKey, STATUS_KEY } from '@audit/core/backend'
import { metadataValueSql } from './metadata-index.ts'
import { orderedQuery } from './ordered-query.ts'
import { rangeSql, type SelectionPlan } from './selection-sql.ts'
import type { Statement } from './statement.ts'

/** Longer metadata is not collected: the caller reads the entries one by one. */
const COLLECTED_BYTES = 2048

/** A row of `summarySql`: what the entries of a group add up to. Its other columns are the group: `g0`, `g1`, … */
export interface SummaryRow {
  /** Whether the entries must be read one by one instead. */
  readonly odd: string
  readonly count: string
  /** Milliseconds since 1970. */
  readonly first: string
  readonly last: string
  /** Doubles, the highest byte first, as hexadecimal digits, of the entries where they are known. */
  readonly costs: string | null
  readonly latencies: string | null
  /** Metadata, separated by commas, of the entries where it has figures. */
  readonly metadata: string | null
  readonly [group: `g${number}`]: string | null
}

/** The last row of the next `rows` of a selection; no row if it has fewer. */
export function boundarySql(log: string, plan: SelectionPlan, rows: number): Statement {
  return orderedQuery('timestamp numeric, index bigint', bind => {
    const { where, order } = rangeSql(log, plan, bind)
    return `SELECT extract(epoch FROM entries.timestamp) * 1000, index FROM audit.entries WHERE ${where} ORDER BY ${order} OFFSET ${rows - 1} LIMIT 1`
  })
}

/** The sums of a selection whose plan is exact, by group. */
export function summarySql(
  log: string,
  plan: SelectionPlan,
  request: {
    readonly by: readonly GroupKey[]
    readonly countsOnly: boolean
    /** The last row that counts. */
    readonly through?: Cursor | undefined
  },
): Statement {
  const { by, countsOnly, through } = request
  const groups = by.map((_, i) => `g${i}`)
  const types = [...groups.map(name => `${name} text`), 'odd boolean, count bigint, first text, last text']
  return orderedQuery([...types, 'costs text, latencies text, metadata text'].join(', '), bind => {
    const { where, order } = rangeSql(log, plan, bind, through)
    const values = by.map((key, i) => `${groupSql(key)} AS g${i}`)
    const figures = countsOnly ? ['NULL', 'NULL', 'NULL'] : FIGURES
    const isOdd = oddSql(by, countsOnly)
    const shown = by.map((key, i) => (isTime(key) ? millisecondsSql(`g${i}`) : `g${i}`))
    return `SELECT ${[...shown, `bool_or(${isOdd})`, 'count(*)', ...SPAN, ...figures].join(', ')} FROM (
        SELECT ${[...values, 'entries.timestamp', 'cost_usd', 'latency_ms', 'metadata'].join(', ')}
        FROM audit.entries WHERE ${where} ORDER BY ${order} OFFSET 0
      ) AS selected${groups.length > 0 ? ` GROUP BY ${groups.join(', ')}` : ' HAVING count(*) > 0'}`
  })
}

const millisecondsSql = (time: string) => `(extract(epoch FROM ${time}) * 1000)::text`
const SPAN = ['min', 'max'].map(end => millisecondsSql(`${end}(timestamp)`))

const HAS_FIGURES = `(${['gen_ai.usage.', STATUS_KEY].map(key => `strpos(metadata, '"${key}') > 0`).join(' OR ')})`

const FIGURES = [
  `encode(string_agg(float8send(cost_usd), ''::bytea), 'hex')`,
  `encode(string_agg(float8send(latency_ms), ''::bytea), 'hex')`,
  `string_agg(metadata, ',') FILTER (WHERE ${HAS_FIGURES})`,
]

/** Which entries must be read one by one: PostgreSQL cannot unescape U+0000, and long texts are not collected in memory. */
function oddSql(by: readonly GroupKey[], countsOnly: boolean): string {
  const conditions = [
    ...(by.some(key => !isOwn(key)) ? [`strpos(metadata, E'\\\\u0000') > 0`] : []),
    ...(countsOnly ? [] : [`octet_length(metadata) > ${COLLECTED_BYTES} AND ${HAS_FIGURES}`]),
  ]
  return conditions.length > 0 ? conditions.join(' OR ') : 'false'
}

const TIMES: readonly GroupKey[] = ['hour', 'day', 'month']

function isTime(key: GroupKey): boolean {
  return TIMES.includes(key)
}

function isOwn(key: GroupKey): boolean {
  return isTime(key) || key === 'user' || key === 'model'
}

/** The value of a group, or its first instant. */
function groupSql(key: GroupKey): string {
  if (isTime(key)) return `date_trunc('${key}', entries.timestamp, 'UTC')`
  return isOwn(key) ? `"${key}"` : metadataValueSql(key)
}
