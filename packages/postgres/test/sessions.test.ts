import { randomUUID } from 'node:crypto'
import { AuditLog } from '@audit/core'
import { PostgresBackend } from '@audit/postgres'
import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { expectOnce, input, newDatabase, newLog, newPool, openLog, pool } from './place.ts'

// Sessions that somebody else's code, or a failover, left in a state in which nothing can be stored.

/** Does something to all connections that a pool may have. */
async function spoil(own: pg.Pool, ...statements: readonly string[]): Promise<void> {
  const clients = await Promise.all(Array.from({ length: own.options.max }, () => own.connect()))
  for (const client of clients) {
    for (const statement of statements) await client.query(statement).catch(() => {})
    client.release()
  }
}

test.each<[what: string, ...statements: string[]]>([
  ['became read-only', 'SET default_transaction_read_only = on'],
  ['are characterised as read-only', 'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY'],
  ['were left in a transaction', 'BEGIN'],
  ['were left in a transaction that failed', 'BEGIN', 'SELECT 1 / 0'],
  ['were left in a transaction that may only read', 'BEGIN READ ONLY'],
  ['have another role', 'SET ROLE pg_monitor'],
  ['have another user', 'SET SESSION AUTHORIZATION pg_monitor'],
  ['have another search path', `CREATE TEMP TABLE entries (); SET search_path TO pg_temp, public`],
  ['have prepared statements', `PREPARE audit AS SELECT 1`],
  ['write in another encoding', `SET client_encoding TO 'latin1'`],
  ['commit without waiting', 'SET synchronous_commit TO off'],
  ['want another isolation', 'SET default_transaction_isolation TO serializable'],
  ['replay what was done elsewhere', 'SET session_replication_role TO replica'],
  ['hide rows', 'SET row_security TO off'],
])('sessions that %s: the next entry is stored, and queries answer', async (_, ...statements) => {
  const { name } = await newLog()
  const own = newPool({ max: 3 })
  const log = openLog(own, name)
  await log.record(input('before'))
  await spoil(own, ...statements)
  expect(await log.record(input('after'))).toMatchObject({ index: 1 })
  await spoil(own, ...statements)
  expect(await log.count({ user: 'alice' })).toBe(2)
  await spoil(own, ...statements)
  expect(await log.query()).toHaveLength(2)
  await expectOnce(pool, name, ['before', 'after'])
})

test('an entry is not part of a transaction that somebody left open, and outlives it', async () => {
  const { name } = await newLog()
  const own = newPool({ max: 1 })
  const log = openLog(own, name)
  await log.record(input('before'))
  const forgetful = await own.connect()
  await forgetful.query('BEGIN')
  forgetful.release()
  expect(await log.record(input('after'))).toMatchObject({ index: 1 })
  await own.query('ROLLBACK')
  await expectOnce(pool, name, ['before', 'after'])
})

test('a statement timeout that somebody set: AUDIT_BUSY, and the next entry is stored', async () => {
  const { name } = await newLog()
  const own = newPool({ max: 1 })
  const log = openLog(own, name)
  await log.record(input('before'))
  const holder = await pool.connect()
  await holder.query('BEGIN')
  await holder.query('SELECT FROM audit.logs WHERE log = $1 FOR UPDATE', [name])
  await spoil(own, `SET statement_timeout TO '100ms'`)
  await expect(log.record(input('refused'))).rejects.toMatchObject({ code: 'AUDIT_BUSY' })
  await holder.query('ROLLBACK')
  holder.release()
  await log.record(input('after'))
  expect((await own.query('SHOW statement_timeout')).rows).toEqual([{ statement_timeout: '0' }])
  await expectOnce(pool, name, ['before', 'after'])
})

