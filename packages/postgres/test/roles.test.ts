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
