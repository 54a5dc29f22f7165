import type { Figures } from '../contract.ts'
import { changed, pathTo } from './address.ts'
import { formatCostSum, formatCount, formatDuration } from './format.ts'
import { Link } from './router.tsx'
import { Word } from './text.tsx'

/** How many are shown. */
const MOST = 10

/** The values with the most calls, each with the entries behind it. */
export function BarList({
  title,
  name,
  rows,
  count: total,
  filters,
  class: kind = '',
}: {
  readonly title: string
  readonly class?: string
  readonly name: 'user' | 'model'
  readonly rows: readonly (Figures & { readonly value: string })[] | undefined
  /** How many values there are in all. */
  readonly count: number
  readonly filters: URLSearchParams
}) {
  const most = Math.max(1, ...(rows ?? []).map(({ count }) => count))
  return (
    <section class={`card ${kind}`} aria-label={title}>
      <h2>{title}</h2>
      {rows === undefined && <p class="muted">Counting …</p>}
      <ol class="bars">
        {rows?.slice(0, MOST).map(({ value, count, costUsd, costUnknown, latencyMs }) => (
          <li key={value}>
            <Link to={pathTo.entries(changed(filters, { [name]: value }))}>
              <span class="bar" aria-hidden="true" style={{ width: `${(100 * count) / most}%` }} />
              <span class="bar-name cut">
                <Word text={value === '' ? '(empty)' : value} />
              </span>
              <span class="bar-figures muted">
                {formatCostSum({ count, costUsd, costUnknown })}
                <span class="bar-latency"> · p95 {formatDuration(latencyMs?.p95 ?? null)}</span>
              </span>
              <span class="bar-count">{formatCount(count)}</span>
            </Link>
          </li>
        ))}
      </ol>
      {total > MOST && (
        <p class="muted">
          and {formatCount(total - MOST)} more: <code>audit stats --by {name}</code> lists them
        </p>
      )}
    </section>
  )
}
