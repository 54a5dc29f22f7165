import type { Selection } from '@audit/core'
import { PostgresBackend } from '@audit/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findSql } from '../src/selection-sql.ts'
import { createDatabase } from './place.ts'

// The planner at its worst: it knows another log well, and takes this one, which has grown since, for empty.

const ENTRIES = 60_000
const LIMIT = 10
let database: Awaited<ReturnType<typeof createDatabase>>

const fill = (log: string) =>
  database.pool.query(
    `INSERT INTO audit.entries
     SELECT $1, i, i::text, timestamptz '2026-01-01' + i * interval '1 s', 'user ' || i % 50, 'model ' || i % 3, NULL, NULL,
       decode(repeat('00', 32), 'hex'), '{}', 'in', 'out' FROM generate_series(0, ${ENTRIES - 1}) AS i`,
    [log],
  )

beforeAll(async () => {
  database = await createDatabase()
  for (const log of ['known', 'grown']) await new PostgresBackend({ pool: database.pool, log }).migrate()
  await database.pool.query('ALTER TABLE audit.entries SET (autovacuum_enabled = off)')
  await fill('known')
  await database.pool.query('ANALYZE audit.entries')
  await fill('grown')
})
afterAll(() => database.drop())

const INDEXES = {
  '': 'entries_by_time',
  user: 'entries_by_user',
  model: 'entries_by_model',
  'user, model': 'entries_by_user_and_model',
}
const FILTERS = {
  '': {},
  user: { user: 'user 7' },
  model: { model: 'model 1' },
  'user, model': { user: 'user 7', model: 'model 1' },
}
const TIMES: readonly Partial<Selection>[] = [
  {},
  { since: '2026-01-01T08:00:00.000Z' },
  { until: '2026-01-01T08:00:00.000Z' },
  { since: '2026-01-01T04:00:00.000Z', until: '2026-01-01T08:00:00.000Z' },
  { after: { timestamp: '2026-01-01T06:00:00.000Z', index: 21_600 } },
  { size: ENTRIES },
]

interface Plan {
  readonly 'Node Type': string
  readonly 'Index Name'?: string
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Plan[]
}

async function planOf(log: string, selection: Selection): Promise<readonly Plan[]> {
  const { text, values } = findSql(log, selection)
  const { rows } = await database.pool.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, [...values])
  const nodes = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)]
  return nodes(rows[0]['QUERY PLAN'][0].Plan)
}

const COMBINATIONS = ['known', 'grown'].flatMap(log =>
  (['asc', 'desc'] as const).flatMap(
    order => (Object.keys(FILTERS) as (keyof typeof FILTERS)[]).map(filter => ({ log, order, filter })), // the keys of a constant
  ),
)

test.each(COMBINATIONS)(
  'in the $log log, $order, by ($filter): each time seeks in its index, and reads no more than it gives',
  async ({ log, order, filter }) => {
    for (const time of TIMES) {
      const plan = await planOf(log, { ...FILTERS[filter], ...time, order, limit: LIMIT })
      const what = JSON.stringify({ time, plan })
      expect(
        plan.map(node => node['Node Type']),
        what,
      ).toEqual(['Limit', 'Index Scan'])
      expect(plan[1]?.['Index Name'], what).toBe(INDEXES[filter])
      expect(plan[1]?.['Rows Removed by Filter'] ?? 0, what).toBe(0)
    }
  },
)

test.each(['known', 'grown'])('in the %s log, an entry is found by its id', async log => {
  const plan = await planOf(log, { entryId: '4711', order: 'asc', limit: 1 })
  expect(plan.map(node => node['Node Type'])).toEqual(['Limit', 'Index Scan'])
  expect(plan[1]?.['Index Name']).toBe('entries_log_entry_id_key')
})
