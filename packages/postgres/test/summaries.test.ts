import { AuditLog, type JsonObject, type SummaryOptions } from '@audit/core'
import type { SummaryRequest } from '@audit/core/backend'
import { PostgresBackend } from '@audit/postgres'
import type pg from 'pg'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { Database } from '../src/database.ts'
import { LogReader } from '../src/log-reader.ts'
import { MetadataIndexes } from '../src/metadata-indexes.ts'
import { LogSummary } from '../src/summary.ts'
import { input, newDatabase, newName, pool } from './place.ts'

const KEYS = ['session', 'a\u0001b', '__proto__']
const USAGE = 'gen_ai.usage.input_tokens'

/** Figures and values of all kinds, some of which the server cannot group by. */
const METADATA: readonly JsonObject[] = [
  {},
  { session: 's' },
  { session: 's', [USAGE]: 7, 'audit.status': 'ok' },
  { session: 't', [USAGE]: 1e21, 'gen_ai.usage.output_tokens': 3, 'audit.status': 'error' },
  { session: { b: 1, a: [] }, 'audit.status': 5 },
  { session: null, 'audit.status': '\u0000' },
  { session: '\u0000' },
  { session: '\u0001', 'a\u0000b': 1 },
  { 'a\u0001b': 1, [USAGE]: -1, nested: { 'audit.status': 'nested' } },
  Object.fromEntries([['__proto__', 1]]),
  { long: 'x'.repeat(3000), [USAGE]: 11, 'audit.status': 'long' },
  { text: `"audit.status":"in a text"`, session: '"' },
  { session: 'x'.repeat(100_000) },
]
const COSTS = [null, 0, 0.1, 0.2, 0.3, 1e-300, 5e-324, 1e300, 1e16, 1, 123.456]
const LATENCIES = [null, 0, 1e-7, 1, 1.5, 250, 1e9, 1.7e308]
const ENTRIES = 200

let name: string
beforeAll(async () => {
  name = await newFilledLog(pool, ENTRIES)
})

async function newFilledLog(own: pg.Pool, entries: number): Promise<string> {
  const filled = newName()
  await new PostgresBackend({ pool: own, log: filled }).migrate()
  const log = new AuditLog({ backend: new PostgresBackend({ pool: own, log: filled }) })
  await Promise.all(
    Array.from({ length: entries }, (_, i) =>
      log.record({
        ...input(`${i}`),
        user: ['alice', 'bob', '\u0000', '\u0010', ''][i % 5] ?? '',
        model: `model ${i % 3}`,
        costUsd: COSTS[i % COSTS.length] ?? null,
        latencyMs: LATENCIES[i % LATENCIES.length] ?? null,
        metadata: METADATA[i % METADATA.length] ?? {},
      }),
    ),
  )
  await log.close()
  return filled
}

/** A log that is summed up on the server so many rows at a time, or by core. */
function openLog(
  own: pg.Pool,
  log: string,
  rows: number | undefined,
  keys: readonly string[] = KEYS,
): AuditLog {
  const database = new Database(own, false)
  const reader = new LogReader(database, log, new MetadataIndexes(database, keys))
  const summary = new LogSummary(database, log, reader, rows)
  class Backend extends PostgresBackend {
    override summarize(request: SummaryRequest) {
      return summary.parts(request)
    }
  }
  const backend = new Backend({ pool: own, log })
  if (rows === undefined) Object.assign(backend, { summarize: undefined })
  const opened = new AuditLog({ backend })
  onTestFinished(() => opened.close())
  return opened
}

const BY = ['user', 'model', 'day', 'month', 'hour', ...KEYS]
const OPTIONS: readonly SummaryOptions[] = [
  {},
  ...BY.map(key => ({ by: [key] })),
  { by: BY },
  { by: ['user', 'month'], user: 'bob' },
  { by: ['month'], model: 'model 1', user: 'alice', size: 150 },
  { by: ['user'], since: '2020-01-01', until: '2100-01-01' },
  { by: [], until: '2020-01-01' },
  { by: ['user'], until: '2020-01-01' },
  { by: ['user'], metadata: { session: 's' } },
  { by: ['session'], metadata: { session: '\u0000' } },
  { by: [], metadata: { [USAGE]: 7 } },
]

test.each(OPTIONS.flatMap(options => [1_000_000, 30].map(rows => ({ options, rows }))))(
  'the server arrives at the figures of core: $options, $rows rows at a time',
  async ({ options, rows }) => {
    const [server, core] = [openLog(pool, name, rows), openLog(pool, name, undefined)]
    expect(await server.summarize(options)).toEqual(await core.summarize(options))
    const [key] = options.by ?? []
    if (key === undefined) return
    const { by: _, ...filter } = options
    expect(await server.distinct(key, filter)).toEqual(await core.distinct(key, filter))
  },
)

test('with indexes of the keys, likewise', async () => {
  const own = await newDatabase()
  const log = await newFilledLog(own, 100)
  await new PostgresBackend({ pool: own, log, metadataIndexes: KEYS }).migrate()
  for (const options of OPTIONS) {
    const [server, core] = [openLog(own, log, 30), openLog(own, log, undefined, [])]
    expect(await server.summarize(options)).toEqual(await core.summarize(options))
  }
})

test.each([
  ['cost_usd', "'NaN'"],
  ['latency_ms', '-1'],
  ['metadata', `'{"audit.status":'`],
  ['"user"', "E'\\x10'"],
])('a summary of a log whose %s was changed rejects, as reading it does', async (column, value) => {
  const own = await newDatabase()
  const log = await newFilledLog(own, 20)
  await own.query(`ALTER TABLE audit.entries DISABLE TRIGGER entries_append_only;
    UPDATE audit.entries SET ${column} = ${value} WHERE index = 9`)
  const opened = openLog(own, log, 7)
  await expect(opened.summarize({ by: ['user', 'session'] })).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})
