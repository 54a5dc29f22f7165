import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { AuditLog } from '@audit/core'
import { PostgresBackend } from '@audit/postgres'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { input, newDatabase, pool } from './place.ts'

/** The statements for roles, as they stand in the README. */
function statements(): string[] {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const [, section = ''] = /^## Who may do what\n([\s\S]*?)^## /m.exec(readme) ?? []
  return Array.from(section.matchAll(/^```sql\n([\s\S]*?)^```$/gm), ([, sql = '']) => sql)
}

test('the role of the README records and queries, sees one log alone, and can do nothing else', async () => {
  const owner = await newDatabase()
  const role = `writer ${randomUUID()}`
  const [grants = '', security = ''] = statements()
  for (const log of ['a', 'b']) await new PostgresBackend({ pool: owner, log }).migrate()
  await owner.query(grants.replaceAll('audit_writer', pg.escapeIdentifier(role)))
  onTestFinished(async () => {
    await pool.query(`DROP ROLE ${pg.escapeIdentifier(role)}`)
  })
  const writer = new pg.Pool({ ...owner.options, options: `-c role=${role.replace(' ', '\\ ')}`, max: 3 })
  const logs = ['a', 'b'].map(log => new AuditLog({ backend: new PostgresBackend({ pool: writer, log }) }))
  for (const log of logs) {
    await Promise.all(Array.from({ length: 300 }, (_, i) => log.record(input(`${i}`))))
    expect(await log.count({ user: 'alice' })).toBe(300)
    expect((await log.verify()).ok).toBe(true)
  }
  const denied = { code: '42501' } // insufficient_privilege
  for (const statement of [
    'INSERT INTO audit.entries SELECT * FROM audit.entries',
    'UPDATE audit.entries SET model = model',
    'DELETE FROM audit.entries',
    'TRUNCATE audit.entries',
    'DROP TABLE audit.entries',
    'ALTER TABLE audit.entries DISABLE TRIGGER ALL',
    `INSERT INTO audit.logs VALUES ('c')`,
    'SELECT FROM audit.logs FOR UPDATE',
  ]) {
    await expect(writer.query(statement), statement).rejects.toMatchObject(denied)
  }

  await owner.query(security.replaceAll('audit_writer', pg.escapeIdentifier(role)))
  const seen = async (setting: string) => {
    const client = await writer.connect()
    await client.query(`SELECT set_config('audit.log', $1, false)`, [setting])
    const { rows } = await client.query('SELECT DISTINCT log FROM audit.entries')
    client.release(true)
    return rows.map(({ log }) => log)
  }
  expect(await seen('a')).toEqual(['a'])
  expect(await seen('')).toEqual([])
  for (const log of logs) await log.close()
  await writer.end()
  await owner.query(`DROP OWNED BY ${pg.escapeIdentifier(role)}`)
})
