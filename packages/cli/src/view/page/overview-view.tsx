import type { LogInfo, Overview, TopUsers } from '../contract.ts'
import { BarList } from './bar-list.tsx'
import { CallCharts } from './call-charts.tsx'
import { ErrorState } from './empty-state.tsx'
import { EmptyLog } from './entries-view.tsx'
import { FilterBar } from './filter-bar.tsx'
import { StatusList } from './status-list.tsx'
import type { Theme } from './theme.ts'
import { Tiles } from './tiles.tsx'
import { useLoaded } from './use-loaded.ts'
import { useThrottled } from './use-throttled.ts'

/** While the log grows, the figures follow so often: charts that change all the time cannot be read. */
const REFRESH_MS = 30_000

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
  if (log.size === 0) return <EmptyLog />
  return (
    <>
      <h1 class="visually-hidden">Overview</h1>
      <FilterBar log={log} filters={filters} />
      {filters.has('text') && (
        <p class="note">The overview counts all texts: it does not follow the search.</p>
      )}
      {error && <ErrorState error={error} />}
      <Tiles total={overview?.total} users={top?.total} filters={filters} />
      <div class="charts">
        <CallCharts overview={overview} theme={theme} filters={filters} />
        <StatusList total={overview?.total} filters={filters} />
        <BarList
          title="Top users"
          name="user"
          rows={top?.users.map(({ user, ...figures }) => ({ ...figures, value: user }))}
          of={overview?.total.count ?? 0}
          filters={filters}
        />
        <BarList
          title="Models"
          name="model"
          rows={overview?.models.map(({ model, ...figures }) => ({ ...figures, value: model }))}
          of={overview?.total.count ?? 0}
          filters={filters}
        />
      </div>
    </>
  )
}
