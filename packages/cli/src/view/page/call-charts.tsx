import { useMemo } from 'preact/hooks'
import type { Overview } from '../contract.ts'
import { Chart, entriesBehind } from './chart.tsx'
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
  const tokens = total.tokens.input + total.tokens.output
  const plain = entriesBehind(filters)
  const ofModel = entriesBehind(filters, 'model', charts.models)
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
        note={tokens === 0 ? 'no entry has tokens' : formatCompact(tokens)}
        data={charts.tokens}
      />
      <Chart
        {...common}
        class="third"
        title="Share not ok"
        note={notOk === null ? 'no entry has a status' : formatShare(notOk)}
        data={charts.notOk}
      />
    </>
  )
}