test('sessions of a standby, and later of a primary: nothing was stored, and the next entry is', async () => {
  const own = await newDatabase()
  const { name } = await newLog(own)
  const role = `app ${randomUUID()}`
  const quoted = pg.escapeIdentifier(role)
  await own.query(`CREATE ROLE ${quoted} LOGIN SUPERUSER PASSWORD 'x'`)
  onTestFinished(async () => {
    await pool.query(`DROP ROLE ${quoted}`)
  })
  await own.query(`ALTER ROLE ${quoted} SET default_transaction_read_only = on`)
  const url = new URL(own.options.connectionString ?? '')
  url.username = encodeURIComponent(role)
  url.password = 'x'
  const app = newPool({ connectionString: url.href, max: 3, idleTimeoutMillis: 0 })
  await spoil(app)
  const log = openLog(app, name)
  const error = await log.record(input()).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'AUDIT_WRITE_FAILED', cause: { code: '25006' } })
  await spoil(app)
  await own.query(`ALTER ROLE ${quoted} RESET default_transaction_read_only`)
  expect(await log.record(input('after'))).toMatchObject({ index: 0 })
  await expectOnce(own, name, ['after'])
  await app.end()
  app.end = async () => {} // by the test itself, so that the role can be dropped
})

test('an entry within one’s own transaction, with no connection left in a pool that waits without end: AUDIT_BUSY', async () => {
  const { name } = await newLog()
  const own = newPool({ max: 1, connectionTimeoutMillis: 0 })
  const log = openLog(own, name)
  await log.record(input('before'))
  const mine = await own.connect()
  await mine.query('BEGIN')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const outcomes = [log.record(input('refused')), log.query(), log.count({ user: 'alice' })].map(call =>
    call.catch((error: unknown) => error),
  )
  await vi.waitFor(() => expect(own.waitingCount).toBe(3))
  vi.advanceTimersByTime(30_000)
  for (const outcome of outcomes) expect(await outcome).toMatchObject({ code: 'AUDIT_BUSY' })
  vi.useRealTimers()
  await mine.query('COMMIT')
  mine.release()
  expect(await log.record(input('after'))).toMatchObject({ index: 1 }) // the connection that came too late was given back
  await expect.poll(() => own.idleCount).toBe(1)
  await expectOnce(pool, name, ['before', 'after'])
})

test('migrate waits for a lock, then rejects with AUDIT_BUSY and changes nothing', async () => {
  const own = await newDatabase()
  const { name } = await newLog(own)
  const url = own.options.connectionString ?? ''
  const waiting = newPool({ connectionString: url, options: '-c lock_timeout=200' })
  const holder = await own.connect()
  for (const lock of ['LOCK TABLE audit.logs', "SELECT pg_advisory_xact_lock(x'41554454'::int)"]) {
    await holder.query('BEGIN')
    await holder.query(lock)
    const backend = new PostgresBackend({ pool: waiting, log: 'another' })
    await expect(backend.migrate(), lock).rejects.toMatchObject({ code: 'AUDIT_BUSY' })
    await holder.query('ROLLBACK')
  }
  holder.release()
  expect((await own.query('SELECT log FROM audit.logs')).rows).toEqual([{ log: name }])
})

test('migrate waits no longer than 30 seconds where the session says nothing, and leaves the session as it was', async () => {
  const own = newPool({ connectionString: (await newDatabase()).options.connectionString ?? '', max: 1 })
  const queries: string[] = []
  own.on('connect', client => {
    const query = client.query.bind(client)
    vi.spyOn(client, 'query').mockImplementation((...args: unknown[]) => {
      if (typeof args[0] === 'string') queries.push(args[0])
      return Reflect.apply(query, client, args)
    })
  })
  await new PostgresBackend({ pool: own }).migrate()
  const migration = queries.find(sql => sql.includes('pg_advisory_xact_lock')) ?? ''
  expect(migration.indexOf(`'30s'`)).toBeGreaterThan(0)
  expect(migration.indexOf(`'30s'`)).toBeLessThan(migration.indexOf('pg_advisory_xact_lock'))
  expect((await own.query('SHOW lock_timeout')).rows).toEqual([{ lock_timeout: '0' }])
})

test('the log is told of a session that cannot do it only once: another pool is not asked for more than it has', async () => {
  const { name } = await newLog()
  const own = newPool({ max: 2, options: '-c default_transaction_read_only=on' })
  await spoil(own)
  const connect = vi.spyOn(own, 'connect')
  const log = new AuditLog({ backend: new PostgresBackend({ pool: own, log: name }) })
  await log.open()
  connect.mockClear()
  await expect(log.record(input())).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  expect(connect.mock.calls.length).toBeLessThanOrEqual(3)
})
