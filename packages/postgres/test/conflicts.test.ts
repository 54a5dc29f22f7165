import { expect, onTestFinished, test } from 'vitest'
import { expectOnce, input, newLog, newPool, openLog, pool, poolWith } from './place.ts'

test.each(['read committed', 'repeatable read', 'serializable'])(
  'writers whose transactions are %s lose nothing',
  async isolation => {
    const { name } = await newLog()
    const own = poolWith({ default_transaction_isolation: isolation }, { max: 10 })
    const logs = Array.from({ length: 5 }, () => openLog(own, name))
    const texts = Array.from({ length: 50 }, (_, i) => `${i}`)
    await Promise.all(
      logs.map(async (log, writer) => {
        for (let i = writer; i < texts.length; i += logs.length) await log.record(input(texts[i]))
      }),
    )
    await expectOnce(pool, name, texts)
  },
)

test('a batch that is rolled back to end a deadlock is sent again', async () => {
  const { name } = await newLog()
  const application_name = name.slice(0, 40)
  // Who begins to wait last, and so closes the circle, notices it after its deadlock_timeout and gives way.
  const own = poolWith({ deadlock_timeout: '10ms' }, { application_name, max: 1 })
  const log = openLog(own, name)
  const other = await poolWith({ deadlock_timeout: '1h' }, { application_name }).connect()
  const holder = await pool.connect()
  const waiting = async () => {
    const text = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = $1`
    return (await pool.query(text, [application_name])).rowCount
  }
  const lockLog = 'SELECT FROM audit.logs WHERE log = $1 FOR UPDATE'
  await log.record(input('before'))

  await holder.query('BEGIN')
  await holder.query(lockLog, [name])
  await other.query('BEGIN')
  await other.query('LOCK TABLE audit.entries IN SHARE MODE')
  const recording = log.record(input('after'))
  await expect.poll(waiting).toBe(1)
  const locking = other.query(lockLog, [name])
  await expect.poll(waiting).toBe(2)
  await holder.query('ROLLBACK') // now the writer has the log and wants the table, and the other has the table and wants the log
  await locking
  await other.query('ROLLBACK')

  expect(await recording).toMatchObject({ index: 1 })
  holder.release()
  other.release()
  await own.query('SELECT pg_stat_force_next_flush()')
  const { rows } = await pool.query(
    'SELECT deadlocks > 0 AS met FROM pg_stat_database WHERE datname = current_database()',
  )
  expect(rows).toEqual([{ met: true }])
  await expectOnce(pool, name, ['before', 'after'])
})

test('writers of one log exclude each other: the second waits for the first, and only then looks for its index', async () => {
  const { name } = await newLog()
  const other = await newLog()
  const append = `SELECT audit.append($1, false, ARRAY[$2], '{2026-01-01}', '{alice}', '{m}', '{null}', '{null}', sha256(''), '{"{}"}', '{in}', '{out}') AS first`
  const application_name = name.slice(0, 40)
  const [first, second] = [await pool.connect(), await newPool({ application_name }).connect()]
  onTestFinished(() => {
    for (const client of [first, second]) client.release(true) // whatever they wait for
  })
  await first.query('BEGIN')
  expect((await first.query(append, [name, 'first'])).rows).toEqual([{ first: '0' }])
  const appending = second.query(append, [name, 'second'])
  appending.catch(() => {}) // awaited below, unless the test fails before
  // It waits for the row of the log, and not for the index that the first one took: that would be an error in the end.
  const waitsFor = async () =>
    (
      await pool.query(
        `SELECT relation::regclass::text AS table FROM pg_locks WHERE locktype = 'tuple' AND pid =
         (SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock')`,
        [application_name],
      )
    ).rows
  await expect.poll(waitsFor).toEqual([{ table: 'audit.logs' }])
  await other.log.record(input()) // another log waits for nobody
  await first.query('COMMIT')
  expect((await appending).rows).toEqual([{ first: '1' }])
})
