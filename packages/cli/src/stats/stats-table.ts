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

const BAR = 8

/** A column, and what stands in it. */
interface Figure extends Column {
  readonly textOf: (figures: SummaryFigures) => string
  /** Left out where it is empty for all groups. */
  readonly isOptional?: boolean
}

/** What is shown of each group besides its values. */
function figureColumns(longest: number): readonly Figure[] {
  const right = { align: 'right' } as const
  return [
    { ...right, title: 'calls', textOf: ({ count }) => formatCount(count) },
    { title: '', rank: 3, textOf: ({ count }) => (count > longest ? '' : bar(count, longest, BAR)) },
    { ...right, title: 'cost', textOf: costText },
    {
      ...right,
      title: 'unknown',
      isOptional: true,
      textOf: ({ costUnknown }) => (costUnknown === 0 ? '' : formatCount(costUnknown)),
    },
    { ...right, title: 'tokens in', rank: 5, textOf: ({ tokens }) => formatCount(tokens.input) },
    { ...right, title: 'out', rank: 5, textOf: ({ tokens }) => formatCount(tokens.output) },
    { ...right, title: 'p50', rank: 1, textOf: ({ latencyMs }) => formatMs(latencyMs?.p50 ?? null) },
    { ...right, title: 'p95', rank: 2, textOf: ({ latencyMs }) => formatMs(latencyMs?.p95 ?? null) },
    { ...right, title: 'p99', rank: 6, textOf: ({ latencyMs }) => formatMs(latencyMs?.p99 ?? null) },
    { ...right, title: 'not ok', rank: 4, isOptional: true, textOf: failedShare },
  ]
}

/** Writes the groups as a table with bars, and a last row over all of them if there are several. */
export async function writeStats(
  context: Context,
  groupings: readonly Grouping[],
  groups: readonly StatsGroup[],
  total: StatsGroup | undefined,
): Promise<void> {
  const all = total ? [...groups, total] : groups
  const figures = figureColumns(Math.max(...groups.map(group => group.figures.count))).filter(
    ({ isOptional, textOf }) => !isOptional || all.some(group => textOf(group.figures) !== ''),
  )
  const columns = [...groupings.map(({ name }) => ({ title: titleOf(name), fills: true })), ...figures]
  const rows = all.map(group => [
    ...group.values.map(textOfValue),
    ...figures.map(({ textOf }) => textOf(group.figures)),
  ])
  const table = new Table(context.stdout, columns, rows)
  await table.writeHeader()
  await table.writeRows(rows)
  const hidden = table.hidden.filter(title => title !== '')
  if (hidden.length > 0)
    await note(context, `not shown: ${hidden.join(', ')} (a wider terminal or --json has them)`)
}

/** A sum of known costs alone; where none is known, it is unknown. */
function costText({ costUsd, count, costUnknown }: SummaryFigures): string {
  return formatUsd(costUnknown === count ? null : costUsd)
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
  if (known === 0) return ''
  return formatShare((known - (status.ok?.count ?? 0)) / known)
}
