import { randomUUID } from 'node:crypto'
import { AuditLog, type JsonObject } from '@audit/core'
import { matches, type Selection } from '@audit/core/backend'
import { PostgresServer } from '@audit/harness'
import { migrationSql, PostgresBackend } from '@audit/postgres'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createMetadataIndex, metadataIndexName } from '../src/sql/metadata-index.ts'
import { countSql, findSql, planOf } from '../src/sql/selection-sql.ts'
import { createDatabase, input, newDatabase, newPool, pool as serverPool } from './place.ts'
import { readmeSql } from './readme-sql.ts'

const POLLING = { timeout: 20_000 }
const LONG = 'x'.repeat(1_000_000)

/** Keys and values that are hard to spell. */
const KEYS = [
  'session',
  `it's "a.b"$ \\`,
  'emoji 🎉',
  '__proto__',
  'a\u0001b',
  'a\\u0001b',
  '\u2028 ON ONLY ',
  '0',
]
const VALUES: readonly JsonObject[string][] = [
  ...[
    's',
    '',
    'null',
    '1',
    '\u0000',
    '\u0001',
    'a\u0000',
    '\\u0000',
    '\u0010',
    '\u2028',
    '"',
    '🎉',
    'ﬀ\uffff',
  ],
  ...[LONG, `${LONG}y`, '\u0000'.repeat(300), '🎉'.repeat(300), `${'🎉'.repeat(300)}y`],
  ...[null, true, false, 0, 1, -1, 1e21, 1e-7, 0.1, 123456789012345680000],
  ...[[], {}, [null], [1, 2], [2, 1], { b: 1, a: [{ c: '\u0000' }] }, { a: 1 }, { a: { a: 1 } }],
  Array.from({ length: 200 }).reduce<JsonObject[string]>(nested => [nested], 'deep'),
]
const METADATA: readonly JsonObject[] = [
  {},
  ...KEYS.flatMap(key =>
    VALUES.slice(0, key === 'session' ? undefined : 13).map(value => Object.fromEntries([[key, value]])),
  ),
  ...KEYS.map(key => ({ nested: Object.fromEntries([[key, 's']]), text: `"${key}":"s"` })),
  { session: 's', '0': 1, other: '\u0000' },
  { session: 's', '0': 2, other: '\u0001' },
  { 'a\u0000b': 's' },
  { 'a\u0000b': 1, 'a\u0001b': 's' },
  { 'a\\u0000b': 's', session: LONG.slice(0, 300) },
]

async function fill(log: AuditLog, metadata: readonly JsonObject[]): Promise<void> {
  await Promise.all(
    metadata.map((own, i) => log.record({ ...input(`${i}`), user: `user ${i % 3}`, metadata: own })),
  )
}

const openWith = (own: pg.Pool, metadataIndexes: readonly string[], more = {}) => {
  const backend = new PostgresBackend({ pool: own, metadataIndexes, ...more })
  const log = new AuditLog({ backend })
  onTestFinished(() => log.close())
  return log
}

async function newFilledDatabase(metadata = METADATA): Promise<pg.Pool> {
  const own = await newDatabase()
  await new PostgresBackend({ pool: own }).migrate()
  await using log = new AuditLog({ backend: new PostgresBackend({ pool: own }) })
  await fill(log, metadata)
  return own
}

async function indexesOf(
  own: pg.Pool,
): Promise<readonly { readonly name: string; readonly valid: boolean }[]> {
  const { rows } = await own.query(
    `SELECT relname AS name, indisvalid AS valid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
     WHERE indrelid = 'audit.entries'::regclass AND relname LIKE 'entries\\_by\\_metadata%' ORDER BY relname`,
  )
  return rows
}

const valid = (...keys: readonly string[]) =>
  keys
    .map(metadataIndexName)
    .toSorted()
    .map(name => ({ name, valid: true }))

