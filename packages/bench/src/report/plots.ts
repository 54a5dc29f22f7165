import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { contenders, localIds } from '../contenders.ts'
import type { Measurements } from '../measurements.ts'
import { LOCAL_BACKENDS, TITLES } from '../own/backends.ts'
import { QUERY_NAMES } from '../own/queries.ts'
import type { Scale } from '../scale.ts'
import { growthOf } from '../workloads/growth.ts'
import { CROWD, recordingOf } from '../workloads/recording.ts'
import { integer } from './figures.ts'

use([BarChart, LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer])

/** The plots, as SVG, by the name of their file. */
export function plotsOf(measurements: Measurements, scale: Scale): ReadonlyMap<string, string> {
  return new Map([
    ['recording.svg', recordingPlot(measurements)],
    ['growth-recording.svg', growthRecordingPlot(measurements, scale)],
    ['growth-queries.svg', growthQueriesPlot(measurements, scale)],
  ])
}

const COLOURS = { ours: '#2563eb', synced: '#94a3b8', unsynced: '#fbbf24' }
const LINES = ['#2563eb', '#059669', '#d97706', '#7c3aed', '#dc2626', '#0891b2', '#64748b']
const WIDTH = 860

function draw(height: number, option: EChartsCoreOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  chart.setOption({
    backgroundColor: '#ffffff',
    animation: false,
    color: LINES,
    ...option,
    // Without a browser, texts are taken for narrower than they may turn out.
    legend: { bottom: 0, itemGap: 45 },
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return `${svg}\n`
}

/** A bar for each contender; the colour says what it promises. */
function recordingPlot(measurements: Measurements): string {
  const bars = localIds
    .map(id => ({ id, rate: measurements.summary(recordingOf(id, CROWD)).median }))
    .toSorted((a, b) => a.rate - b.rate)
  const kinds = [
    ['this project', COLOURS.ours, (id: string) => id.startsWith('audit')],
    [
      'synced to disk, as it is here',
      COLOURS.synced,
      (id: string) => !id.startsWith('audit') && isSynced(id),
    ],
    ['not synced, or in memory', COLOURS.unsynced, (id: string) => !id.startsWith('audit') && !isSynced(id)],
  ] as const
  return draw(80 + bars.length * 30, {
    title: { text: `${CROWD} callers at once: entries a second`, left: 'center' },
    grid: { left: 330, right: 80, top: 40, bottom: 40 },
    xAxis: { type: 'log', min: 100, axisLabel: { formatter: integer } },
    yAxis: { type: 'category', data: bars.map(({ id }) => contenders[id].name), axisTick: { show: false } },
    series: kinds.map(([name, color, belongs]) => ({
      name,
      type: 'bar',
      barGap: '-100%', // each bar has its line to itself; stacking draws nothing where the scale is logarithmic
      color,
      label: { show: true, position: 'right', formatter: ({ value }: { value: number }) => integer(value) },
      data: bars.map(({ id, rate }) => (belongs(id) ? Math.round(rate) : null)),
    })),
  })
}

function isSynced(id: string): boolean {
  return localIds.some(known => known === id && contenders[known].durable.startsWith('synced'))
}

/** A line for each backend. */
function growthRecordingPlot(measurements: Measurements, { sizes }: Scale): string {
  return draw(360, {
    title: { text: `Recording while the log grows: entries a second, ${CROWD} callers`, left: 'center' },
    grid: { left: 80, right: 40, top: 50, bottom: 70 },
    xAxis: sizeAxis(sizes),
    yAxis: { type: 'value', min: 0, axisLabel: { formatter: integer } },
    series: LOCAL_BACKENDS.map(backend => ({
      name: TITLES[backend],
      type: 'line',
      symbolSize: 8,
      data: sizes.map(size => measurements.summary(growthOf.record(backend, size)).median),
    })),
  })
}

/** A panel for each backend, in it a line for each query. */
function growthQueriesPlot(measurements: Measurements, { sizes }: Scale): string {
  const panel = (i: number) => ({ left: 60 + i * 275, width: 215, top: 80, bottom: 150 })
  const slowest = Math.max(
    ...LOCAL_BACKENDS.flatMap(backend =>
      QUERY_NAMES.flatMap(query =>
        sizes.map(size => measurements.summary(growthOf.query(backend, query, size)).median),
      ),
    ),
  )
  return draw(480, {
    title: [
      { text: 'Queries while the log grows: milliseconds, median', left: 'center' },
      ...LOCAL_BACKENDS.map((backend, i) => ({
        text: TITLES[backend],
        left: panel(i).left + panel(i).width / 2,
        top: 48,
        textAlign: 'center',
        textStyle: { fontSize: 14, fontWeight: 'normal' },
      })),
    ],
    grid: LOCAL_BACKENDS.map((_, i) => panel(i)),
    xAxis: LOCAL_BACKENDS.map((_, i) => ({ ...sizeAxis(sizes), gridIndex: i, axisLabel: { rotate: 35 } })),
    yAxis: LOCAL_BACKENDS.map((_, i) => ({
      type: 'value',
      min: 0,
      max: Math.ceil(slowest * 5) / 5,
      gridIndex: i,
    })),
    series: LOCAL_BACKENDS.flatMap((backend, i) =>
      QUERY_NAMES.map((query, colour) => ({
        name: query,
        type: 'line',
        symbolSize: 7,
        color: LINES[colour],
        xAxisIndex: i,
        yAxisIndex: i,
        data: sizes.map(size => measurements.summary(growthOf.query(backend, query, size)).median),
      })),
    ),
  })
}

function sizeAxis(sizes: readonly number[]) {
  return {
    type: 'category',
    data: sizes.map(integer),
    boundaryGap: false,
    name: 'entries in the log',
    nameLocation: 'middle',
    nameGap: 50,
  }
}
