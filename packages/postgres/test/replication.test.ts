import { AuditLog, createSigner, generateKey } from '@audit/core'
import { PostgresServer } from '@audit/harness'
import { PostgresBackend } from '@audit/postgres'
import { expect, onTestFinished, test } from 'vitest'
import { CuttingProxy } from './cutting-proxy.ts'
import { input, newPool } from './place.ts'
import { RecordingCallers } from './recording-callers.ts'

const POLLING = { timeout: 20_000 }
const signer = createSigner(generateKey('example.com/log').privateKey)

/** A primary that waits for its standby before it acknowledges, and a pool on each. */
async function startPair() {
  const primary = await PostgresServer.start({ settings: { synchronous_standby_names: '' } })
  onTestFinished(() => primary.stop())
  const standby = await primary.startStandby('standby')
  onTestFinished(() => standby.stop())
  await primary.restart({ synchronous_standby_names: 'standby' })
  return { primary, standby }
}

test('the primary is killed and its synchronous standby promoted: nothing acknowledged is lost', async () => {
  const { primary, standby } = await startPair()
  await using proxy = await CuttingProxy.start(primary.url) // the address under which the application knows the server
  const pool = newPool({ connectionString: proxy.url })
  const backend = new PostgresBackend({ pool })
  await backend.migrate()
  await using log = new AuditLog({ backend, signer })
  const callers = new RecordingCallers(log, 8)
  await callers.recordMore(500)
  const checkpoint = await log.checkpoint()
  await callers.recordMore(100)
  await primary.kill()
  await standby.promote()
  proxy.target = new URL(standby.url)
  await callers.recordMore(500)
  await callers.stop()
  await callers.expectAllKept(log)
  expect((await log.verify({ checkpoint })).findings).toEqual([])
})

test('an entry is not acknowledged before its standby has it, even where the primary reports success', async () => {
  const { primary, standby } = await startPair()
  const pool = newPool({ connectionString: primary.url })
  const backend = new PostgresBackend({ pool })
  await backend.migrate()
  await using log = new AuditLog({ backend })
  await log.record(input('before'))
  await standby.kill()

  let isAcknowledged = false
  const recording = log.record(input('after')).finally(() => {
    isAcknowledged = true
  })
  const waiting = async () =>
    (await pool.query<{ pid: number }>(`SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'`)).rows
  await expect.poll(waiting, POLLING).toHaveLength(1)
  const [first] = await waiting()
  // Cancelled while it waits, the primary commits without its standby, warns, and reports success.
  await pool.query('SELECT pg_cancel_backend($1)', [first?.pid])
  await expect.poll(() => log.count({ user: 'alice' }), POLLING).toBe(2)
  await expect.poll(waiting, POLLING).toEqual([{ pid: expect.not.toSatisfy(pid => pid === first?.pid) }])
  expect(isAcknowledged).toBe(false)

  await standby.restart()
  expect(await recording).toMatchObject({ index: 1 })
  expect(await log.count()).toBe(2)
})

test('a standby answers queries, whether or not it lags, and refuses entries', async () => {
  const { primary, standby } = await startPair()
  await primary.restart({ synchronous_standby_names: '' })
  const [pool, replica] = [primary, standby].map(({ url }) => newPool({ connectionString: url }))
  if (!pool || !replica) throw new Error('there are two')
  await new PostgresBackend({ pool }).migrate()
  await using log = new AuditLog({ backend: new PostgresBackend({ pool, replica }), signer })
  const texts = Array.from({ length: 600 }, (_, i) => `${i}`)
  await Promise.all(texts.map(text => log.record(input(text))))
  await expect.poll(() => log.count(), POLLING).toBe(600)

  await replica.query('SELECT pg_wal_replay_pause()')
  await Promise.all(texts.map(text => log.record(input(text))))
  expect(await log.count()).toBe(600)
  expect(await log.count({ user: 'alice' })).toBe(600)
  expect(await Array.fromAsync(log.entries())).toHaveLength(600)
  expect(await Array.fromAsync(log.stream({ order: 'desc' }))).toHaveLength(600)
  const checkpoint = await log.checkpoint() // of what the replica has
  expect((await log.verify({ checkpoint })).findings).toEqual([])
  await replica.query('SELECT pg_wal_replay_resume()')
  await expect.poll(() => log.count(), POLLING).toBe(1200)
  expect((await log.verify({ checkpoint })).findings).toEqual([])

  await using reader = new AuditLog({ backend: new PostgresBackend({ pool: replica }) })
  expect(await reader.count()).toBe(1200)
  await expect(reader.record(input())).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
})