/** The log finds and counts what core's rule says, in both orders and page by page. */
async function expectAnswers(log: AuditLog, filters: readonly Omit<Selection, 'order'>[]): Promise<void> {
  const all = await Array.fromAsync(log.entries())
  const byTime = await Array.fromAsync(log.stream())
  expect(byTime).toHaveLength(all.length)
  for (const filter of filters) {
    const wanted = byTime
      .filter(entry => matches({ ...filter, order: 'asc' }, entry))
      .map(({ index }) => index)
    const what = JSON.stringify(filter).slice(0, 100)
    const found = async (options: object) =>
      (await log.query({ ...filter, ...options })).map(({ index }) => index)
    expect(await found({}), what).toEqual(wanted)
    expect(await found({ order: 'desc', limit: 2 }), what).toEqual(wanted.toReversed().slice(0, 2))
    const [first] = await log.query({ ...filter, limit: 1 })
    if (first) expect(await found({ after: first }), what).toEqual(wanted.slice(1))
    expect(await log.count(filter), what).toBe(wanted.length)
  }
}

const FILTERS: readonly Omit<Selection, 'order'>[] = [
  ...METADATA.filter(own => Object.keys(own).length > 0).map(metadata => ({ metadata })),
  { metadata: { session: 's' }, user: 'user 1' },
  { metadata: { session: 's' }, user: 'user 1', model: 'gpt-4o' },
  { metadata: { session: 's' }, since: '2020-01-01T00:00:00.000Z', until: '2100-01-01T00:00:00.000Z' },
  { metadata: { session: 's' }, until: '2020-01-01T00:00:00.000Z' },
  { metadata: { session: 's' }, size: 5 },
  { metadata: { session: { a: { a: 1 } }, nothing: 1 } },
  { metadata: { other: '\u0001' } },
  { metadata: { session: 's', other: '\u0001' } },
]

test('with indexes or without, hostile keys and values are compared exactly', async () => {
  const own = await newFilledDatabase()
  await expectAnswers(openWith(own, []), FILTERS)
  const log = openWith(own, KEYS)
  await log.open()
  expect(await indexesOf(own)).toEqual(valid(...KEYS))
  await expectAnswers(log, FILTERS)
  await fill(openWith(own, []), METADATA) // a process that names none keeps them right
  await expectAnswers(log, FILTERS)
  expect((await log.verify()).findings).toEqual([])
}, 60_000)

interface Plan {
  readonly 'Node Type': string
  readonly 'Index Name'?: string
  readonly 'Actual Rows': number
  readonly Plans?: readonly Plan[]
}

let planned: Awaited<ReturnType<typeof createDatabase>>
beforeAll(async () => {
  planned = await createDatabase()
  await planned.pool.query(migrationSql('default', { metadataIndexes: ['session', 'other'] }))
  await planned.pool.query('ALTER FUNCTION audit.read VOLATILE') // or it would refuse to explain
  await planned.pool.query(`INSERT INTO audit.entries
    SELECT 'default', i, i::text, timestamptz '2026-01-01' + i * interval '1 s', 'user ' || i % 50, 'model', NULL, NULL,
      decode(repeat('00', 32), 'hex'), '{"other":"o","session":"session ' || i % 300 || '"}', 'in', 'out'
    FROM generate_series(0, 29999) AS i`)
})
afterAll(() => planned.drop())

async function planNodes({ values: [query, bound] }: ReturnType<typeof findSql>): Promise<readonly Plan[]> {
  const { rows } = await planned.pool.query('SELECT * FROM audit.read($1, $2) AS found(plan json)', [
    `EXPLAIN (ANALYZE, FORMAT JSON) ${query}`,
    bound,
  ])
  const nodes = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)]
  return nodes(rows[0].plan[0].Plan)
}

