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
  /** Shows other values of the same series. */
  show(data: PlotData): void
  destroy(): void
}

/** In CSS pixels. */
export const PLOT_HEIGHT = 190
const Y_WIDTH = 62
/** 1, 2, 5, 10, … */
const WHOLE_STEPS = Array.from({ length: 18 }, (_, power) => [1, 2, 5].map(n => n * 10 ** power)).flat()

/** What must stay the same for a chart to show other values. */
export function shapeOf({ kind, step, periods, series }: PlotData): string {
  return JSON.stringify([kind, step, periods.length > 0, series.map(({ name, color }) => [name, color])])
}

/** Draws a chart with the colours of the page. */
export function drawPlot(
  target: HTMLElement,
  data: PlotData,
  onHover: (period: number | undefined) => void,
  onOpen: (point: Point) => void,
): Plot {
  let heights = heightsOf(data)
  const order = data.series.map((_, i) => i).reverse() // what is stacked highest is drawn first, and the others over it
  const alignedOf = ({ periods }: PlotData): uPlot.AlignedData => [
    periods.map(startOf),
    ...order.map(i => [...(heights[i] ?? [])]),
  ]
  const chart = new uPlot(options(target, data, order, onHover), alignedOf(data), target)
  chart.over.addEventListener('click', event => {
    const { idx } = chart.cursor
    if (typeof idx !== 'number') return
    const value = chart.posToVal(event.offsetY, 'y')
    const part = heights.findIndex(series => (series[idx] ?? 0) >= value)
    onOpen({ period: idx, series: data.kind === 'stack' && part >= 0 ? part : undefined })
  })
  return {
    resize: width => chart.setSize({ width, height: PLOT_HEIGHT }),
    show: next => {
      heights = heightsOf(next)
      chart.setData(alignedOf(next))
    },
    destroy: () => chart.destroy(),
  }
}

function heightsOf({ kind, series }: PlotData): readonly (readonly (number | null)[])[] {
  return kind === 'stack' ? stacked(series) : series.map(({ values }) => values)
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
      x: { range: ({ data: [times] }) => [(times[0] ?? 0) - half, (times.at(-1) ?? 0) + half] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      { ...axis, size: 30, grid: { show: false }, splits: xSplits, values: xLabels(data.step) },
      {
        ...axis,
        size: Y_WIDTH,
        space: 36,
        values: (_, splits) => splits.map(data.tick ?? data.format),
        ...(data.isWhole && { incrs: WHOLE_STEPS }),
      },
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

/** How much room a label needs, and how near to the left edge it would run into those of the other axis. In CSS pixels. */
const LABEL_WIDTH = 70
const LABEL_EDGE = 24

/** Every so many periods, as their labels have room. */
function xSplits({ data: [times], width }: uPlot): number[] {
  const every = Math.max(1, Math.ceil((times.length * LABEL_WIDTH) / Math.max(width - Y_WIDTH, 1)))
  return [...times].filter((_, i) => i % every === 0)
}

/** `2026-11`, or `11-24` with the year where it begins. */
function xLabels(step: Step): (plot: uPlot, splits: number[]) => string[] {
  return (plot, splits) => {
    let year = ''
    return splits.map(seconds => {
      if (plot.valToPos(seconds, 'x') < LABEL_EDGE) return ''
      const iso = new Date(seconds * 1000).toISOString()
      if (step === 'month') return iso.slice(0, 7)
      const label = iso.slice(0, 4) === year ? iso.slice(5, 10) : iso.slice(0, 10)
      year = iso.slice(0, 4)
      return label
    })
  }
}
