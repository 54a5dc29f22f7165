import { migrationSql, PostgresBackend } from '@audit/postgres'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { input, newDatabase, newPool, openLog } from './place.ts'

// A schema `audit` of somebody else, as many applications have one.

/** All that is in the schema, and how often its rows were written. */
async function stateOf(own: pg.Pool): Promise<unknown> {
  const { rows } = await own.query(
    `SELECT pg_class.oid, relname, relkind, relnatts, relchecks, relhastriggers, relhasrules, relfilenode, pg_class.xmin AS class_xmin,
       (SELECT json_agg(attname || atttypid || attnotnull ORDER BY attnum) FROM pg_attribute WHERE attrelid = pg_class.oid) AS columns,
       (SELECT json_agg(tgname) FROM pg_trigger WHERE tgrelid = pg_class.oid) AS triggers
     FROM pg_class WHERE relnamespace = to_regnamespace('audit') ORDER BY pg_class.oid`,
  )
  const functions = await own.query(
    `SELECT oid, proname, prosrc, xmin FROM pg_proc WHERE pronamespace = to_regnamespace('audit') ORDER BY oid`,
  )
  const schema = await own.query(`SELECT oid, nspacl, xmin FROM pg_namespace WHERE nspname = 'audit'`)
  return [rows, functions.rows, schema.rows]
}

const OURS = ['MIGRATED']

test.each<[what: string, statements: readonly string[], opened: string]>([
  [
    'a table logs of other columns',
    [
      'CREATE TABLE audit.logs (message text, at timestamptz DEFAULT now())',
      `INSERT INTO audit.logs VALUES ('theirs')`,
    ],
    'AUDIT_UNSUPPORTED_FORMAT',
  ],
  [
    'a table entries of another shape',
    ['CREATE TABLE audit.entries (id serial PRIMARY KEY, data jsonb)'],
    'AUDIT_UNSUPPORTED_FORMAT',
  ],
  ['a view entries', ['CREATE VIEW audit.entries AS SELECT 1 AS index'], 'AUDIT_UNSUPPORTED_FORMAT'],
  [
    'a materialized view subtrees',
    ['CREATE MATERIALIZED VIEW audit.subtrees AS SELECT 1 AS level'],
    'AUDIT_UNSUPPORTED_FORMAT',
  ],
  ['a sequence logs', ['CREATE SEQUENCE audit.logs'], 'AUDIT_UNSUPPORTED_FORMAT'],
  [
    'a table format of another type',
    [`CREATE TABLE audit.format (version text)`],
    'AUDIT_UNSUPPORTED_FORMAT',
  ],
  [
    'a table logs beside a table format like ours',
    [
      'CREATE TABLE audit.format (version integer PRIMARY KEY)',
      'INSERT INTO audit.format VALUES (1)',
      'CREATE TABLE audit.logs (log text COLLATE "C" PRIMARY KEY, line text)',
    ],
    'AUDIT_UNSUPPORTED_FORMAT',
  ],
  [
    'a table format like ours alone',
    ['CREATE TABLE audit.format (version integer PRIMARY KEY)', 'CREATE TABLE audit.events (id integer)'],
    'AUDIT_OPEN_FAILED',
  ],
  ['a collation', ['CREATE COLLATION audit.theirs FROM "C"'], 'AUDIT_OPEN_FAILED'],
  [
    'an operator',
    ['CREATE OPERATOR audit.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_catalog.texteq)'],
    'AUDIT_OPEN_FAILED',
  ],
  ['a table of another name', ['CREATE TABLE audit.events (id integer)'], 'AUDIT_OPEN_FAILED'],
  [
    'a function append',
    [`CREATE FUNCTION audit.append(text) RETURNS integer LANGUAGE sql AS 'SELECT 1'`],
    'AUDIT_OPEN_FAILED',
  ],
  ['a type entries', ['CREATE TYPE audit.entries AS ENUM ()'], 'AUDIT_OPEN_FAILED'],
  [
    'tables that look like ours, without a version',
    ['CREATE TABLE audit.logs (log text COLLATE "C" PRIMARY KEY)'],
    'AUDIT_OPEN_FAILED',
  ],
  [
    'a second function append beside ours',
    [...OURS, `CREATE FUNCTION audit.append(text) RETURNS integer LANGUAGE sql AS 'SELECT 1'`],
    'opens',
  ],
  [
    'a function lock_log of another language beside our tables',
    [
      ...OURS,
      'DROP FUNCTION audit.lock_log',
      `CREATE FUNCTION audit.lock_log(p_log text, p_key uuid) RETURNS void LANGUAGE sql AS ''`,
    ],
    'opens',
  ],
  [
    'a table in the place of ours',
    [...OURS, 'DROP TABLE audit.subtrees', 'CREATE TABLE audit.subtrees (log text, root text)'],
    'AUDIT_UNSUPPORTED_FORMAT',
  ],
  [
    'a column of another type',
    [...OURS, 'ALTER TABLE audit.entries ALTER metadata TYPE jsonb USING metadata::jsonb'],
    'AUDIT_UNSUPPORTED_FORMAT',
  ],
  [
    'a column that is gone',
    [...OURS, 'ALTER TABLE audit.entries DROP COLUMN output_text'],
    'AUDIT_UNSUPPORTED_FORMAT',
  ],
])('%s: not a byte is changed', async (_, statements, opened) => {
  const own = await newDatabase()
  if (!statements.includes('MIGRATED')) await own.query('CREATE SCHEMA audit')
  const backend = new PostgresBackend({ pool: own })
  for (const statement of statements) {
    if (statement === 'MIGRATED') await backend.migrate()
    else await own.query(statement)
  }
  const before = await stateOf(own)
  await expect(backend.migrate()).rejects.toMatchObject({ code: 'AUDIT_UNSUPPORTED_FORMAT' })
  await expect(own.query(migrationSql('chat'))).rejects.toMatchObject({ code: 'AU007' })
  await own.end() // with the transaction that failed
  const again = await reconnected(own)
  expect(await stateOf(again)).toEqual(before)
  const opening = new PostgresBackend({ pool: again }).open()
  if (opened === 'opens') await opening
  else await expect(opening).rejects.toMatchObject({ code: opened })
  expect(await stateOf(again)).toEqual(before)
})

/** Another pool on the same database. */
async function reconnected(own: pg.Pool): Promise<pg.Pool> {
  const again = newPool({ connectionString: own.options.connectionString ?? '' })
  own.end = async () => {} // it was ended
  return again
}

test('an empty schema, and objects of one’s own beside ours, are fine', async () => {
  const own = await newDatabase()
  await own.query('CREATE SCHEMA audit')
  const backend = new PostgresBackend({ pool: own })
  await backend.migrate()
  await own.query(`CREATE TABLE audit.events (id integer); CREATE VIEW audit.costs AS SELECT 1 AS cost`)
  await own.query(`CREATE FUNCTION audit.report() RETURNS integer LANGUAGE sql AS 'SELECT 1'`)
  await backend.migrate()
  const log = openLog(own, 'default')
  await log.record(input())
  expect((await log.verify()).findings).toEqual([])
})
