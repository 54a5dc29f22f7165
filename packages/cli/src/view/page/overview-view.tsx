import type { LogInfo, Overview, TopUsers } from '../contract.ts'
import { pathTo } from './address.ts'
import { BarList } from './bar-list.tsx'
import { CallCharts } from './call-charts.tsx'
import { ErrorState } from './empty-state.tsx'
import { EmptyLog, NoMatch } from './entries-view.tsx'
import { FilterBar } from './filter-bar.tsx'
import { plural } from './format.ts'
import { Link } from './router.tsx'
import { StatusList } from './status-list.tsx'
import type { Theme } from './theme.ts'
import { Tiles } from './tiles.tsx'
import { useLoaded } from './use-loaded.ts'
import { useThrottled } from './use-throttled.ts'

/** While the log grows, the figures follow so often: charts that change all the time cannot be read. */
const REFRESH_MS = 30_000

const NO_FILTERS = new URLSearchParams()

/** What happened, at a glance: each figure leads to the entries behind it. */
export function OverviewView({
  log,
  theme,
  filters,
}: {
  readonly log: LogInfo
  readonly theme: Theme
  readonly filters: URLSearchParams
}) {
  const size = useThrottled(log.size, REFRESH_MS)
  const { data: overview, error } = useLoaded<Overview>(`/api/overview?${filters}`, size)
  const { data: top } = useLoaded<TopUsers>(`/api/users?${filters}`, size)
  if (log.size === 0) return <EmptyLog heading="h1" />
  return (
    <>
      <h1 class="visually-hidden">Overview</h1>
      <FilterBar log={log} filters={filters} />
      {filters.has('text') && (
        <p class="note">
          The overview does not look into texts. <Link to={pathTo.entries(filters)}>Entries</Link> has those
          that match the search.
        </p>
      )}
      {error && <ErrorState error={error} />}
      <Figures log={log} overview={overview} top={top} theme={theme} filters={filters} isFailed={!!error} />
    </>
  )
}

function Figures({
  log,
  overview,
  top,
  theme,
  filters,
  isFailed,
}: {
  readonly log: LogInfo
  readonly overview: Overview | undefined
  readonly top: TopUsers | undefined
  readonly theme: Theme
  readonly filters: URLSearchParams
  readonly isFailed: boolean
}) {
  if (overview?.total.count === 0) return <NoMatch all={pathTo.overview(NO_FILTERS)} size={log.size} />
  return (
    <>
      <Tiles total={overview?.total} users={top?.total} filters={filters} />
      {overview ? (
        <Charts overview={overview} users={top} theme={theme} filters={filters} />
      ) : (
        <p class="page-ghost muted">{isFailed ? '' : `Counting ${plural(log.size, 'entry', 'entries')} …`}</p>
      )}
    </>
  )
}

function Charts({
  overview,
  users,
  theme,
  filters,
}: {
  readonly overview: Overview
  /** They are counted after everything else, so that they come last. */
  readonly users: TopUsers | undefined
  readonly theme: Theme
  readonly filters: URLSearchParams
}) {
  const { total, models } = overview
  return (
    <div class="charts">
      <CallCharts overview={overview} theme={theme} filters={filters} />
      <StatusList total={total} filters={filters} />
      <BarList
        title="Models"
        name="model"
        rows={models.map(({ model, ...figures }) => ({ ...figures, value: model }))}
        count={models.length}
        filters={filters}
      />
      <BarList
        title="Top users"
        name="user"
        rows={users?.users.map(({ user, ...figures }) => ({ ...figures, value: user }))}
        count={users?.total ?? 0}
        filters={filters}
      />
    </div>
  )
}
