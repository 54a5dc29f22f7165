import type { Selection } from '@audit/core/backend'
import Database from 'better-sqlite3'
import { afterAll, describe, expect, test } from 'vitest'
import { createMetadataIndexSql, metadataIndexName } from '../src/metadata-index.ts'
import { TEXT_BYTES_SQL } from '../src/row.ts'
import { createSchema, INDEXES } from '../src/schema.ts'
import {
  countSql,
  findSql,
  leafHashesSql,
  MATCHES_BYTES,
  MATCHES_METADATA,
  reachSql,
  readSql,
  rootsSql,
  SIZE_SQL,
  type Sql,
} from '../src/selection-sql.ts'
import {
  type GroupIndex,
  groupIndexFor,
  longValueSql,
  SUMMARIZE_ENTRY,
  summarySql,
  valueCountsSql,
} from '../src/summary-sql.ts'

const database = new Database(':memory:')
createSchema(database)
const KEY = '$."it\'s"'
database.exec(createMetadataIndexSql(KEY))
database.function(SUMMARIZE_ENTRY, { deterministic: false, directOnly: true, varargs: true }, () => 1)
for (const name of [MATCHES_METADATA, MATCHES_BYTES])
  database.function(name, { deterministic: true, directOnly: true }, (_metadata, _filter) => 1)
afterAll(() => database.close())

const TIMESTAMP = '2026-11-23T12:00:00.000Z'
/** Each filter, as what it adds to a selection. */
const FILTERS = [
  { user: 'user 3' },
  { model: 'model 1' },
  { since: '2026-11-01T00:00:00.000Z' },
  { until: '2026-12-01T00:00:00.000Z' },
  { size: 900 },
] as const
const PAGES = [{ after: { timestamp: TIMESTAMP, index: 100 } }, { limit: 10 }] as const

/** Every combination of the parts. */
function combinations<T extends object>(parts: readonly T[]): Partial<T>[] {
  return Array.from({ length: 2 ** parts.length }, (_, mask) =>
    Object.assign({}, ...parts.filter((_, bit) => mask & (1 << bit))),
  )
}

const finds = (['asc', 'desc'] as const).flatMap(order =>
  combinations<Partial<Selection>>([...FILTERS, ...PAGES]).map(part => ({ ...part, order })),
)
const counts = combinations<Partial<Selection>>(FILTERS).map(part => ({ ...part, order: 'asc' as const }))

