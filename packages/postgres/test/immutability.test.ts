import { afterAll, expect, test } from 'vitest'
import { createDatabase, input, newLog } from './place.ts'

// A database of its own: TRUNCATE locks the tables, and would meet the appends of other files.
const { pool, drop } = await createDatabase()
afterAll(drop)

const COLUMNS =
  'entry_id, timestamp, "user", model, cost_usd, latency_ms, leaf_hash, metadata, input_text, output_text'
const copyOf = (index: number, entryId = "'new'") =>
  `SELECT log, ${index}, ${entryId}, timestamp, "user", model, cost_usd, latency_ms, leaf_hash, metadata, 'forged', output_text
   FROM audit.entries WHERE log = $1 AND index = 1`
const into = `INTO audit.entries (log, index, ${COLUMNS})`

test.each<string[]>([
  ['UPDATE', `UPDATE audit.entries SET input_text = 'forged' WHERE log = $1 AND index = 1`],
  ['an UPDATE that changes nothing', 'UPDATE audit.entries SET input_text = input_text WHERE log = $1'],
  ['DELETE', 'DELETE FROM audit.entries WHERE log = $1 AND index = 2'],
  ['TRUNCATE', 'TRUNCATE audit.entries'],
  ['TRUNCATE of all', 'TRUNCATE audit.entries, audit.logs, audit.subtrees CASCADE'],
  ['an upsert', `INSERT ${into} ${copyOf(1)} ON CONFLICT (log, index) DO UPDATE SET input_text = 'forged'`],
  [
    'an upsert by id',
    `INSERT ${into} ${copyOf(3, 'entry_id')} ON CONFLICT (log, entry_id) DO UPDATE SET input_text = 'forged'`,
  ],
  ['an INSERT of an index that is there', `INSERT ${into} ${copyOf(1)}`],
  ['an INSERT behind a gap', `INSERT ${into} ${copyOf(4)}`],
  [
    'an INSERT of two rows with a gap between them',
    `INSERT ${into} ${copyOf(3)} UNION ALL ${copyOf(5, "'other'")}`,
  ],
  ['an INSERT before the first', `INSERT ${into} ${copyOf(-1)}`],
  ['an INSERT of an id that is there', `INSERT ${into} ${copyOf(3, 'entry_id')}`],
  ['a leaf hash that is none', `INSERT ${into} ${copyOf(3).replace('leaf_hash', "'\\x00'")}`],
  ['renaming the log', `UPDATE audit.logs SET log = 'other' WHERE log = $1`],
  ['removing the log', 'DELETE FROM audit.logs WHERE log = $1'],
  ['changing the key of the log', 'UPDATE audit.logs SET key = gen_random_uuid() WHERE log = $1'],
  ...COLUMNS.split(', ').map(column => [
    `UPDATE of ${column}`,
    `UPDATE audit.entries SET ${column} = ${column} WHERE log = $1 AND index = 1`,
  ]),
])('a superuser’s %s aborts', async (_, statement = '') => {
  const { log, name } = await newLog(pool)
  for (const text of ['first', 'second', 'third']) await log.record(input(text))
  const before = await log.query()
  await expect(pool.query(statement, statement.includes('$1') ? [name] : [])).rejects.toMatchObject({
    code: expect.stringMatching(/^(AU001|23...)$/),
  })
  expect(await log.query()).toEqual(before)
})
