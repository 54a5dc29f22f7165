import uPlot from 'uplot'
import { type Step, secondsOf, startOf } from './periods.ts'
import type { PlotData, PlotSeries } from './plot-data.ts'

/** What somebody pointed at. */
export interface Point {
  readonly period: number
  /** On a stack, the series whose part it is. */
  readonly series: number | undefined
}

/** A chart that is drawn, until it is destroyed. */
export interface Plot {
  resize(width: number): void
  destroy(): void
}

/** In CSS pixels. */
export const PLOT_HEIGHT = 190

/** Draws a chart with the colours of the page. */
export function drawPlot(
  target: HTMLElement,
  data: PlotData,
  onHover: (period: number | undefined) => void,
  onOpen: (point: Point) => void,
): Plot {
  const heights = data.kind === 'stack' ? stacked(data.series) : data.series.map(({ values }) => values)
  const order = data.series.map((_, i) => i).reverse() // what is stacked highest is drawn first, and the others over it
  const chart = new uPlot(
    options(target, data, order, onHover),
    [data.periods.map(startOf), ...order.map(i => [...(heights[i] ?? [])])],
    target,
  )
  chart.over.addEventListener('click', event => {
    const { idx } = chart.cursor
    if (typeof idx !== 'number') return
    const value = chart.posToVal(event.offsetY, 'y')
    const part = heights.findIndex(series => (series[idx] ?? 0) >= value)
    onOpen({ period: idx, series: data.kind === 'stack' && part >= 0 ? part : undefined })
  })
  return {
    resize: width => chart.setSize({ width, height: PLOT_HEIGHT }),
    destroy: () => chart.destroy(),
  }
}

function stacked(series: readonly PlotSeries[]): readonly (readonly number[])[] {
  let below: readonly number[] = []
  return series.map(({ values }) => {
    below = values.map((value, i) => (below[i] ?? 0) + (value ?? 0))
    return below
  })
}

function options(
  target: HTMLElement,
  data: PlotData,
  order: readonly number[],
  onHover: (period: number | undefined) => void,
): uPlot.Options {
  const color = (name: string) => getComputedStyle(target).getPropertyValue(name).trim()
  const half = secondsOf(data.step) / 2
  const axis: uPlot.Axis = {
    stroke: color('--muted'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  }
  return {
    width: target.clientWidth,
    height: PLOT_HEIGHT,
    tzDate: seconds => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    padding: [12, 8, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { show: data.kind === 'lines' } },
    scales: {
      x: { range: [startOf(data.periods[0] ?? '') - half, startOf(data.periods.at(-1) ?? '') + half] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      { ...axis, size: 30, grid: { show: false }, space: 70, values: xLabels(data.step) },
      { ...axis, size: 62, space: 36, values: (_, splits) => splits.map(data.format) },
    ],
    series: [{}, ...order.map(i => seriesOptions(data, color(`--series-${data.series[i]?.color ?? 0}`)))],
    hooks: { setCursor: [({ cursor: { idx } }) => onHover(idx ?? undefined)] },
  }
}

function seriesOptions({ kind }: PlotData, color: string): uPlot.Series {
  if (kind === 'lines') return { stroke: color, width: 2, spanGaps: false, points: { size: 5, fill: color } }
  const paths = uPlot.paths.bars?.({ size: [0.72, 48], radius: 0.08 })
  return { fill: color, width: 0, points: { show: false }, ...(paths && { paths }) }
}

function xLabels(step: Step): (plot: uPlot, splits: number[]) => string[] {
  return (_, splits) =>
    splits.map((seconds, i) => {
      const iso = new Date(seconds * 1000).toISOString()
      if (step === 'month') return iso.slice(0, 7)
      if (!iso.includes('T00:00')) return ''
      return i === 0 ? iso.slice(0, 10) : iso.slice(5, 10)
    })
}
