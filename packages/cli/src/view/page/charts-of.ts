import type { Cell, Figures, Overview, TopUsers } from '../contract.ts'
import { formatCompact, formatCost, formatCostTick, formatDuration, formatShare } from './format.ts'
import { allPeriods } from './periods.ts'
import type { PlotData, PlotSeries } from './plot-data.ts'
import { countOf, ERRORS, knownOf, notOkOf } from './statuses.ts'

/** So many models have a colour of their own. The others are one. */
const OWN_COLORS = 6
const OTHERS = 7
const GOOD = 2
const WARN = 4
const BAD = 5

/** The charts of an overview, and the models that the series of the first two stand for. */
export interface Charts {
  /** `undefined` for the series of all others. */
  readonly models: readonly (string | undefined)[]
  readonly calls: PlotData
  readonly cost: PlotData
  readonly latency: PlotData
  readonly tokens: PlotData
  readonly notOk: PlotData
}

/** Makes charts of an overview. */
export function chartsOf(overview: Overview): Charts {
  const { step, models } = overview
  const periods = allPeriods(
    overview.periods.map(({ period }) => period),
    step,
  )
  const own = models.slice(0, OWN_COLORS).map(({ model }) => model)
  const byPeriod = new Map(overview.periods.map(figures => [figures.period, figures]))
  const over = (value: (figures: Figures) => number | null) =>
    periods.map(period => {
      const figures = byPeriod.get(period)
      return figures ? value(figures) : null
    })
  const common = { periods, step }
  return {
    models: models.length > own.length ? [...own, undefined] : own,
    calls: {
      ...common,
      kind: 'stack',
      format: formatCompact,
      isWhole: true,
      series: byName(overview.cells, periods, own, 'count'),
    },
    cost: {
      ...common,
      kind: 'stack',
      format: formatCost,
      tick: formatCostTick,
      series: byName(overview.cells, periods, own, 'costUsd'),
    },
    latency: {
      ...common,
      kind: 'lines',
      format: formatDuration,
      series: [
        { name: 'p50', color: 0, values: over(({ latencyMs }) => latencyMs?.p50 ?? null) },
        { name: 'p95', color: WARN, values: over(({ latencyMs }) => latencyMs?.p95 ?? null) },
        { name: 'p99', color: BAD, values: over(({ latencyMs }) => latencyMs?.p99 ?? null) },
      ],
    },
    tokens: {
      ...common,
      kind: 'stack',
      format: formatCompact,
      isWhole: true,
      series: [
        { name: 'Input', color: 0, values: over(({ tokens }) => tokens.input) },
        { name: 'Output', color: GOOD, values: over(({ tokens }) => tokens.output) },
      ],
    },
    notOk: { ...common, kind: 'stack', format: formatShare, series: notOkSeries(over) },
  }
}

/** What the users cost in each month. */
export function spendingOf({ spenders, cells }: TopUsers): PlotData {
  const periods = allPeriods(
    cells.map(({ period }) => period),
    'month',
  )
  return {
    periods,
    step: 'month',
    kind: 'stack',
    format: formatCost,
    tick: formatCostTick,
    series: byName(cells, periods, spenders, 'costUsd'),
  }
}

function byName(
  cells: readonly Cell[],
  periods: readonly string[],
  own: readonly string[],
  figure: 'count' | 'costUsd',
): readonly PlotSeries[] {
  const sums = new Map<string, number | null>()
  for (const cell of cells) {
    const key = `${cell.period} ${cell.name === null ? -1 : own.indexOf(cell.name)}`
    const isUnknown = figure === 'costUsd' && cell.costUnknown >= cell.count
    sums.set(key, isUnknown ? (sums.get(key) ?? null) : (sums.get(key) ?? 0) + cell[figure])
  }
  // Nothing was spent where there was no call; where no cost is known, there is no figure.
  const sumOf = (period: string, i: number) => {
    const sum = sums.get(`${period} ${i}`)
    return sum === undefined ? 0 : sum
  }
  const series = own.map((name, i) => ({
    name,
    color: i,
    values: periods.map(period => sumOf(period, i)),
  }))
  const others = periods.map(period => sumOf(period, -1))
  return others.some(value => value === null || value > 0)
    ? [...series, { name: 'Others', color: OTHERS, values: others }]
    : series
}

function notOkSeries(
  over: (value: (figures: Figures) => number | null) => readonly (number | null)[],
): readonly PlotSeries[] {
  const share = (countIn: (figures: Figures) => number) =>
    over(figures => countIn(figures) / Math.max(knownOf(figures), 1))
  const errors = (figures: Figures) => countOf(figures, ERRORS)
  return [
    { name: 'Errors and timeouts', color: BAD, values: share(errors) },
    {
      name: 'Aborts and others',
      color: WARN,
      values: share(figures => notOkOf(figures) - errors(figures)),
    },
  ]
}
