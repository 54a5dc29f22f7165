import { useEffect, useRef, useState } from 'preact/hooks'
import { changed, pathTo } from './address.ts'
import { drawPlot, PLOT_HEIGHT, type Plot, shapeOf } from './plot.ts'
import type { PlotData } from './plot-data.ts'
import { Link, navigate } from './router.tsx'
import { Word } from './text.tsx'
import type { Theme } from './theme.ts'

/** Where the entries behind a period are, and behind one of the series in it. */
export type PathOf = (period: string, series: number | undefined) => string

/**
 * Leads to the entries of a period, and to those of one series in it.
 *
 * @param names what the series stand for; `undefined` for one of all others.
 */
export function entriesBehind(
  filters: URLSearchParams,
  filter: 'model' | 'user' = 'model',
  names: readonly (string | undefined)[] = [],
): PathOf {
  return (period, series) => {
    const name = series === undefined ? undefined : names[series]
    const inPeriod = changed(filters, { since: period, until: period })
    return pathTo.entries(name === undefined ? inPeriod : changed(inPeriod, { [filter]: name }))
  }
}

/** A chart, whose parts lead to the entries behind them. What it shows is also there as a table, for the keyboard. */
export function Chart({
  title,
  note,
  data,
  theme,
  pathOf,
  class: kind = '',
}: {
  readonly title: string
  readonly note: string
  readonly class?: string
  readonly data: PlotData
  readonly theme: Theme
  readonly pathOf: PathOf
}) {
  const [hovered, setHovered] = useState<number>()
  const target = usePlot(data, theme, pathOf, setHovered)
  const period = hovered === undefined ? undefined : data.periods[hovered]
  return (
    <figure class={`card chart ${kind}`} aria-label={title}>
      <figcaption>
        <h2>{title}</h2>
        <span class="muted">{period ?? note}</span>
      </figcaption>
      <div
        ref={target}
        class="plot"
        style={{ height: `${PLOT_HEIGHT}px` }}
        role="img"
        aria-label={`${title}: ${note}`}
      />
      <ul class="legend">
        {data.series.map(({ name, values, color }, i) => (
          <li key={i}>
            <span class={`swatch series-${color}`} aria-hidden="true" />
            <span class="cut">
              <Word text={name} />
            </span>
            <span class="number">{hovered === undefined ? '' : valueText(data, values[hovered])}</span>
          </li>
        ))}
      </ul>
      <ChartTable data={data} pathOf={pathOf} title={title} />
    </figure>
  )
}

/** Draws the chart into an element, anew when its series or its colours change. */
function usePlot(
  data: PlotData,
  theme: Theme,
  pathOf: PathOf,
  onHover: (period: number | undefined) => void,
) {
  const target = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot>(undefined)
  const latest = useRef({ data, pathOf })
  latest.current = { data, pathOf }
  const shape = shapeOf(data)
  useEffect(() => {
    const element = target.current
    if (!element || latest.current.data.periods.length === 0) return
    const drawn = drawPlot(element, latest.current.data, onHover, ({ period, series }) => {
      const { data, pathOf } = latest.current
      navigate(pathOf(data.periods[period] ?? '', series))
    })
    plot.current = drawn
    const observer = new ResizeObserver(() => drawn.resize(element.clientWidth))
    observer.observe(element)
    return () => {
      observer.disconnect()
      drawn.destroy()
      plot.current = undefined
    }
  }, [shape, theme, onHover])
  useEffect(() => plot.current?.show(data), [data])
  return target
}

function valueText(data: PlotData, value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : data.format(value)
}

function ChartTable({
  data,
  pathOf,
  title,
}: {
  readonly data: PlotData
  readonly pathOf: PathOf
  readonly title: string
}) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen && (
        <section class="table-scroll" aria-label={`${title}, as a table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">{data.step === 'day' ? 'Day' : 'Month'}</th>
                {data.series.map(({ name }, i) => (
                  <th key={i} scope="col" class="number">
                    <Word text={name} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {data.periods.map((period, at) => (
                <tr key={period}>
                  <th scope="row">
                    <Link to={pathOf(period, undefined)}>{period}</Link>
                  </th>
                  {data.series.map(({ values }, i) => (
                    <td key={i} class="number">
                      {valueText(data, values[at])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  )
}