function planOf({ text, values }: Sql): string {
  const steps = database.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${text}`).all(...values)
  return steps.map(({ detail }) => detail).join('\n')
}

const indexFor = ({ user, model }: Selection) => {
  if (user !== undefined) return model !== undefined ? INDEXES.userAndModel : INDEXES.user
  return model !== undefined ? INDEXES.model : INDEXES.time
}

/** What the plan must say: one seek in the index meant for it, by its columns and both bounds of time. */
function seekOf(selection: Selection, kind: 'INDEX' | 'COVERING INDEX'): string {
  const { user, model, until, after, order } = selection
  const terms = [
    ...(user === undefined ? [] : ['user=?']),
    ...(model === undefined ? [] : ['model=?']),
    'timestamp>?', // also without `since`, so that everything is sought too
    ...(until === undefined && !(after && order === 'desc') ? [] : ['timestamp<?']),
  ]
  return `SEARCH audit_log USING ${kind} ${indexFor(selection)} (${terms.join(' AND ')})`
}

/** The same by the key that has an index. */
function seekByKey({ until, after, order }: Selection, kind: 'INDEX' | 'COVERING INDEX', more = ''): string {
  const isBounded = until !== undefined || (after !== undefined && order === 'desc')
  const terms = `<expr>=? AND timestamp>?${isBounded ? ' AND timestamp<?' : ''}${more}`
  return `SEARCH audit_log USING ${kind} ${metadataIndexName(KEY)} (${terms})`
}

function seekById({ size }: Selection): string {
  const terms = ['entry_id=?', ...(size === undefined ? [] : ['rowid<?'])]
  return `SEARCH audit_log USING INDEX ${INDEXES.entryId} (${terms.join(' AND ')})`
}

function expectPlans(): void {
  for (const selection of finds) {
    const plan = planOf(findSql(selection))
    expect(plan, JSON.stringify(selection)).toBe(seekOf(selection, 'INDEX'))
  }
  for (const selection of counts) {
    const plan = planOf(countSql(selection))
    expect(plan, JSON.stringify(selection)).toBe(seekOf(selection, 'COVERING INDEX'))
  }
  for (const selection of finds) {
    const plan = planOf(findSql({ ...selection, entryId: 'id 7' }))
    expect(plan, JSON.stringify(selection)).toBe(seekById(selection))
  }
  for (const selection of finds) {
    const withMetadata = planOf(findSql({ ...selection, metadata: { a: 1, b: 'x' } }))
    expect(withMetadata, JSON.stringify(selection)).toBe(seekOf(selection, 'INDEX'))
  }
  expectPlansByKey()
  expectPlansOfSummaries()
}

function expectPlansByKey(): void {
  for (const value of ['short', 'long '.repeat(30), { a: [1] }, null]) {
    for (const selection of finds) {
      const filter = { ...selection, metadata: { [KEY]: value, other: 1 } }
      expect(planOf(findSql(filter, KEY)), JSON.stringify(filter)).toBe(seekByKey(selection, 'INDEX'))
      expect(planOf(reachSql(filter, 10, KEY))).toMatch(seekByKey(selection, 'COVERING INDEX'))
      expect(planOf(reachSql(filter, 10))).toMatch(seekOf(selection, 'COVERING INDEX'))
    }
  }
  for (const { user, model, ...selection } of counts) {
    const filter = { ...selection, metadata: { [KEY]: 'short' } }
    expect(planOf(countSql(filter, KEY)), JSON.stringify(filter)).toBe(seekByKey(selection, 'COVERING INDEX'))
  }
}

function expectPlansOfSummaries(): void {
  const by = ['user', 'month', 'other']
  for (const selection of counts) {
    const { user, model, since, until } = selection
    const isEverything = [user, model, since, until].every(filter => filter === undefined)
    const plan = planOf(summarySql({ selection, by, countsOnly: false }, [5, 10]))
    if (isEverything) expect(plan).toBe('SEARCH audit_log USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)')
    else expect(plan, JSON.stringify(selection)).toBe(seekOf(selection, 'INDEX'))
    const request = { selection: { ...selection, metadata: { [KEY]: 1 } }, by, countsOnly: false }
    expect(planOf(summarySql(request, [5, 10], KEY))).toBe(seekByKey(selection, 'INDEX'))
  }
  for (const key of ['user', 'model', 'day', 'month', 'hour', KEY]) {
    const request = { selection: { order: 'asc', until: TIMESTAMP }, by: [key], countsOnly: true } as const
    const group = groupIndexFor(request, () => [KEY]) as GroupIndex // each of these has one
    const [step] = planOf(valueCountsSql(group, request.selection, [5, 10])).split('\n')
    expect(step, key).toContain(`INDEX ${group.index}`)
    expect(planOf(longValueSql(group, request, [5, 10], 'x')), key).toContain(`INDEX ${group.index}`)
  }
}

function fill(): void {
  const insert = database.prepare(
    `INSERT INTO audit_log ("index", entry_id, timestamp, user, model, leaf_hash, crc, metadata, input_text, output_text)
     VALUES (?, ?, ?, ?, ?, zeroblob(32), 0, '{}', '', '')`,
  )
  for (let i = 0; i < 2000; i++) {
    const timestamp = new Date(Date.parse(TIMESTAMP) + Math.floor(i / 3)).toISOString()
    insert.run(i, `id ${i}`, timestamp, `user ${i % 7}`, `model ${i % 2}`)
  }
}

describe('every combination of filters, order, cursor and limit seeks its index, without a scan or a sort', () => {
  test('in an empty log', expectPlans)

  test('with entries, before ANALYZE', () => {
    fill()
    expectPlans()
  })

  test('after ANALYZE', () => {
    database.exec('ANALYZE')
    expectPlans()
  })

  test('and when ANALYZE has seen one user and one model alone', () => {
    database.exec('DELETE FROM sqlite_stat1')
    for (const index of Object.values(INDEXES)) {
      database.prepare("INSERT INTO sqlite_stat1 VALUES ('audit_log', ?, '2000 2000 2000 1')").run(index)
    }
    database.exec('ANALYZE sqlite_schema') // reads the statistics again
    expectPlans()
  })
})

test('the size, a range of indexes, their hashes and the roots of subtrees are sought by their keys', () => {
  const byIndex = 'SEARCH audit_log USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)'
  expect(planOf(readSql(1, 5))).toBe(byIndex)
  expect(planOf(leafHashesSql(1, 5))).toBe(`CO-ROUTINE (subquery-1)\n${byIndex}\nSCAN (subquery-1)`)
  expect(planOf({ text: SIZE_SQL, values: [] })).toBe('SEARCH audit_log')
  expect(planOf({ text: TEXT_BYTES_SQL, values: [1] })).toBe(
    'SEARCH audit_log USING INTEGER PRIMARY KEY (rowid=?)',
  )
  expect(planOf(rootsSql(1, 0, 5))).toBe(
    'SEARCH audit_log_subtrees USING PRIMARY KEY (level=? AND place>? AND place<?)',
  )
})
