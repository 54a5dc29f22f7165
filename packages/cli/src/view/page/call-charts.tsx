import { useMemo } from 'preact/hooks'
import type { Overview } from '../contract.ts'
import { changed, pathTo } from './address.ts'
import { Chart, type PathOf } from './chart.tsx'
import { chartsOf } from './charts-of.ts'
import { formatCompact, formatCostSum, formatDuration, formatShare, plural } from './format.ts'
import { notOkShareOf } from './statuses.ts'
import type { Theme } from './theme.ts'

/** The calls over time: how many, at what cost, how fast, with how many tokens, and how many that did not end well. */
export function CallCharts({
  overview,
  theme,
  filters,
}: {
  readonly overview: Overview
  readonly theme: Theme
  readonly filters: URLSearchParams
}) {
  const charts = useMemo(() => chartsOf(overview), [overview])
  const each = overview.step === 'month' ? 'a month' : 'a day'
  const { total } = overview
  const notOk = notOkShareOf(total)
  const inPeriod = (period: string) => changed(filters, { since: period, until: period })
  const plain: PathOf = period => pathTo.entries(inPeriod(period))
  const ofModel: PathOf = (period, series) => {
    const model = series === undefined ? undefined : charts.models[series]
    return pathTo.entries(model === undefined ? inPeriod(period) : changed(inPeriod(period), { model }))
  }
  const common = { theme, pathOf: plain }
  return (
    <>
      <Chart
        {...common}
        title={`Calls ${each}`}
        note={plural(total.count, 'call', 'calls')}
        data={charts.calls}
        pathOf={ofModel}
      />
      <Chart
        {...common}
        title={`Cost ${each}`}
        note={formatCostSum(total)}
        data={charts.cost}
        pathOf={ofModel}
      />
      <Chart
        {...common}
        title="Latency"
        note={total.latencyMs ? `median ${formatDuration(total.latencyMs.p50)}` : 'no entry has a latency'}
        data={charts.latency}
      />
      <Chart
        {...common}
        title={`Tokens ${each}`}
        note={formatCompact(total.tokens.input + total.tokens.output)}
        data={charts.tokens}
      />
      <Chart
        {...common}
        title="Share not ok"
        note={notOk === null ? 'no entry has a status' : formatShare(notOk)}
        data={charts.notOk}
      />
    </>
  )
}
