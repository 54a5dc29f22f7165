import { join } from 'node:path'
import { temporaryFolder } from '@audit/harness/vitest'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { input, openLog } from './open-log.ts'

const COLUMNS =
  'entry_id, timestamp, user, model, cost_usd, latency_ms, leaf_hash, crc, metadata, input_text, output_text'

async function rawConnection() {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  for (const text of ['first', 'second', 'third']) await log.record(input(text))
  const before = await log.query()
  await log.close()
  return { path, before, database: new Database(path) }
}

const copyOf = (index: number, entryId = "'new'") =>
  `SELECT ${index}, ${entryId}, timestamp, user, model, cost_usd, latency_ms, leaf_hash, crc, metadata, 'forged', output_text
   FROM audit_log WHERE "index" = 1`
const into = `INTO audit_log ("index", ${COLUMNS})`

test.each([
  ['UPDATE', `UPDATE audit_log SET input_text = 'forged' WHERE "index" = 1`],
  ['UPDATE OR IGNORE', `UPDATE OR IGNORE audit_log SET input_text = 'forged'`],
  ['an UPDATE that changes nothing', `UPDATE audit_log SET input_text = input_text`],
  ['DELETE', 'DELETE FROM audit_log WHERE "index" = 2'],
  ['DELETE of everything', 'DELETE FROM audit_log'],
  ['INSERT OR REPLACE of an index', `INSERT OR REPLACE ${into} ${copyOf(1)}`],
  ['INSERT OR REPLACE of an entry_id', `INSERT OR REPLACE ${into} ${copyOf(3, 'entry_id')}`],
  ['REPLACE', `REPLACE ${into} ${copyOf(1)}`],
  ['INSERT OR IGNORE of an entry_id', `INSERT OR IGNORE ${into} ${copyOf(3, 'entry_id')}`],
  [
    'an upsert by index',
    `INSERT ${into} ${copyOf(1)} ON CONFLICT ("index") DO UPDATE SET input_text = 'forged'`,
  ],
  [
    'an upsert by entry_id',
    `INSERT ${into} ${copyOf(3, 'entry_id')} ON CONFLICT (entry_id) DO UPDATE SET input_text = 'forged'`,
  ],
  ['an INSERT behind a gap', `INSERT ${into} ${copyOf(4)}`],
  ['an INSERT before the first', `INSERT ${into} ${copyOf(-1)}`],
  [
    'an INSERT without an index',
    `INSERT INTO audit_log (${COLUMNS}) SELECT 'new', ${COLUMNS.slice('entry_id, '.length)} FROM audit_log WHERE "index" = 1`,
  ],
  [
    'a timestamp that does not compare',
    `INSERT ${into} ${copyOf(3).replace('timestamp', "'2026-11-23 12:00'")}`,
  ],
  ['a leaf hash that is none', `INSERT ${into} ${copyOf(3).replace('leaf_hash', "x'00'")}`],
])('through a raw connection, %s aborts', async (_, statement) => {
  const { path, before, database } = await rawConnection()
  expect(() => database.exec(statement)).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^SQLITE_CONSTRAINT/) }),
  )
  database.close()
  expect(await openLog(path).query()).toEqual(before)
})

test.each(['"index"', ...COLUMNS.split(', ')])(
  'through a raw connection, an UPDATE of %s alone aborts',
  async column => {
    const { path, before, database } = await rawConnection()
    for (const value of [column, `(SELECT ${column} FROM audit_log WHERE "index" = 0)`]) {
      expect(() => database.exec(`UPDATE audit_log SET ${column} = ${value} WHERE "index" = 1`)).toThrow(
        expect.objectContaining({ code: 'SQLITE_CONSTRAINT_TRIGGER' }),
      )
    }
    database.close()
    expect(await openLog(path).query()).toEqual(before)
  },
)

test('an INSERT in turn counts as an entry, which is not returned if its checksum is wrong', async () => {
  const { path, database } = await rawConnection()
  database.exec(`INSERT ${into} ${copyOf(3)}`)
  database.close()
  const log = openLog(path)
  expect(await log.count()).toBe(4)
  expect(await log.query({ limit: 1 })).toHaveLength(1)
  await expect(log.query()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})

test.each([
  ['a trigger that is gone', 'DROP TRIGGER audit_log_no_delete'],
  [
    'a trigger that does nothing any more',
    'DROP TRIGGER audit_log_no_update; CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT 1; END',
  ],
  ['an index that is gone', 'DROP INDEX audit_log_by_user'],
  ['a column that was added', "ALTER TABLE audit_log ADD COLUMN note TEXT DEFAULT ''"],
])('%s is seen when the log is opened', async (_, statement) => {
  const { path, database } = await rawConnection()
  database.exec(statement)
  database.close()
  await expect(openLog(path).query()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})

test('ANALYZE and tables of others do no harm', async () => {
  const { path, before, database } = await rawConnection()
  database.exec('ANALYZE; CREATE TABLE notes (text)')
  database.close()
  expect(await openLog(path).query()).toEqual(before)
})
