import { join } from 'node:path'
import { AuditLog, type EntryInput, type SummaryOptions } from '@audit/core'
import type { JsonValue } from '@audit/core/backend'
import { REAL_EXCHANGES, realExchanges } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend, type SqliteBackendOptions } from '@audit/sqlite'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { openLog } from './open-log.ts'
import { copyLog } from './stored-log.ts'

/** Enough entries that a summary has threads of its own. */
const MANY = 10_500
const LONG = 'long '.repeat(30)
const SESSIONS: readonly JsonValue[] = [
  'a',
  1,
  '1',
  null,
  { b: 1, a: [LONG] },
  LONG,
  `${LONG}a`,
  'm'.repeat(70_000),
]

function logOn(options: SqliteBackendOptions, isStreamed = false): AuditLog {
  const backend = new SqliteBackend(options)
  if (isStreamed) Object.defineProperty(backend, 'summarize', { value: undefined }) // then core reads the entries
  const log = new AuditLog({ backend })
  onTestFinished(() => log.close())
  return log
}

/** Inputs of all kinds, the same at every run. */
function inputOf(i: number): EntryInput {
  const session = SESSIONS[i % 500]
  return {
    model: ['gpt-4o', 'claude-3', 'é'][i % 3] ?? '',
    user: `user ${i % 7}`,
    inputText: `${i}`,
    outputText: '',
    costUsd: i % 4 === 0 ? null : (i % 97) / 1000,
    latencyMs: i % 5 === 0 ? null : (i * 7919) % 10_007,
    metadata: {
      ...(session !== undefined && { session }),
      ...(i % 2 === 0 && { 'gen_ai.usage.input_tokens': i % 5 === 0 ? 'x' : i }),
      ...(i % 9 === 0 && { 'gen_ai.usage.reasoning.output_tokens': i * 3 }),
      ...(i % 3 === 0 && { 'audit.status': i % 6 === 0 ? 'ok' : 'error' }),
      ...(i % 11 === 0 && { nested: { 'audit.status': 'ok', 'gen_ai.usage.input_tokens': 1 } }),
    },
  }
}

async function filled(inputs: readonly EntryInput[]): Promise<string> {
  const path = join(temporaryFolder(), 'audit.db')
  const log = logOn({ path, metadataIndexes: ['session'] })
  await Promise.all(inputs.map(input => log.record(input)))
  await log.close()
  return path
}

const GROUPS = [
  [],
  ['user'],
  ['model', 'day'],
  ['user', 'month'],
  ['hour'],
  ['session'],
  ['session', 'user'],
  ['nested'],
] as const

async function expectSame(a: AuditLog, b: AuditLog, filters: readonly SummaryOptions[]): Promise<void> {
  for (const filter of filters) {
    for (const by of GROUPS)
      expect(await a.summarize({ ...filter, by }), JSON.stringify([by, filter])).toEqual(
        await b.summarize({ ...filter, by }),
      )
    for (const key of ['user', 'model', 'day', 'month', 'hour', 'session', 'nested'])
      expect(await a.distinct(key, filter), JSON.stringify([key, filter])).toEqual(
        await b.distinct(key, filter),
      )
  }
}

test('the figures are those that core arrives at, long or short', { timeout: 180_000 }, async () => {
  const path = await filled(Array.from({ length: MANY }, (_, i) => inputOf(i)))
  const [log, streamed] = [logOn({ path }), logOn({ path }, true)]
  const [entry] = await log.query({ limit: 1, order: 'desc' })
  await expectSame(log, streamed, [
    {},
    { size: MANY - 300 },
    { size: 0 },
    { user: 'user 3' },
    { model: 'nobody' },
    { metadata: { session: 'a' } },
    { metadata: { session: LONG }, user: 'user 1' },
    { metadata: { 'audit.status': 'ok' } },
    { until: entry?.timestamp ?? '', since: '2020-01-01' },
  ])
})

test('an empty log has one group without any key, and otherwise none', async () => {
  const path = await filled([])
  await expectSame(logOn({ path }), logOn({ path }, true), [{}, { user: 'alice' }])
})

