import type { Figures } from '../contract.ts'
import { pathTo } from './address.ts'
import {
  formatCompact,
  formatCostSum,
  formatCount,
  formatDuration,
  formatShare,
  plural,
  unknownCosts,
} from './format.ts'
import { Link } from './router.tsx'
import { knownOf, notOkOf, notOkShareOf } from './statuses.ts'

/** The figures that come first. */
export function Tiles({
  total,
  users,
  filters,
}: {
  readonly total: Figures | undefined
  readonly users: number | undefined
  readonly filters: URLSearchParams
}) {
  return (
    <ul class="tiles">
      <li>
        <Link to={pathTo.entries(filters)} class="tile">
          <Figure
            title="Calls"
            value={total && formatCount(total.count)}
            note={users === undefined ? '' : plural(users, 'user', 'users')}
          />
        </Link>
      </li>
      <li class="tile">
        <Figure title="Cost" value={total && formatCostSum(total)} note={costNote(total)} />
      </li>
      <li class="tile">
        <Figure
          title="Tokens in and out"
          value={total && tokenText(total)}
          note={
            total && total.tokens.cacheRead > 0
              ? `${formatCompact(total.tokens.cacheRead)} read from cache`
              : ''
          }
        />
      </li>
      <li class="tile">
        <Figure
          title="Latency, median"
          value={total && formatDuration(total.latencyMs?.p50 ?? null)}
          note={
            total?.latencyMs
              ? `p95 ${formatDuration(total.latencyMs.p95)} · p99 ${formatDuration(total.latencyMs.p99)}`
              : ''
          }
        />
      </li>
      <li class="tile">
        <Figure title="Not ok" value={total && notOkText(total)} note={total ? notOkNote(total) : ''} />
      </li>
    </ul>
  )
}

function Figure({
  title,
  value,
  note,
}: {
  readonly title: string
  readonly value: string | undefined
  readonly note: string
}) {
  return (
    <>
      <span class="tile-title">{title}</span>
      <span class="tile-value">{value ?? '\u00a0'}</span>
      <span class="tile-note">{note === '' ? '\u00a0' : note}</span>
    </>
  )
}

function costNote(total: Figures | undefined): string {
  if (!total || total.costUnknown === 0) return ''
  return unknownCosts(total.costUnknown)
}

function notOkText(total: Figures): string {
  const share = notOkShareOf(total)
  return share === null ? '–' : formatShare(share)
}

function notOkNote(total: Figures): string {
  if (knownOf(total) === 0) return 'no entry has a status'
  return `${formatCount(notOkOf(total))} of ${formatCount(knownOf(total))}`
}

function tokenText({ tokens: { input, output } }: Figures): string {
  return input + output === 0 ? '–' : `${formatCompact(input)} / ${formatCompact(output)}`
}