const MATCHING = 100
const PLANNED: readonly Omit<Selection, 'order'>[] = [
  {},
  { since: '2026-01-01T02:00:00.000Z', until: '2026-01-01T06:00:00.000Z' },
  { after: { timestamp: '2026-01-01T02:00:00.000Z', index: 7200 } },
  { user: 'user 7' },
  { size: 30_000 },
  { metadata: { session: 'session 7', other: 'o' } },
]
test.each(PLANNED.flatMap(filter => (['asc', 'desc'] as const).map(order => ({ ...filter, order }))))(
  'a query and a count by a named key seek in its index and sort nothing: %j',
  async filter => {
    for (const analyze of ['', 'ANALYZE audit.entries']) {
      if (analyze) await planned.pool.query(analyze)
      const selection = { metadata: { session: 'session 7' }, ...filter }
      const plan = planOf({ ...selection, limit: 10 }, new Set(['session', 'other']))
      expect(plan).toMatchObject({ key: 'session', isExact: true })
      const isAlone = selection.user === undefined
      for (const [statement, rows] of [
        [findSql('default', plan), isAlone ? 10 : MATCHING],
        [countSql('default', plan), MATCHING],
      ] as const) {
        const nodes = await planNodes(statement)
        const types = nodes.map(node => node['Node Type'])
        const scans = types.filter(type => type.endsWith('Scan') && type !== 'Subquery Scan')
        expect(scans, types.join()).toEqual(['Index Scan'])
        expect(types).not.toContain('Sort')
        const scan = nodes.find(node => node['Index Name'] !== undefined)
        expect(scan?.['Index Name']).toBe(metadataIndexName('session'))
        expect(scan?.['Actual Rows']).toBeLessThanOrEqual(rows)
      }
    }
  },
)

test('an index is built on a full log while others read and write, and progress is reported', async () => {
  const own = await newFilledDatabase()
  const told: unknown[] = []
  const writer = openWith(own, [])
  let isBuilt = false
  const log = openWith(own, ['session'], { onIndexing: (progress: unknown) => told.push(progress) })
  const opening = log.open().then(() => {
    isBuilt = true
  })
  while (!isBuilt) await writer.record({ ...input(), metadata: { session: 'meanwhile' } })
  await opening
  const total = METADATA.length
  expect(told[0]).toMatchObject({ key: 'session', done: 0, total: expect.toSatisfy(n => n >= total) })
  expect(told.at(-1)).toMatchObject({ key: 'session', done: expect.toSatisfy(n => n >= total) })
  const all = await log.count()
  expect(await log.count({ metadata: { session: 'meanwhile' } })).toBe(all - METADATA.length)
  await openWith(own, ['session'], {
    onIndexing: (progress: unknown) => told.push(['again', progress]),
  }).open()
  expect(told).not.toContainEqual(['again', expect.anything()])
})

test('several processes name different keys at the same time', async () => {
  const own = await newFilledDatabase([{ session: 's' }, { other: 1 }])
  const keys = ['session', 'other', 'third']
  const logs = [...keys, ...keys].map(key => openWith(own, [key]))
  await Promise.all(logs.map(log => log.open()))
  expect(await indexesOf(own)).toEqual(valid(...keys))
  await Promise.all(logs.map((log, i) => log.record({ ...input(), metadata: { session: i % 2, other: 1 } })))
  await Promise.all(
    logs.map(log => expectAnswers(log, [{ metadata: { session: 1 } }, { metadata: { other: 1 } }])),
  )
}, 60_000)

test('migrate and open of several processes at the same moment do not lock each other out', async () => {
  const own = await newDatabase()
  const backends = ['session', 'other', 'session'].map(
    key => new PostgresBackend({ pool: own, metadataIndexes: [key] }),
  )
  await Promise.all(backends.map(backend => backend.migrate()))
  expect(await indexesOf(own)).toEqual(valid('session', 'other'))
  expect((await openWith(own, ['other']).verify()).findings).toEqual([])
}, 60_000)

/** Lets an index be built up to the point where it waits for an older snapshot, until the test lets it go on. */
async function holdBuilding(own: pg.Pool): Promise<() => Promise<void>> {
  const holder = await own.connect()
  await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  await holder.query('SELECT count(*) FROM audit.entries')
  return async () => {
    await holder.query('ROLLBACK')
    holder.release()
  }
}

async function builders(own: pg.Pool): Promise<readonly { readonly pid: number }[]> {
  const { rows } = await own.query(
    `SELECT pid FROM pg_stat_progress_create_index WHERE phase = 'waiting for old snapshots' OR phase LIKE 'waiting for writers%'`,
  )
  return rows
}

