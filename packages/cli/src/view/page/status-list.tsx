import type { Figures } from '../contract.ts'
import { changed, pathTo } from './address.ts'
import { formatCount, formatShare } from './format.ts'
import { Link } from './router.tsx'
import { StatusBadge } from './status-badge.tsx'

/** More ways are not shown: whoever records can write anything there. */
const MOST = 10

/** How calls ended, each with the entries behind it. */
export function StatusList({
  total,
  filters,
}: {
  readonly total: Figures
  readonly filters: URLSearchParams
}) {
  const statuses = Object.entries(total.status).toSorted(([, a], [, b]) => b - a)
  return (
    <section class="card third" aria-label="How calls ended">
      <h2>How calls ended</h2>
      {statuses.length === 0 && (
        <p class="muted">
          No entry says how its call ended. The integrations record it as <code>audit.status</code>.
        </p>
      )}
      <ul class="statuses">
        {statuses.slice(0, MOST).map(([status, count]) => (
          <li key={status}>
            <Link to={pathTo.entries(changed(filters, { status }))}>
              <StatusBadge status={status} />
              <span>{formatCount(count)}</span>
              <span class="muted">{formatShare(count / Math.max(total.count, 1))}</span>
            </Link>
          </li>
        ))}
      </ul>
      {statuses.length > MOST && (
        <p class="muted">
          and {formatCount(statuses.length - MOST)} more: <code>audit stats --by status</code> lists them
        </p>
      )}
    </section>
  )
}
