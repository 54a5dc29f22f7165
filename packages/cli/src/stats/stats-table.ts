import type { SummaryFigures } from '@audit/core'
import type { Context } from '../context.ts'
import { note } from '../output/note.ts'
import { formatCount, formatMs, formatShare, formatUsd } from '../output/numbers.ts'
import { type Column, Table } from '../output/table.ts'
import { bar } from './bar.ts'
import type { Grouping } from './grouping.ts'

/** A group: the values of its keys, and its figures. */
export interface StatsGroup {
  /** By what they were grouped, in that order; `undefined` where entries have no such key. */
  readonly values: readonly unknown[]
  readonly figures: SummaryFigures
}

const BAR = 16

/** What is shown of each group besides its values. */
const FIGURES: readonly (Column & { readonly textOf: (figures: SummaryFigures) => string })[] = [
  { title: 'calls', align: 'right', textOf: ({ count }) => formatCount(count) },
  { title: 'cost', align: 'right', textOf: ({ costUsd, count, costUnknown }) => formatUsd(costUnknown === count ? null : costUsd) },
  { title: 'unknown', align: 'right', rank: 3, textOf: ({ costUnknown }) => (costUnknown === 0 ? '' : formatCount(costUnknown)) },
  { title: 'tokens in', align: 'right', rank: 4, textOf: ({ tokens }) => formatCount(tokens.input) },
  { title: 'out', align: 'right', rank: 4, textOf: ({ tokens }) => formatCount(tokens.output) },
  { title: 'p50', align: 'right', rank: 2, textOf: ({ latencyMs }) => formatMs(latencyMs?.p50 ?? null) },
  { title: 'p95', align: 'right', rank: 1, textOf: ({ latencyMs }) => formatMs(latencyMs?.p95 ?? null) },
  { title: 'p99', align: 'right', rank: 5, textOf: ({ latencyMs }) => formatMs(latencyMs?.p99 ?? null) },
  { title: 'not ok', align: 'right', rank: 3, textOf: failedShare },
]

/** Writes the groups as a table with bars, and a last row over all of them if there are several. */
export async function writeStats(
  context: Context,
  groupings: readonly Grouping[],
  groups: readonly StatsGroup[],
  total: StatsGroup | undefined,
): Promise<void> {
  const longest = Math.max(...groups.map(({ figures }) => figures.count))
  const [calls, ...others] = FIGURES
  const columns: readonly Column[] = [
    ...groupings.map(({ name }) => ({ title: titleOf(name), fills: true })),
    ...(calls ? [calls] : []),
    { title: '', rank: 6, typical: BAR },
    ...others,
  ]
  const rowOf = ({ values, figures }: StatsGroup, chart: string): readonly string[] => {
    const [first = '', ...rest] = FIGURES.map(({ textOf }) => textOf(figures))
    return [...values.map(textOfValue), first, chart, ...rest]
  }
  const rows = groups.map(group => rowOf(group, bar(group.figures.count, longest, BAR)))
  if (total) rows.push(rowOf(total, ''))
  const table = new Table(context.stdout, columns, rows)
  await table.writeHeader()
  await table.writeRows(rows)
  const hidden = table.hidden.filter(title => title !== '')
  if (hidden.length > 0) await note(context, `too narrow for ${hidden.join(', ')}; a wider terminal or --json shows them`)
}

/** Times are UTC, and say so. */
function titleOf(name: string): string {
  return ['day', 'month', 'hour'].includes(name) ? `${name} (UTC)` : name
}

function textOfValue(value: unknown): string {
  if (value === undefined) return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Of the calls whose status is known. */
function failedShare({ status }: SummaryFigures): string {
  const known = Object.values(status).reduce((sum, { count }) => sum + count, 0)
  if (known === 0) return '–'
  return formatShare((known - (status.ok?.count ?? 0)) / known)
}
