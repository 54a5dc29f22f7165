import { useMemo } from 'preact/hooks'
import type { Figures, TopUsers } from '../contract.ts'
import { Chart, entriesBehind } from './chart.tsx'
import { spendingOf } from './charts-of.ts'
import { formatCostSum } from './format.ts'
import type { Theme } from './theme.ts'

const NOBODY: TopUsers = { users: [], total: 0, spenders: [], cells: [] }

/** What was spent in each month, and by whom. */
export function SpendingChart({
  total,
  users = NOBODY,
  theme,
  filters,
}: {
  /** Of all users. */
  readonly total: Figures
  /** `undefined` until they are counted. */
  readonly users: TopUsers | undefined
  readonly theme: Theme
  readonly filters: URLSearchParams
}) {
  const data = useMemo(() => spendingOf(users), [users])
  return (
    <Chart
      title="Cost a month by user"
      note={formatCostSum(total)}
      data={data}
      theme={theme}
      pathOf={entriesBehind(filters, 'user', users.spenders)}
    />
  )
}
