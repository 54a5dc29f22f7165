import type { AuditError } from '@audit/core'
import { serverUrl } from '@audit/harness'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Cut, CuttingProxy } from './cutting-proxy.ts'
import { expectOnce, input, newDatabase, newLog, newPool, openLog, pool, poolWith } from './place.ts'
import { RecordingCallers } from './recording-callers.ts'

test.each<[string, Cut]>([
  ['is cut before the server has the batch', 'before'],
  ['is cut when the server has committed it and its answer is on the way', 'after'],
  ['falls silent with the batch on the way', 'silence'],
])('a connection that %s loses nothing and doubles nothing', async (_, cut) => {
  await using proxy = await CuttingProxy.start(serverUrl().href)
  const { name } = await newLog()
  const log = openLog(newPool({ connectionString: proxy.url, query_timeout: 300 }), name)
  const texts: string[] = []
  for (let round = 0; round < 10; round++) {
    proxy.next = cut
    const batch = Array.from({ length: 5 }, (_, i) => `${round}, ${i}`)
    texts.push(...batch)
    await Promise.all(batch.map(text => log.record(input(text))))
    expect(await log.count()).toBe(texts.length)
  }
  expect(proxy.cuts).toBe(10)
  await expectOnce(pool, name, texts)
})

const END_SESSIONS = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1'

test('sessions that are ended all the time lose nothing and double nothing', async () => {
  const { name } = await newLog()
  const application_name = name.slice(0, 40)
  const log = openLog(newPool({ application_name }), name)
  const callers = new RecordingCallers(log, 4)
  let ended = 0
  while (ended < 50) {
    await callers.recordMore(2)
    ended += (await pool.query(END_SESSIONS, [application_name])).rowCount ?? 0
  }
  await callers.stop()
  await callers.expectAllKept(openLog(pool, name))
})

test('a connection that broke while it was idle is replaced, for queries as well', async () => {
  const { name } = await newLog()
  const application_name = name.slice(0, 40)
  const log = openLog(newPool({ application_name }), name)
  await log.record(input('before'))
  for (const round of [1, 2, 3]) {
    await pool.query(END_SESSIONS, [application_name])
    expect(await log.count({ user: 'alice' }), `round ${round}`).toBe(1)
  }
})

test('a pool without a free connection: AUDIT_BUSY, and nothing is stored', async () => {
  const { name } = await newLog()
  const own = newPool({ max: 1, connectionTimeoutMillis: 200 })
  const log = openLog(own, name)
  await log.record(input('before'))
  const taken = await own.connect()
  await expect(log.record(input('refused'))).rejects.toMatchObject({ code: 'AUDIT_BUSY' })
  const connect = vi.spyOn(own, 'connect')
  await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_BUSY' })
  expect(connect).toHaveBeenCalledTimes(1) // and not waited for again
  taken.release()
  expect(await log.record(input('after'))).toMatchObject({ index: 1 })
  await expectOnce(pool, name, ['before', 'after'])
})

test('a pool of one connection serves writers and readers at once', async () => {
  const { name } = await newLog()
  const log = openLog(newPool({ max: 1 }), name)
  const texts = Array.from({ length: 100 }, (_, i) => `${i}`)
  await Promise.all(
    texts.map(async text => {
      const { entryId } = await log.record(input(text))
      expect(await log.get(entryId)).toMatchObject({ inputText: text })
    }),
  )
  await expectOnce(pool, name, texts)
})

test('the statement timeout passes while another writer has the lock: AUDIT_BUSY, and nothing is stored', async () => {
  const { name } = await newLog()
  const log = openLog(poolWith({ statement_timeout: '300' }), name)
  await log.record(input('before'))
  const holder = await pool.connect()
  await holder.query('BEGIN')
  await holder.query('SELECT FROM audit.logs WHERE log = $1 FOR UPDATE', [name])
  await expect(log.record(input('refused'))).rejects.toMatchObject({ code: 'AUDIT_BUSY' })
  await holder.query('ROLLBACK')
  holder.release()
  expect(await log.record(input('after'))).toMatchObject({ index: 1 })
  await expectOnce(pool, name, ['before', 'after'])
})

test('a lock that is held for longer than a writer waits: AUDIT_BUSY, and nothing is stored', async () => {
  const own = await newDatabase()
  const { log, name } = await newLog(own)
  await own.query(`ALTER FUNCTION audit.append SET lock_timeout = '200ms'`) // instead of 30 s
  await log.record(input('before'))
  const holder = await own.connect()
  await holder.query('BEGIN')
  await holder.query('SELECT FROM audit.logs WHERE log = $1 FOR UPDATE', [name])
  await expect(log.record(input('refused'))).rejects.toMatchObject({ code: 'AUDIT_BUSY' })
  expect(await log.count({ user: 'alice' })).toBe(1) // readers wait for nobody
  await holder.query('ROLLBACK')
  holder.release()
  expect(await log.record(input('after'))).toMatchObject({ index: 1 })
  await own.query(`ALTER FUNCTION audit.append SET lock_timeout = '30s'`)
  await expectOnce(own, name, ['before', 'after'])
})

test('a server that stays away: AUDIT_OUTCOME_UNKNOWN, and the entry to look for', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const { log: direct, name } = await newLog()
  await using proxy = await CuttingProxy.start(serverUrl().href)
  const log = openLog(newPool({ connectionString: proxy.url }), name)
  await log.record(input('before'))
  proxy.target = new URL('postgres://127.0.0.1:1') // for new connections
  proxy.next = 'after'
  const recording = log.record(input('cut off')).catch((error: unknown) => error)
  await expect.poll(() => proxy.cuts).toBe(1)
  vi.advanceTimersByTime(60_000)
  const error = await recording
  expect(error).toMatchObject({ code: 'AUDIT_OUTCOME_UNKNOWN', entryId: expect.any(String) })
  const { entryId } = error as AuditError // as was just expected
  expect(await direct.get(entryId ?? '')).toMatchObject({ index: 1, inputText: 'cut off' })
})

test('an entry that no statement can carry is refused at once', async () => {
  const { log, name } = await newLog()
  const text = 'x'.repeat(300 * 1024 * 1024)
  await expect(log.record(input(text))).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  await expectOnce(pool, name, [])
})
