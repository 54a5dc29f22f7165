import { AuditLog } from '@audit/core'
import { PostgresServer } from '@audit/harness'
import { migrationSql, PostgresBackend } from '@audit/postgres'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import {
  createDatabase,
  input,
  newDatabase,
  newLog,
  newName,
  newPool,
  openLog,
  pool,
  poolWith,
} from './place.ts'

/** What is easily changed on the way. */
const ENTRY = {
  model: 'm\\o"del\'s',
  user: 'a\0l\u0010ice\n',
  inputText: '\\x00 \0 \u00100 é 😀',
  outputText: '',
  costUsd: 0.1 + 0.2,
  latencyMs: 5e-324,
  metadata: { 'a\\b': ['\0', 1e21, -1.5e-7, null, true], n: 123456789012345680000 },
}

async function expectExact(own: pg.Pool): Promise<void> {
  const name = `it's \\ ${newName()}`
  await new PostgresBackend({ pool: own, log: name }).migrate()
  const log = openLog(own, name)
  const entries = await Promise.all(Array.from({ length: 300 }, () => log.record(ENTRY)))
  expect(entries[7]).toMatchObject(ENTRY)
  expect(await log.query()).toEqual(entries)
  const { timestamp = '' } = entries[7] ?? {}
  const found = entries.filter(entry => entry.timestamp === timestamp)
  const { user, model } = ENTRY
  expect(await log.query({ user, model, since: timestamp, until: timestamp })).toEqual(found)
  expect((await log.verify()).findings).toEqual([])
}

test.each<[string, Readonly<Record<string, string>>]>([
  ['other forms of dates', { DateStyle: 'SQL, DMY', IntervalStyle: 'sql_standard' }],
  ['a time zone with a strange offset', { TimeZone: 'Asia/Kathmandu' }],
  ['bytes in the old form', { bytea_output: 'escape' }],
  ['strings with backslash escapes', { standard_conforming_strings: 'off', backslash_quote: 'on' }],
  ['another search path', { search_path: 'pg_temp' }],
  ['NULL that equals NULL', { transform_null_equals: 'on' }],
  ['all numbers in full', { extra_float_digits: '3' }],
  ['rounded numbers', { extra_float_digits: '0' }],
  ['numbers of six digits', { extra_float_digits: '-9' }],
])('a session with %s changes nothing', async (_, settings) => {
  await expectExact(poolWith(settings))
})

test('an application that reads the types of PostgreSQL in its own way changes nothing', async () => {
  const { INT8, FLOAT8, BYTEA, TEXT, TIMESTAMPTZ, NUMERIC } = pg.types.builtins
  for (const type of [INT8, FLOAT8, BYTEA, TEXT, TIMESTAMPTZ, NUMERIC]) {
    const before = pg.types.getTypeParser(type)
    pg.types.setTypeParser(type, () => 'something of its own')
    onTestFinished(() => pg.types.setTypeParser(type, before))
  }
  await expectExact(newPool({}))
})

test('a database whose collation compares other than by bytes changes nothing', async () => {
  const { log } = await newLog(await newDatabase({ locale: 'und-u-ks-level1' }))
  for (const user of ['alice', 'Alice', 'Álice', '']) await log.record({ ...input(), user })
  expect((await log.query({ user: 'alice' })).map(({ index }) => index)).toEqual([0])
  expect((await log.query({ user: '' })).map(({ index }) => index)).toEqual([3])
})

test.each(['latin1', 'win1252', 'euc_jp', 'sql_ascii'])(
  'a session whose client_encoding is %s: refused at opening, and nothing is stored',
  async encoding => {
    const own = newPool({})
    own.on('connect', client => void client.query(`SET client_encoding TO '${encoding}'`))
    const { name } = await newLog()
    const backend = new PostgresBackend({ pool: own, log: name })
    await expect(backend.migrate()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
    await expect(own.query(migrationSql(name))).rejects.toMatchObject({
      code: expect.stringMatching(/^(AU006|22021)$/), // the latter where the server cannot read the statement at all
    })
    await expect(openLog(own, name).record(ENTRY)).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
    const log = new AuditLog({ backend: new PostgresBackend({ pool, replica: own, log: name }) })
    await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
    expect(await openLog(pool, name).count()).toBe(0)
  },
)

test('a session whose client_encoding is changed later is thrown away, and the next one is exact', async () => {
  const { name } = await newLog()
  const own = newPool({ max: 2 })
  const log = openLog(own, name)
  await log.record(ENTRY)
  const change = async () => {
    const clients = await Promise.all([own.connect(), own.connect()])
    for (const client of clients) {
      await client.query(`SET client_encoding TO 'latin1'`)
      client.release()
    }
  }
  await change()
  const entry = await log.record(ENTRY)
  expect(entry).toMatchObject(ENTRY)
  await change()
  expect(await log.query()).toMatchObject([ENTRY, entry])
  await change()
  expect(await log.count({ user: ENTRY.user })).toBe(2)
  expect((await openLog(pool, name).verify()).findings).toEqual([])
})

test('all sessions have another client_encoding from some time on: nothing is stored', async () => {
  const { name } = await newLog()
  const own = newPool({ max: 2 })
  const log = openLog(own, name)
  await log.record(ENTRY)
  own.on('acquire', client => void client.query(`SET client_encoding TO 'latin1'`))
  await expect(log.record(ENTRY)).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  await expect(log.query()).rejects.toMatchObject({ code: 'AUDIT_READ_FAILED' })
  expect(await openLog(pool, name).count()).toBe(1)
})

test('a database that cannot store every text is refused', async () => {
  const own = await newDatabase({ encoding: 'SQL_ASCII' })
  const backend = new PostgresBackend({ pool: own })
  await expect(backend.migrate()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  await expect(backend.open()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
})

test('a server that does not wait for its disk is refused', async () => {
  const server = await PostgresServer.start({ settings: { fsync: 'off' } })
  onTestFinished(() => server.stop())
  const backend = new PostgresBackend({ connectionString: server.url })
  await expect(backend.migrate()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  await backend.close()
})

test('a commit is synchronous where the database would not wait for it', async () => {
  const { pool: database, connectionString, drop } = await createDatabase()
  onTestFinished(drop)
  await new PostgresBackend({ pool: database }).migrate()
  await database.query(`CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM set_config('audit_test.commit', current_setting('synchronous_commit'), false); RETURN NULL; END $$`)
  await database.query('CREATE TRIGGER told AFTER INSERT ON audit.entries EXECUTE FUNCTION told()')
  for (const [configured, within] of [
    ['off', 'on'],
    ['local', 'on'],
    ['remote_apply', 'remote_apply'],
  ]) {
    const own = newPool({ connectionString, options: `-c synchronous_commit=${configured}`, max: 1 })
    await openLog(own, 'default').record(input())
    const settings = `SELECT current_setting('audit_test.commit') AS within, current_setting('synchronous_commit') AS behind`
    expect((await own.query(settings)).rows).toEqual([{ within, behind: configured }])
  }
})
