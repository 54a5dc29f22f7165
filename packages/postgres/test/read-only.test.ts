import { randomUUID } from 'node:crypto'
import { AuditLog } from '@audit/core'
import { PostgresServer } from '@audit/harness'
import { PostgresBackend } from '@audit/postgres'
import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createDatabase, input, newDatabase, newLog, newName, newPool, pool } from './place.ts'
import { readmeSql } from './readme-sql.ts'

async function expectReadOnly(backend: PostgresBackend, size: number): Promise<void> {
  await expect(backend.migrate()).rejects.toMatchObject({ code: 'AUDIT_READ_ONLY' })
  await using log = new AuditLog({ backend })
  expect(await log.count()).toBe(size)
  expect(await log.count({ user: 'alice' })).toBe(size)
  expect(await log.query()).toHaveLength(size)
  expect((await log.verify()).findings).toEqual([])
  await expect(log.record(input())).rejects.toMatchObject({ code: 'AUDIT_READ_ONLY' })
  await expect(backend.append([])).rejects.toMatchObject({ code: 'AUDIT_READ_ONLY' })
  await expect(backend.subtrees.write(1, 0, new Uint8Array(32))).rejects.toMatchObject({
    code: 'AUDIT_READ_ONLY',
  })
  expect(await log.count()).toBe(size)
}

test('the reader of the README may read, and that is all it needs', async () => {
  const database = await createDatabase()
  const { log, name } = await newLog(database.pool)
  await Promise.all(Array.from({ length: 300 }, (_, i) => log.record(input(`${i}`))))
  await log.close()
  const role = `auditor ${randomUUID()}`
  await database.pool.query(readmeSql('reader.sql').replaceAll('auditor', pg.escapeIdentifier(role)))
  onTestFinished(async () => {
    await database.drop()
    await pool.query(`DROP ROLE ${pg.escapeIdentifier(role)}`)
  })
  const options = `-c role=${role.replace(' ', '\\ ')}`
  const own = newPool({ connectionString: database.connectionString, options })
  await expectReadOnly(new PostgresBackend({ pool: own, log: name, readOnly: true }), 300)
  await expectReadOnly(new PostgresBackend({ pool: own, replica: own, log: name, readOnly: true }), 300)
})

test('every statement runs in a transaction that may only read', async () => {
  const { log, name } = await newLog()
  await log.record(input())
  const own = newPool({ max: 1 })
  const statements: string[] = []
  own.on('connect', client => {
    const query = client.query.bind(client)
    vi.spyOn(client, 'query').mockImplementation((...args: unknown[]) => {
      const [first] = args
      statements.push(typeof first === 'string' ? first : String(Object(first).text))
      return Reflect.apply(query, client, args)
    })
  })
  await expectReadOnly(new PostgresBackend({ pool: own, log: name, readOnly: true }), 1)
  let isReading = false
  for (const statement of statements) {
    if (/^BEGIN .*READ ONLY$/.test(statement)) isReading = true
    else expect(isReading, statement).toBe(true)
    if (statement === 'COMMIT') isReading = false
  }
  expect(statements.length).toBeGreaterThan(10)
})

test('functions that a query calls cannot write: PostgreSQL refuses it', async () => {
  const own = await newDatabase()
  const { log, name } = await newLog(own)
  await log.record(input())
  await own.query(`CREATE TABLE told (log text); ALTER TABLE audit.entries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE FUNCTION tell(log text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.told VALUES (log); RETURN true; END';
    CREATE POLICY telling ON audit.entries USING (tell(log)); CREATE ROLE "${name}"; GRANT USAGE ON SCHEMA audit TO "${name}";
    GRANT SELECT ON ALL TABLES IN SCHEMA audit TO "${name}"; GRANT INSERT ON told TO "${name}"; GRANT EXECUTE ON FUNCTION audit.read TO "${name}"`)
  const reader = newPool({
    connectionString: own.options.connectionString ?? '',
    options: `-c role=${name.replace(' ', '\\ ')}`,
  })
  const reading = new AuditLog({ backend: new PostgresBackend({ pool: reader, log: name, readOnly: true }) })
  await expect(reading.query()).rejects.toMatchObject({ code: 'AUDIT_READ_FAILED', cause: { code: '25006' } })
  expect((await own.query('SELECT FROM told')).rowCount).toBe(0)
  await own.query(`DROP OWNED BY "${name}"; DROP ROLE "${name}"`)
})

test('a log that is not there: AUDIT_OPEN_FAILED, and nothing is created', async () => {
  const own = await newDatabase()
  for (const log of ['default', newName()]) {
    const backend = new PostgresBackend({ pool: own, log, readOnly: true })
    await expect(backend.open()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  }
  expect((await own.query(`SELECT to_regnamespace('audit') AS found`)).rows).toEqual([{ found: null }])
})

test('on a hot standby', async () => {
  const primary = await PostgresServer.start()
  onTestFinished(() => primary.stop())
  const own = newPool({ connectionString: primary.url })
  const { log, name } = await newLog(own)
  await Promise.all(Array.from({ length: 300 }, (_, i) => log.record(input(`${i}`))))
  await log.close()
  const standby = await primary.startStandby('standby')
  onTestFinished(() => standby.stop())
  const replica = newPool({ connectionString: standby.url })
  await expectReadOnly(new PostgresBackend({ pool: replica, log: name, readOnly: true }), 300)
})
