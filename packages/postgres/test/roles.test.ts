import { randomUUID } from 'node:crypto'
import { AuditLog } from '@audit/core'
import { PostgresBackend } from '@audit/postgres'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { createDatabase, input, newPool, pool } from './place.ts'
import { readmeSql } from './readme-sql.ts'

/** Runs statements of the README for roles of these names; roles belong to the whole server. */
function forRoles(
  sql: string,
  { group, member }: { readonly group: string; readonly member: string },
): string {
  return sql
    .replaceAll('audit_writer', pg.escapeIdentifier(group))
    .replaceAll('ROLE chat ', `ROLE ${pg.escapeIdentifier(member)} `)
}

async function setUp() {
  const database = await createDatabase()
  const names = { group: `group ${randomUUID()}`, member: `member ${randomUUID()}` }
  for (const log of [names.member, 'other']) {
    await new PostgresBackend({ pool: database.pool, log }).migrate()
  }
  await database.pool.query(forRoles(readmeSql('roles.sql'), names))
  const options = `-c role=${names.member.replace(' ', '\\ ')}`
  const member = newPool({ connectionString: database.connectionString, options, max: 3 })
  onTestFinished(async () => {
    await database.drop()
    await pool.query(
      `DROP ROLE ${pg.escapeIdentifier(names.member)}; DROP ROLE ${pg.escapeIdentifier(names.group)}`,
    )
  })
  return { owner: database.pool, member, names }
}

const DENIED = { code: '42501' } // insufficient_privilege
const NO_SUCH_LOG = { code: 'AU002' }

test('the role of the README records, queries and verifies, and can do nothing else', async () => {
  const { member, names } = await setUp()
  for (const name of [names.member, 'other']) {
    await using log = new AuditLog({ backend: new PostgresBackend({ pool: member, log: name }) })
    await Promise.all(Array.from({ length: 300 }, (_, i) => log.record(input(`${i}`))))
    expect(await log.count({ user: 'alice' })).toBe(300)
    expect((await log.verify()).findings).toEqual([])
  }
  for (const statement of [
    'UPDATE audit.entries SET model = model',
    'DELETE FROM audit.entries',
    'TRUNCATE audit.entries',
    'DROP TABLE audit.entries',
    'ALTER TABLE audit.entries DISABLE TRIGGER ALL',
    'UPDATE audit.subtrees SET root = root',
    'DELETE FROM audit.subtrees',
    `INSERT INTO audit.logs VALUES ('new')`,
    'SELECT FROM audit.logs FOR UPDATE',
    'UPDATE audit.logs SET log = log',
    'UPDATE audit.format SET version = 2',
    'SET session_replication_role = replica',
    'CREATE TABLE audit.another ()',
  ]) {
    await expect(member.query(statement), statement).rejects.toMatchObject(DENIED)
  }
  // What it may insert is bound by the triggers, as for everyone.
  await expect(
    member.query(
      `INSERT INTO audit.entries SELECT (jsonb_populate_record(e, '{"index": 1000, "entry_id": "x"}')).* FROM audit.entries AS e LIMIT 1`,
    ),
  ).rejects.toMatchObject({ code: 'AU001' })
})