test('an index whose building was killed is recognised, unused, no finding, and built anew', async () => {
  const own = await newFilledDatabase()
  const release = await holdBuilding(own)
  const building = own.query(createMetadataIndex('session', 'CONCURRENTLY')).catch((error: unknown) => error)
  await expect.poll(() => builders(own), POLLING).toHaveLength(1)
  await own.query('SELECT pg_terminate_backend($1)', [(await builders(own))[0]?.pid])
  expect(await building).toMatchObject({ code: '57P01' })
  await release()
  expect(await indexesOf(own)).toEqual([{ name: metadataIndexName('session'), valid: false }])

  const readOnly = openWith(own, ['session'], { readOnly: true })
  await expectAnswers(readOnly, FILTERS.slice(0, 3))
  expect((await readOnly.verify()).findings).toEqual([])
  expect(await indexesOf(own)).toEqual([{ name: metadataIndexName('session'), valid: false }])

  const log = openWith(own, ['session'])
  await log.open()
  expect(await indexesOf(own)).toEqual(valid('session'))
  await expectAnswers(log, FILTERS.slice(0, 3))
})

test('the server process that builds for open is killed: it is built all the same', async () => {
  const own = await newFilledDatabase()
  const release = await holdBuilding(own)
  const opening = openWith(own, ['session']).open()
  await expect.poll(() => builders(own), POLLING).toHaveLength(1)
  await own.query('SELECT pg_terminate_backend($1)', [(await builders(own))[0]?.pid])
  await release()
  await opening
  expect(await indexesOf(own)).toEqual(valid('session'))
})

test('migrationSql creates indexes, and replaces one that was never completed', async () => {
  const own = await newFilledDatabase([{ [KEYS[1] ?? '']: 's' }])
  const key = KEYS[1] ?? ''
  await own.query(createMetadataIndex(key, ''))
  await own.query(
    `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'audit.${metadataIndexName(key)}'::regclass`,
  )
  for (let i = 0; i < 2; i++) await own.query(migrationSql('default', { metadataIndexes: [key, 'session'] }))
  expect(await indexesOf(own)).toEqual(valid(key, 'session'))
  expect(() => migrationSql('default', { metadataIndexes: [''] })).toThrow(
    expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }),
  )
})

test('without the rights to create an index, or read-only: queries scan, and use it once it is there', async () => {
  const database = await createDatabase()
  const names = { writer: `writer ${randomUUID()}`, member: `member ${randomUUID()}` }
  await new PostgresBackend({ pool: database.pool }).migrate()
  await database.pool.query(
    readmeSql('roles.sql')
      .replaceAll('audit_writer', pg.escapeIdentifier(names.writer))
      .replaceAll('ROLE chat ', `ROLE ${pg.escapeIdentifier(names.member)} `),
  )
  onTestFinished(async () => {
    await database.drop()
    for (const name of Object.values(names)) await serverPool.query(`DROP ROLE ${pg.escapeIdentifier(name)}`)
  })
  const options = `-c role=${names.member.replace(' ', '\\ ')}`
  const member = newPool({ connectionString: database.connectionString, options })
  const log = openWith(member, ['session'])
  await fill(log, METADATA.slice(0, 5))
  await expectAnswers(log, FILTERS.slice(0, 5))
  await expectAnswers(openWith(database.pool, ['session'], { readOnly: true }), FILTERS.slice(0, 5))
  expect(await indexesOf(database.pool)).toEqual([])
  await openWith(database.pool, ['session']).open()
  await fill(log, METADATA.slice(0, 5))
  await expectAnswers(openWith(member, ['session']), FILTERS.slice(0, 5))
})

test('a replica scans until an index has arrived', async () => {
  const primary = await PostgresServer.start()
  onTestFinished(() => primary.stop())
  const standby = await primary.startStandby('standby')
  onTestFinished(() => standby.stop())
  const [own, replica] = [primary, standby].map(({ url }) => newPool({ connectionString: url }))
  if (!own || !replica) throw new Error('there are two')
  await new PostgresBackend({ pool: own }).migrate()
  const writer = openWith(own, [])
  await fill(writer, METADATA.slice(0, 5))
  const size = async () =>
    (await replica.query<{ n: number }>('SELECT count(*)::integer AS n FROM audit.entries')).rows[0]?.n
  await expect.poll(() => size().catch(() => 0), POLLING).toBe(5)
  await replica.query('SELECT pg_wal_replay_pause()')
  const log = openWith(own, ['session'], { replica })
  await expectAnswers(log, FILTERS.slice(0, 5))
  expect(await indexesOf(own)).toEqual(valid('session'))
  expect(await indexesOf(replica)).toEqual([])
  await replica.query('SELECT pg_wal_replay_resume()')
  await expect.poll(() => indexesOf(replica), POLLING).toEqual(valid('session'))
  await expectAnswers(log, FILTERS.slice(0, 5))
  await expectAnswers(openWith(replica, ['session', 'other']), FILTERS.slice(0, 5)) // a standby builds none
})

