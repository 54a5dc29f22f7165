import type { Selection } from '@audit/core/backend'
import { PostgresBackend } from '@audit/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lastIndexQuery, leafHashesQuery, readSql, rootsQuery, treeSql } from '../src/sql/range-sql.ts'
import { countSql, findSql, planOf as selectionPlanOf } from '../src/sql/selection-sql.ts'
import type { Statement } from '../src/sql/statement.ts'
import { createDatabase } from './place.ts'

// The planner at its worst: it knows other logs well and takes one that has grown since for empty, or knows nothing at all.

const ENTRIES = 30_000
const OTHERS = 50
const LIMIT = 10
type Database = Awaited<ReturnType<typeof createDatabase>>

const fill = (database: Database, log: string, entries = ENTRIES) =>
  database.pool.query(
    `INSERT INTO audit.entries
     SELECT $1, i, i::text, timestamptz '2026-01-01' + i * interval '1 s', 'user ' || i % 50, 'model ' || i % 3, NULL, NULL,
       decode(repeat('00', 32), 'hex'), '{}', 'in', 'out' FROM generate_series(0, ${entries - 1}) AS i`,
    [log],
  )

/** A database with these logs, whose statistics are made by nobody but the test. */
async function databaseWith(...logs: readonly string[]): Promise<Database> {
  const database = await createDatabase()
  for (const log of logs) await new PostgresBackend({ pool: database.pool, log }).migrate()
  await database.pool.query('ALTER TABLE audit.entries SET (autovacuum_enabled = off)')
  await database.pool.query('ALTER FUNCTION audit.read VOLATILE') // or it would refuse to explain
  return database
}

const databases: Record<string, Database> = {}

beforeAll(async () => {
  const others = Array.from({ length: OTHERS }, (_, i) => `other ${i}`)
  databases.grown = await databaseWith('log', ...others)
  for (const other of others) await fill(databases.grown, other, 2000)
  await databases.grown.pool.query('ANALYZE audit.entries')
  await fill(databases.grown, 'log')
  databases.analysed = await databaseWith('log')
  await fill(databases.analysed, 'log')
  await databases.analysed.pool.query('ANALYZE audit.entries')
  databases['never analysed'] = await databaseWith('log')
  await fill(databases['never analysed'], 'log')
  databases.small = await databaseWith('log')
  await fill(databases.small, 'log', 1000)
})
afterAll(async () => {
  for (const database of Object.values(databases)) await database.drop()
})

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

/** Without indexes of metadata. */
const plan = (selection: Selection) => selectionPlanOf(selection, new Set())

interface Plan {
  readonly 'Node Type': string
  readonly 'Index Name'?: string
  readonly 'Rows Removed by Filter'?: number
  readonly 'Actual Rows': number
  readonly Plans?: readonly Plan[]
}

async function planOf(which: string, { values }: Statement): Promise<readonly Plan[]> {
  const [query, bound] = values
  // In the function, and so with its settings.
  const explain = `EXPLAIN (ANALYZE, FORMAT JSON) ${query}`
  const { rows } = await databaseNamed(which).pool.query(
    'SELECT * FROM audit.read($1, $2) AS found(plan json)',
    [explain, bound],
  )
  const nodes = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)]
  return nodes(rows[0].plan[0].Plan)
}

/** One range of one index is read, no row in vain, and nothing is sorted. */
function expectRange(plan: readonly Plan[], index: string, rows: number): void {
  const types = plan.map(node => node['Node Type'])
  const what = types.join(', ')
  expect(
    types.filter(type => /Scan$/.test(type) && type !== 'Subquery Scan'),
    what,
  ).toEqual([expect.stringMatching(/^Index (Only )?Scan$/)])
  expect(types, what).not.toContain('Sort')
  const scan = plan.find(node => node['Index Name'] !== undefined)
  expect(scan?.['Index Name'], what).toBe(index)
  expect(scan?.['Rows Removed by Filter'] ?? 0, what).toBe(0)
  expect(scan?.['Actual Rows'], what).toBeLessThanOrEqual(rows)
}

function databaseNamed(which: string): Database {
  const database = databases[which]
  if (!database) throw new Error(`there is no database ${which}`)
  return database
}

const KNOWLEDGE = ['grown', 'analysed', 'never analysed', 'small']
const COMBINATIONS = KNOWLEDGE.flatMap(log =>
  (['asc', 'desc'] as const).flatMap(
    order => (Object.keys(FILTERS) as (keyof typeof FILTERS)[]).map(filter => ({ log, order, filter })), // the keys of a constant
  ),
)

test.each(COMBINATIONS)(
  'in a log that is $log, $order, by ($filter): each query seeks in its index, and reads no more than it returns',
  async ({ log, order, filter }) => {
    for (const time of TIMES) {
      const selection = { ...FILTERS[filter], ...time, order }
      expectRange(
        await planOf(log, findSql('log', plan({ ...selection, limit: LIMIT }))),
        INDEXES[filter],
        LIMIT,
      )
      // A count reads what it counts.
      const matching = filter.includes('user') ? ENTRIES / 50 : filter === 'model' ? ENTRIES / 3 : ENTRIES
      if (!time.after)
        expectRange(await planOf(log, countSql('log', plan(selection))), INDEXES[filter], matching)
    }
  },
)

test.each(KNOWLEDGE)('in a log that is %s, an entry is found and counted by its id', async log => {
  const selection: Selection = { entryId: '4711', order: 'asc' }
  expectRange(
    await planOf(log, findSql('log', plan({ ...selection, limit: 1 }))),
    'entries_log_entry_id_key',
    1,
  )
  expectRange(await planOf(log, countSql('log', plan(selection))), 'entries_log_entry_id_key', 1)
})

test.each(KNOWLEDGE)('in a log that is %s, reading by index seeks in the primary key', async log => {
  expectRange(await planOf(log, treeSql([lastIndexQuery('log')])), 'entries_pkey', 1)
  expectRange(await planOf(log, readSql('log', 700, 800)), 'entries_pkey', 100)
  expectRange(await planOf(log, treeSql([leafHashesQuery('log', 512, 768)])), 'entries_pkey', 256)
  expectRange(await planOf(log, treeSql([rootsQuery('log', 1, 1, 3)])), 'subtrees_pkey', 2)
})