test('a log that is read only is summed up too', async () => {
  const path = await filled(Array.from({ length: 200 }, (_, i) => inputOf(i)))
  await expectSame(logOn({ path, readOnly: true }), logOn({ path, readOnly: true }, true), [
    {},
    { user: 'user 1' },
  ])
})

test('values that an index does not have as a whole are told apart', async () => {
  const values = [...SESSIONS, '😀'.repeat(64), '😀'.repeat(127)]
  const path = await filled(
    values.flatMap((session, i) => Array(i + 1).fill({ ...inputOf(0), metadata: { session } })),
  )
  const found = await openLog(path).distinct('session')
  expect(found).toHaveLength(values.length)
  for (const [i, value] of values.entries()) expect(found).toContainEqual({ value, count: i + 1 })
})

test('the figures of a log that is only read are the same: closed, beside a writer, and as a copy', async () => {
  const path = await filled(Array.from({ length: MANY }, (_, i) => inputOf(i)))
  const read = (of: string) => logOn({ path: of, readOnly: true }).summarize({ by: ['user', 'month'] })
  const before = await logOn({ path }, true).summarize({ by: ['user', 'month'] })
  expect(await read(path)).toEqual(before)
  const writer = logOn({ path })
  await writer.record({ user: 'new', model: 'm', inputText: '', outputText: '' })
  const after = await logOn({ path }, true).summarize({ by: ['user', 'month'] })
  expect(after).toHaveLength(before.length + 1)
  expect(await read(path)).toEqual(after)
  expect(await read(copyLog(path, join(temporaryFolder(), 'copy.db'), ['', '-wal']))).toEqual(after)
})

test('other queries do not wait for a long summary', async () => {
  const path = await filled(Array.from({ length: MANY }, (_, i) => inputOf(i)))
  const log = openLog(path)
  await log.count({ user: 'user 1' })
  const settled: string[] = []
  await Promise.all([
    log.summarize({ by: ['user', 'month'] }).then(() => settled.push('summary')),
    log.count({ user: 'user 1' }).then(() => settled.push('count')),
  ])
  expect(settled).toEqual(['count', 'summary'])
})

test('closing a log waits for a summary', async () => {
  const path = await filled(Array.from({ length: MANY }, (_, i) => inputOf(i)))
  const log = openLog(path)
  const summary = log.summarize({ by: ['user'] })
  await log.count()
  await log.close()
  expect(await summary).toHaveLength(7)
})

test.each([
  ['metadata that are no JSON', `metadata = '{"audit.status"'`],
  ['metadata in another spelling', `metadata = '{ "audit.status": "ok" }'`],
])('%s of an entry are not summed up', async (_, change) => {
  const path = await filled(Array.from({ length: 10 }, (_, i) => inputOf(i)))
  const database = new Database(path)
  database.unsafeMode(true)
  const trigger = "SELECT sql FROM sqlite_schema WHERE name = 'audit_log_no_update'"
  const sql = database.prepare<[], string>(trigger).pluck().get() ?? ''
  database.exec(`DROP TRIGGER audit_log_no_update; UPDATE audit_log SET ${change} WHERE "index" = 3`)
  database.exec(sql)
  database.close()
  await expect(openLog(path).summarize({ by: ['user'] })).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})

test.skipIf(REAL_EXCHANGES === undefined)('real exchanges: the figures are those of an oracle', async () => {
  const exchanges = realExchanges().map((exchange, i) => ({
    ...exchange,
    costUsd: i / 1000,
    latencyMs: i % 900,
  }))
  const path = await filled(exchanges)
  const log = logOn({ path })
  await expectSame(log, logOn({ path }, true), [{}])
  for (const { user, count, latencyMs } of await log.summarize({ by: ['user'] })) {
    const own = exchanges.filter(exchange => exchange.user === user)
    expect(count).toBe(own.length)
    expect(latencyMs?.max).toBe(Math.max(...own.map(exchange => exchange.latencyMs)))
  }
})
