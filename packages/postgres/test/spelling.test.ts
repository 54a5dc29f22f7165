import { AuditLog } from '@audit/core'
import { PostgresBackend } from '@audit/postgres'
import { afterAll, expect, test } from 'vitest'
import { createDatabase, input, newName, openLog } from './place.ts'

// What decodes to the same entry as before, and is stored in other letters: its leaf hash cannot tell.

const { pool, drop } = await createDatabase()
afterAll(drop)

const SIZE = 20
const DAMAGED = 7

/** A log whose entry 7 was respelt by somebody who can switch the guards off. */
async function respelt(column: string, value: string): Promise<string> {
  const name = newName()
  await new PostgresBackend({ pool, log: name }).migrate()
  await using log = new AuditLog({ backend: new PostgresBackend({ pool, log: name }) })
  for (let i = 0; i < SIZE; i++) {
    const metadata = { session: 'a', n: 1, z: { b: 1, a: 'é' } }
    await log.record({
      ...input(`question ${i}`),
      user: i === DAMAGED ? 'mal\u0010lo\0ry' : 'alice',
      costUsd: 0,
      metadata,
    })
  }
  await pool.query(
    `ALTER TABLE audit.entries DISABLE TRIGGER entries_append_only;
     UPDATE audit.entries SET "${column}" = ${value} WHERE log = '${name}' AND index = ${DAMAGED};
     ALTER TABLE audit.entries ENABLE ALWAYS TRIGGER entries_append_only`,
  )
  return name
}

test.each<[column: string, value: string]>([
  ['metadata', `replace(metadata, '":', '": ')`],
  ['metadata', `metadata || ' '`],
  ['metadata', `replace(metadata, '"n":1', '"n":1.0')`],
  ['metadata', `replace(metadata, '"n":1', '"n":1e0')`],
  ['metadata', `replace(metadata, '"n":1,"session":"a"', '"session":"a","n":1')`],
  ['metadata', `replace(metadata, '"n":1', '"n":2,"n":1')`],
  ['metadata', `replace(metadata, 'session', 's\\u0065ssion')`],
  ['metadata', `replace(metadata, 'é', '\\u00e9')`],
  ['cost_usd', `'-0'`],
  ['user', `replace("user", E'\\x101', E'\\x10')`],
  ['user', `"user" || E'\\x10'`],
  ['user', `"user" || E'\\x10\\x101'`],
  ['model', `model || E'\\x102'`],
  ['input_text', `input_text || E'\\x10'`],
  ['output_text', `output_text || E'\\x10x'`],
  ['entry_id', 'upper(entry_id)'],
  ['entry_id', `replace(entry_id, '-', '')`],
  ['timestamp', `'infinity'`],
  ['timestamp', `'10000-01-01Z'`],
])('a %s that became %s is damaged, and takes no other entry with it', async (column, value) => {
  const name = await respelt(column, value)
  const log = openLog(pool, name)
  const report = await log.verify()
  expect(report.findings).toMatchObject([{ kind: 'damaged', index: DAMAGED }])

  await expect(log.query()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  const before: number[] = []
  const reading = async () => {
    for await (const { index } of log.entries()) before.push(index)
  }
  await expect(reading()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  expect(before).toEqual(Array.from({ length: DAMAGED }, (_, i) => i)) // what comes before it was given
  const behind = await Array.fromAsync(log.entries({ start: DAMAGED + 1 }))
  expect(behind).toHaveLength(SIZE - DAMAGED - 1)
  expect(await log.get(behind[0]?.entryId ?? '')).toEqual(behind[0])
  expect(await log.query({ limit: 5 })).toHaveLength(5)
  if (column !== 'timestamp') expect(await log.query({ limit: 5, order: 'desc' })).toHaveLength(5)
  if (column !== 'user') expect(await log.query({ user: 'alice' })).toHaveLength(SIZE - 1)
  expect(await log.record(input('after'))).toMatchObject({ index: SIZE })
})

test('metadata that was respelt is not hidden from queries by metadata: they reject', async () => {
  const log = openLog(pool, await respelt('metadata', `replace(metadata, '"n":1', '"n":1.0')`))
  await expect(log.query({ metadata: { session: 'a' } })).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  await expect(log.count({ metadata: { session: 'a' } })).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  expect(await log.query({ metadata: { session: 'a' }, limit: DAMAGED })).toHaveLength(DAMAGED)
})