test('with partitions', async () => {
  const own = await newDatabase()
  const backend = new PostgresBackend({ pool: own })
  await backend.migrate()
  await own.query(readmeSql('partitions.sql'))
  await backend.migrate()
  await fill(openWith(own, []), METADATA.slice(0, 5))
  const log = openWith(own, ['session', KEYS[6] ?? ''])
  await expectAnswers(log, FILTERS.slice(0, 5))
  expect(await indexesOf(own)).toEqual(valid('session', KEYS[6] ?? ''))
  await own.query(migrationSql('default', { metadataIndexes: ['session', 'third'] }))
  expect((await log.verify()).findings).toEqual([])
})

const NAME = metadataIndexName('session')
test.each([
  ['of a part of the entries', `${createMetadataIndex('session', '')} WHERE "user" <> 'mallory'`],
  ['of another key', createMetadataIndex('other', '').replace(metadataIndexName('other'), NAME)],
  ['of other columns', `CREATE INDEX ${NAME} ON audit.entries (log, timestamp)`],
  ['that forbids something', createMetadataIndex('session', '').replace('INDEX', 'UNIQUE INDEX')],
  [
    'that is not kept up to date',
    `${createMetadataIndex('session', '')}; UPDATE pg_index SET indisready = false WHERE indexrelid = 'audit.${NAME}'::regclass`,
  ],
])('an index %s is found by verify, not used and not dropped', async (_, sql) => {
  const own = await newFilledDatabase([{ session: 's' }, { other: 1 }])
  await own.query(sql)
  const log = openWith(own, ['session'], { readOnly: true })
  expect((await log.verify()).findings).toMatchObject([{ kind: 'damaged' }])
  expect(await log.count({ metadata: { session: 's' } })).toBe(1)
  const before = await indexesOf(own)
  if (!sql.includes('UPDATE')) {
    const other = openWith(own, ['session'])
    expect(await other.count({ metadata: { session: 's' } })).toBe(1)
    expect(await indexesOf(own)).toEqual(before)
  }
})

test('metadata that the owner has damaged keeps an index from being built, and the log opens', async () => {
  const own = await newFilledDatabase([{ session: 's' }, { session: 't' }])
  await own.query(`ALTER TABLE audit.entries DISABLE TRIGGER entries_append_only; UPDATE audit.entries SET metadata = '{"a' WHERE index = 1;
    ALTER TABLE audit.entries ENABLE ALWAYS TRIGGER entries_append_only`)
  const log = openWith(own, ['session'])
  expect(await log.query({ metadata: { session: 's' } })).toHaveLength(1)
  expect(await indexesOf(own)).toEqual([])
  await expect(
    log.get((await own.query('SELECT entry_id FROM audit.entries WHERE index = 1')).rows[0].entry_id),
  ).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})

test('a session with backslashes in strings, another search path and short time-outs builds and uses it', async () => {
  const own = await newFilledDatabase()
  const options =
    '-c standard_conforming_strings=off -c escape_string_warning=off -c search_path=public -c statement_timeout=1000 -c default_transaction_isolation=serializable'
  const odd = newPool({ connectionString: own.options.connectionString ?? '', options })
  await odd
    .query(
      'CREATE FUNCTION public.replace(text, text, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $$',
    )
    .catch(() => {})
  const log = openWith(odd, KEYS)
  await expectAnswers(log, FILTERS.slice(20, 40))
  expect(await indexesOf(own)).toEqual(valid(...KEYS))
  expect((await log.verify()).findings).toEqual([])
}, 60_000)