test('with the row-level security of the README, a role reads and writes its own log alone', async () => {
  const { owner, member, names } = await setUp()
  await using other = new AuditLog({ backend: new PostgresBackend({ pool: owner, log: 'other' }) })
  const foreign = await other.record(input('of the other'))
  await owner.query(forRoles(readmeSql('one-log-a-role.sql'), names))

  await using own = new AuditLog({ backend: new PostgresBackend({ pool: member, log: names.member }) })
  await Promise.all(Array.from({ length: 300 }, (_, i) => own.record(input(`${i}`))))
  expect(await own.count({ user: 'alice' })).toBe(300)
  expect((await own.verify()).findings).toEqual([])
  expect((await member.query('SELECT DISTINCT log FROM audit.entries')).rows).toEqual([{ log: names.member }])

  await using barred = new AuditLog({ backend: new PostgresBackend({ pool: member, log: 'other' }) })
  await expect(barred.count()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  const append = `SELECT audit.append('other', false, '{new}', '{2026-01-01}', '{u}', '{m}', '{null}', '{null}', $1, '{"{}"}', '{in}', '{out}')`
  await expect(member.query(append, [Buffer.alloc(32)])).rejects.toMatchObject(NO_SUCH_LOG)
  expect(await other.query()).toEqual([foreign])
})

test('with row-level security, a role locks its own log alone, and learns of no other', async () => {
  const { owner, member, names } = await setUp()
  await owner.query(forRoles(readmeSql('one-log-a-role.sql'), names))
  const { rows } = await owner.query<{ key: string }>(`SELECT key FROM audit.logs WHERE log = 'other'`)
  const holder = await owner.connect()
  await holder.query('BEGIN')
  await holder.query(`SELECT FROM audit.logs WHERE log = 'other' FOR UPDATE`)
  const answers: unknown[] = []
  for (const log of ['other', 'nothing']) {
    for (const statement of [
      `SELECT audit.lock_log($1, gen_random_uuid())`,
      `SELECT audit.lock_log(log, key) FROM audit.logs WHERE log = $1`,
      `SELECT audit.append($1, false, '{new}', '{2026-01-01}', '{u}', '{m}', '{null}', '{null}', sha256(''), '{"{}"}', '{in}', '{out}')`,
      `INSERT INTO audit.entries VALUES ($1, 0, 'x', now(), '', '', NULL, NULL, sha256(''), '{}', '', '')`,
      `INSERT INTO audit.entries VALUES ($1, 0, 'x', now(), '', '', NULL, NULL, sha256(''), '{}', '', '') ON CONFLICT DO NOTHING`,
      `INSERT INTO audit.subtrees VALUES ($1, 1, 0, sha256(''))`,
    ]) {
      // None waits for the lock, and each answers as if the log were not there.
      const answer = await member.query(statement, [log]).catch((error: { code: string }) => error.code)
      answers.push(typeof answer === 'string' ? answer : answer.rowCount)
    }
  }
  expect(answers.slice(0, answers.length / 2)).toEqual(answers.slice(answers.length / 2))
  expect(answers.slice(0, 6)).toEqual(['AU002', 0, 'AU002', '42501', '42501', '42501'])
  await holder.query('ROLLBACK')
  holder.release()
  // Who has the key may lock; the key is for those who see the row.
  await member.query(`SELECT audit.lock_log('other', $1)`, [rows[0]?.key])
  await expect(member.query(`SELECT audit.lock_log('other')`)).rejects.toMatchObject({ code: '42883' })
})

test('a role cannot replace the functions that run for it with its own', async () => {
  const { owner, member, names } = await setUp()
  await owner.query(`CREATE SCHEMA evil AUTHORIZATION ${pg.escapeIdentifier(names.member)}`)
  const evil = await member.connect()
  await evil.query(`CREATE FUNCTION evil.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT decode(repeat('ab', 32), 'hex') $$;
    CREATE FUNCTION evil.octet_length(bytea) RETURNS integer LANGUAGE sql AS 'SELECT 32';
    CREATE FUNCTION evil.json_typeof(json) RETURNS text LANGUAGE sql AS $$ SELECT 'boolean' $$;
    CREATE TEMP TABLE entries (index bigint); CREATE TEMP TABLE logs (log text);
    SET search_path TO evil, pg_temp, pg_catalog`)
  const forged = `INSERT INTO audit.subtrees VALUES ('other', 1, 0, decode(repeat('ab', 32), 'hex'))`
  await expect(evil.query(forged)).rejects.toMatchObject({ code: 'AU005' })
  const unreadable = `INSERT INTO audit.entries VALUES ('other', 0, 'x', now(), '', '', NULL, NULL, pg_catalog.sha256(''), '{"a": 1}', '', '')`
  await expect(evil.query(unreadable)).rejects.toMatchObject({ code: 'AU008' })
  evil.release(true)
})

test('tables from before logs had a key: open says what to do, and migrate updates them', async () => {
  const { owner, member, names } = await setUp()
  const backend = new PostgresBackend({ pool: member, log: names.member })
  await using log = new AuditLog({ backend: new PostgresBackend({ pool: owner, log: names.member }) })
  const entry = await log.record(input('before'))
  await owner.query(`DROP TRIGGER entries_readable ON audit.entries; DROP TRIGGER subtrees_true ON audit.subtrees;
    DROP FUNCTION audit.refuse_unreadable, audit.refuse_false_root, audit.is_canonical_json, audit.is_canonical_value,
      audit.is_canonical_number, audit.lock_log;
    ALTER TABLE audit.logs DROP COLUMN key;
    CREATE FUNCTION audit.lock_log(p_log text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN END'`)
  await expect(backend.open()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  await new PostgresBackend({ pool: owner, log: 'other' }).migrate()
  await backend.open() // and the role may lock, without being told so anew
  await using again = new AuditLog({ backend })
  expect(await again.query()).toEqual([entry])
  expect(await again.record(input('after'))).toMatchObject({ index: 1 })
  expect((await log.verify()).findings).toEqual([])
})
