import { AuditLog } from '@audit/core'
import { PostgresBackend } from '@audit/postgres'
import { PostgresServer } from '@audit/postgres-server'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { type Cut, CuttingProxy } from './cutting-proxy.ts'
import { input, newDatabase, newLog, pool, urlWith } from './place.ts'

const TARGET = new URL(inject('url'))

function newPool(config: pg.PoolConfig): pg.Pool {
  const own = new pg.Pool({ connectionString: inject('url'), ...config })
  own.on('error', () => {}) // a connection that breaks while it is idle
  onTestFinished(async () => {
    if (!own.ended) await own.end()
  })
  return own
}

/** Every entry once, in places without gaps. */
async function expectOnce(name: string, texts: readonly string[]): Promise<void> {
  await using log = new AuditLog({ backend: new PostgresBackend({ pool, log: name }) })
  const entries = await Array.fromAsync(log.entries())
  expect(entries.map(({ index }) => index)).toEqual(texts.map((_, i) => i))
  expect(entries.map(({ inputText }) => inputText).toSorted()).toEqual(texts.toSorted())
  expect((await log.verify()).findings).toEqual([])
}

test.each<[string, Cut]>([
  ['before the server has the batch', 'before'],
  ['when the server has committed it and its answer is on the way', 'after'],
])('a connection that is cut %s loses nothing and doubles nothing', async (_, cut) => {
  await using proxy = await CuttingProxy.start(TARGET)
  const { name } = await newLog()
  const own = newPool({ connectionString: proxy.urlOf(TARGET) })
  const log = new AuditLog({ backend: new PostgresBackend({ pool: own, log: name }) })
  const texts: string[] = []
  for (let round = 0; round < 10; round++) {
    proxy.next = cut
    const batch = Array.from({ length: 5 }, (_, i) => `${round}, ${i}`)
    texts.push(...batch)
    await Promise.all(batch.map(text => log.record(input(text))))
    expect(await log.count()).toBe(texts.length)
  }
  expect(proxy.cuts).toBe(10)
  await log.close()
  await expectOnce(name, texts)
})

test('a server that is killed and started again has all that was acknowledged, and the log goes on', async () => {
  const server = await PostgresServer.start()
  onTestFinished(() => server.stop())
  const own = newPool({ connectionString: server.url })
  const backend = new PostgresBackend({ pool: own })
  await backend.migrate()
  const log = new AuditLog({ backend })
  const acknowledged: string[] = []
  let [isOver, next] = [false, 0]
  const recording = async () => {
    while (!isOver) {
      const text = `${next++}`
      await log.record(input(text)).then(
        () => acknowledged.push(text),
        () => next--, // the server was not there: nothing was stored
      )
    }
  }
  const callers = [recording()]
  for (let kills = 0; kills < 3; kills++) {
    const before = acknowledged.length
    await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(before + 20)
    await server.kill()
    await server.restart()
  }
  isOver = true
  await Promise.all(callers)
  const found = await log.query()
  expect(found.map(({ inputText }) => inputText)).toEqual(acknowledged)
  expect((await log.verify()).findings).toEqual([])
  await log.close()
})

test('a pool without a free connection: AUDIT_BUSY, and nothing is stored', async () => {
  const { name, log: other } = await newLog()
  const own = newPool({ max: 1, connectionTimeoutMillis: 200 })
  const log = new AuditLog({ backend: new PostgresBackend({ pool: own, log: name }) })
  await log.record(input('before'))
  const taken = await own.connect()
  await expect(log.record(input('refused'))).rejects.toMatchObject({ code: 'AUDIT_BUSY' })
  taken.release()
  expect(await other.count()).toBe(1)
  expect(await log.record(input('after'))).toMatchObject({ index: 1 })
})

test('a statement that takes too long: AUDIT_BUSY, and nothing is stored', async () => {
  const { name } = await newLog()
  const own = newPool({ options: '-c statement_timeout=300' })
  const log = new AuditLog({ backend: new PostgresBackend({ pool: own, log: name }) })
  await log.record(input('before'))
  const holder = await pool.connect()
  await holder.query('BEGIN')
  await holder.query('SELECT FROM audit.logs WHERE log = $1 FOR UPDATE', [name])
  await expect(log.record(input('refused'))).rejects.toMatchObject({ code: 'AUDIT_BUSY' })
  await holder.query('ROLLBACK')
  holder.release()
  expect(await log.record(input('after'))).toMatchObject({ index: 1 })
  await log.close()
  await expectOnce(name, ['before', 'after'])
})

test.each(['repeatable read', 'serializable'])(
  'writers whose transactions are %s lose nothing',
  async isolation => {
    const { name } = await newLog()
    const own = newPool({
      options: `-c default_transaction_isolation=${isolation.replace(' ', '\\ ')}`,
      max: 10,
    })
    const logs = Array.from(
      { length: 5 },
      () => new AuditLog({ backend: new PostgresBackend({ pool: own, log: name }) }),
    )
    const texts = Array.from({ length: 50 }, (_, i) => `${i}`)
    await Promise.all(
      logs.map(async (log, writer) => {
        for (let i = writer; i < texts.length; i += logs.length) await log.record(input(texts[i]))
      }),
    )
    await Promise.all(logs.map(log => log.close()))
    await expectOnce(name, texts)
  },
)

test('a database that can only be read: AUDIT_WRITE_FAILED, while queries are answered', async () => {
  const { name, log: writer } = await newLog()
  const entry = await writer.record(input())
  const own = newPool({ options: '-c default_transaction_read_only=on' })
  const log = new AuditLog({ backend: new PostgresBackend({ pool: own, log: name }) })
  await expect(log.record(input('refused'))).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  expect(await log.query()).toEqual([entry])
  await log.close()
})

test('queries are answered by the replica, where one is given', async () => {
  const { name } = await newLog()
  const replica = newPool({ application_name: 'replica' })
  let asked = 0
  const query = replica.query.bind(replica)
  replica.query = ((...args: Parameters<typeof query>) => {
    asked++
    return query(...args)
  }) as typeof replica.query // as many signatures as the original
  const log = new AuditLog({ backend: new PostgresBackend({ pool, replica, log: name }) })
  await log.record(input())
  expect(asked).toBe(0)
  expect(await log.count({ user: 'alice' })).toBe(1)
  expect(asked).toBeGreaterThan(0)
  await log.close()
})

test('a commit is synchronous where the database would not wait for it', async () => {
  const own = await newDatabase()
  const client = await own.connect()
  const { rows: names } = await client.query('SELECT current_database() AS name')
  client.release()
  await own.query(`ALTER DATABASE ${pg.escapeIdentifier(names[0].name)} SET synchronous_commit = off`)
  const fresh = newPool({
    connectionString: urlWith(url => {
      url.pathname = `/${encodeURIComponent(names[0].name)}`
    }),
    max: 1,
  })
  const backend = new PostgresBackend({ pool: fresh })
  await backend.migrate()
  await fresh.query(`CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM set_config('audit_test.commit', current_setting('synchronous_commit'), false); RETURN NULL; END $$`)
  await fresh.query('CREATE TRIGGER told AFTER INSERT ON audit.entries EXECUTE FUNCTION told()')
  const log = new AuditLog({ backend })
  await log.record(input())
  const { rows } = await fresh.query(
    `SELECT current_setting('audit_test.commit') AS within, current_setting('synchronous_commit') AS behind`,
  )
  expect(rows).toEqual([{ within: 'on', behind: 'off' }])
  await log.close()
  await fresh.end()
})
