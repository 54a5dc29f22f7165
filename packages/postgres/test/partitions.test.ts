import { AuditLog } from '@audit/core'
import { PostgresBackend } from '@audit/postgres'
import { expect, test } from 'vitest'
import { expectOnce, input, newDatabase, openLog, poolWith } from './place.ts'
import { readmeSql } from './readme-sql.ts'

test('on the partitions of the README, logs are kept, guarded and verified as elsewhere', async () => {
  const database = await newDatabase()
  const names = Array.from({ length: 6 }, (_, i) => `log ${i}`)
  const backends = names.map(log => new PostgresBackend({ pool: database, log }))
  await backends[0]?.migrate()
  await database.query(readmeSql('partitions.sql'))
  for (const backend of backends) await backend.migrate()
  const texts = Array.from({ length: 300 }, (_, i) => `${i}`)
  await Promise.all(
    backends.map(async backend => {
      await using log = new AuditLog({ backend })
      await Promise.all(texts.map(text => log.record(input(text))))
      expect(await log.query({ user: 'alice', model: 'gpt-4o', order: 'desc', limit: 1 })).toMatchObject([
        { index: 299 },
      ])
    }),
  )
  for (const name of names) await expectOnce(database, name, texts)

  const { rows } = await database.query(
    'SELECT (SELECT count(*) FROM audit.entries_0) > 0 AND (SELECT count(*) FROM audit.entries_1) > 0 AS both',
  )
  expect(rows).toEqual([{ both: true }])
  for (const table of ['entries', 'entries_0', 'entries_1']) {
    for (const change of [
      `UPDATE audit.${table} SET model = 'x'`,
      `DELETE FROM audit.${table}`,
      `TRUNCATE audit.${table}`,
    ]) {
      await expect(database.query(change), change).rejects.toMatchObject({ code: 'AU001' })
    }
  }
})

test('writers in a stricter isolation, whose indexes collide in a partition, lose nothing', async () => {
  const database = await newDatabase()
  const backend = new PostgresBackend({ pool: database })
  await backend.migrate()
  await database.query(readmeSql('partitions.sql'))
  await backend.migrate()
  const own = poolWith(
    { default_transaction_isolation: 'repeatable read' },
    { connectionString: database.options.connectionString },
  )
  const logs = Array.from({ length: 5 }, () => openLog(own, 'default'))
  const texts = Array.from({ length: 50 }, (_, i) => `${i}`)
  await Promise.all(
    logs.map(async (log, writer) => {
      for (let i = writer; i < texts.length; i += logs.length) await log.record(input(texts[i]))
    }),
  )
  await expectOnce(database, 'default', texts)
})
