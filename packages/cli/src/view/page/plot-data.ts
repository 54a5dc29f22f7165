import type { Step } from './periods.ts'

/** A chart's data: for each series a value in each period; `null` where there is none. */
export interface PlotData {
  readonly periods: readonly string[]
  readonly step: Step
  readonly series: readonly PlotSeries[]
  /** Whether the series add up, one upon the other, or each is a line. */
  readonly kind: 'stack' | 'lines'
  readonly format: (value: number) => string
  /** For the axis, if another one is needed there. */
  readonly tick?: (value: number) => string
  /** Whether there is nothing between 0 and 1. */
  readonly isWhole?: boolean
}

/** A series of a chart. */
export interface PlotSeries {
  readonly name: string
  readonly values: readonly (number | null)[]
  /** The number of its colour. */
  readonly color: number
}
