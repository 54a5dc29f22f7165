import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { temporaryFolder } from '@audit/harness/vitest'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { openLog } from './open-log.ts'

// What decodes to the same value but is stored in another way is not what was written: its leaf hash would not tell.

const TARGET = 7

async function recordedLog(): Promise<string> {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  for (let i = 0; i < 12; i++) {
    await log.record({
      model: 'm\ufffd',
      user: 'u\ufffd',
      inputText: 'q\ufffd',
      outputText: 'a\ufffd',
      costUsd: i === TARGET ? 0 : 5,
      latencyMs: 5,
      metadata: { n: 10, session: `s${i % 3}\ufffd`, z: [1, { a: 'é' }] },
    })
  }
  expect(await log.verify()).toMatchObject({ ok: true })
  expect(await log.count({ metadata: { session: 's1\ufffd' } })).toBe(4)
  await log.close()
  return path
}

/** Changes the row without its guards, and redoes the checksum as this package reads the row. */
function change(path: string, sql: string, redo = true): void {
  const database = new Database(path)
  database.unsafeMode(true)
  database.function('crc_of', { varargs: true }, (...row: unknown[]) => crc32(row.join('\0')))
  const triggers = database
    .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    .all()
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`)
  database.exec(sql)
  if (redo)
    database.exec(
      `UPDATE audit_log SET crc = crc_of("index", entry_id, timestamp, user, model, cost_usd, latency_ms, metadata, input_text, output_text) WHERE "index" = ${TARGET}`,
    )
  for (const trigger of triggers) database.exec(trigger.sql)
  database.close()
}

/** Lets the columns hold what their types forbid, until they are given them again. */
function setTypes(path: string, isStrict: boolean): void {
  const database = new Database(path)
  database.unsafeMode(true)
  database.pragma('writable_schema = ON')
  const [from, to] = isStrict ? ['\n)', '\n) STRICT'] : ['\n) STRICT', '\n)']
  database.prepare("UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE name = 'audit_log'").run(from, to)
  database.close()
}

function changeUntyped(path: string, sql: string): void {
  setTypes(path, false)
  change(path, sql)
  setTypes(path, true)
}

const set = (assignment: string) => `UPDATE audit_log SET ${assignment} WHERE "index" = ${TARGET}`
const replaced = (from: string, to: string) => set(`metadata = replace(metadata, '${from}', '${to}')`)
const badBytes = (column: string) =>
  set(`${column} = CAST(replace(hex(${column}), 'EFBFBD', 'F09F98') AS TEXT)`).replace(
    /CAST\((.*) AS TEXT\)/,
    'CAST(unhex($1) AS TEXT)',
  )

const METADATA: readonly (readonly [name: string, sql: string])[] = [
  ['a blank', replaced('":10', '": 10')],
  ['another number', replaced('10', '1e1')],
  ['a number with a fraction', replaced('10', '10.0')],
  ['an escape', replaced('é', '\\u00e9')],
  ['the keys in another order', set(`metadata = '{"session":"s1\ufffd","n":10,"z":[1,{"a":"é"}]}'`)],
  ['a key twice', replaced('{"n":10', '{"n":1,"n":10')],
  ['a line feed at its end', set(`metadata = metadata || char(10)`)],
  ['bytes that are not UTF-8', badBytes('metadata')],
  ['a BLOB', set('metadata = CAST(metadata AS BLOB)')],
]

test.each(METADATA)('metadata with %s', async (_, sql) => {
  const path = await recordedLog()
  changeUntyped(path, sql)
  const log = openLog(path)
  for (const call of [
    () => log.query(),
    () => log.query({ metadata: { session: 's1\ufffd' } }),
    () => log.count({ metadata: { session: 's1\ufffd' } }),
    () => log.count({ metadata: { session: 's2\ufffd' } }),
    () => log.query({ user: 'u\ufffd', metadata: { other: 1 } }),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  }
  expect((await log.verify()).findings).toContainEqual(
    expect.objectContaining({ kind: 'damaged', index: TARGET }),
  )
})

test.each([
  ...['user', 'model', 'input_text', 'output_text'].flatMap(column => [
    [`bytes in ${column} that are not UTF-8`, badBytes(column)],
    [`a BLOB in ${column}`, set(`${column} = CAST(${column} AS BLOB)`)],
  ]),
  ['a BLOB in entry_id', set('entry_id = CAST(entry_id AS BLOB)')],
  ['an id in capitals', set('entry_id = upper(entry_id)')],
  ['an id without hyphens', set(`entry_id = replace(entry_id, '-', '')`)],
  ['a text in latency_ms', set(`latency_ms = CAST('5' AS BLOB)`)],
] as [string, string][])('%s', async (_, sql) => {
  const path = await recordedLog()
  changeUntyped(path, sql)
  const log = openLog(path)
  await expect(log.query()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  expect((await log.verify()).findings).toContainEqual(
    expect.objectContaining({ kind: 'damaged', index: TARGET }),
  )
})

test('a minus zero, which is written into the file itself', async () => {
  const path = await recordedLog()
  change(path, set('cost_usd = 1.2345678'), false) // the checksum stays that of 0
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(1.2345678)
  const file = readFileSync(path)
  const place = file.indexOf(bytes)
  expect(place).toBeGreaterThan(0)
  bytes.writeDoubleBE(-0)
  bytes.copy(file, place)
  writeFileSync(path, file)
  const row = new Database(path)
  const [value] = row.prepare(`SELECT cost_usd FROM audit_log WHERE "index" = ${TARGET}`).raw().get() as [
    number,
  ]
  row.close()
  expect(value).toBe(-0)
  const log = openLog(path)
  await expect(log.query()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})

test.each([
  ['a text', 'CAST(leaf_hash AS TEXT)'],
  ['hexadecimal digits', 'hex(leaf_hash)'],
  ['a byte shorter', 'substr(leaf_hash, 1, 31)'],
  ['a byte longer', "unhex(hex(leaf_hash) || '00')"],
])('a leaf hash that is %s is none', async (_, sql) => {
  const path = await recordedLog()
  changeUntyped(path, `PRAGMA ignore_check_constraints = ON; ${set(`leaf_hash = ${sql}`)}`)
  const log = openLog(path)
  const { findings } = await log.verify()
  expect(findings).toContainEqual(expect.objectContaining({ kind: 'entry-changed', index: TARGET }))
})
