import type { LogInfo, Overview, TopUsers } from '../contract.ts'
import { pathTo } from './address.ts'
import { apiPath } from './api-path.ts'
import { BarList } from './bar-list.tsx'
import { CallCharts } from './call-charts.tsx'
import { ErrorState } from './empty-state.tsx'
import { EmptyLog, NoMatch } from './entries-view.tsx'
import { FilterBar } from './filter-bar.tsx'
import { plural } from './format.ts'
import { Link } from './router.tsx'
import { SpendingChart } from './spending-chart.tsx'
import { StatusList } from './status-list.tsx'
import type { Theme } from './theme.ts'
import { Tiles } from './tiles.tsx'
import { type Loaded, useLoaded } from './use-loaded.ts'
import { useThrottled } from './use-throttled.ts'

/** While the log grows, the figures follow so often. */
const FOLLOW_MS = 5000
/** So often those of the users do: there may be as many users as entries. */
const FOLLOW_USERS_MS = 30_000

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
  const overview = useLoaded<Overview>(apiPath.overview(filters), useThrottled(log.size, FOLLOW_MS))
  const top = useLoaded<TopUsers>(`/api/users?${filters}`, useThrottled(log.size, FOLLOW_USERS_MS))
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
      {overview.error && <ErrorState error={overview.error} />}
      <Figures log={log} overview={overview} top={top.data} theme={theme} filters={filters} />
    </>
  )
}

function Figures({
  log,
  overview,
  top,
  theme,
  filters,
}: {
  readonly log: LogInfo
  readonly overview: Loaded<Overview>
  readonly top: TopUsers | undefined
  readonly theme: Theme
  readonly filters: URLSearchParams
}) {
  const { data, error, isLoading } = overview
  if (data?.total.count === 0 && data.intents === 0)
    return <NoMatch all={pathTo.overview(NO_FILTERS)} size={log.size} />
  return (
    <div class={data && isLoading ? 'stale' : ''} aria-busy={isLoading}>
      <Tiles total={data?.total} users={top?.total} filters={filters} />
      {!data && (
        <p class="page-ghost muted">{error ? '' : `Counting ${plural(log.size, 'entry', 'entries')} …`}</p>
      )}
      {data && data.total.count > 0 && <Charts overview={data} users={top} theme={theme} filters={filters} />}
      {data && data.intents > 0 && (
        <p class="muted">
          Not counted: {plural(data.intents, 'entry', 'entries')} of intents, recorded before their calls.
        </p>
      )}
    </div>
  )
}

function Charts({
  overview,
  users,
  theme,
  filters,
}: {
  readonly overview: Overview
  /** They are counted after everything else, so that they come last, where they move nothing. */
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
        class="third"
        title="Models"
        name="model"
        rows={models.map(({ model, ...figures }) => ({ ...figures, value: model }))}
        count={models.length}
        filters={filters}
      />
      <SpendingChart total={total} users={users} theme={theme} filters={filters} />
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
