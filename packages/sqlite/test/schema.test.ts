import { join } from 'node:path'
import { temporaryFolder } from '@audit/harness/vitest'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { input, openLog } from './open-log.ts'

async function recordedLog(): Promise<string> {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  for (let i = 0; i < 3; i++) await log.record(input(`${i}`))
  await log.close()
  return path
}

function run(path: string, sql: string): void {
  const database = new Database(path)
  database.unsafeMode(true)
  database.exec(sql)
  database.close()
}

const trigger = (on: string) => `CREATE TRIGGER evil BEFORE INSERT ON ${on} BEGIN SELECT RAISE(IGNORE); END`
const schemaRow = (values: string) =>
  `PRAGMA writable_schema = ON; INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES (${values})`

test.each([
  ['a trigger', trigger('audit_log')],
  ['a trigger, in capitals', trigger('AUDIT_LOG')],
  ['a trigger, quoted', trigger('"Audit_Log"')],
  ['a trigger, in brackets', trigger('[AUDIT_log]')],
  ['a trigger on the roots', trigger('AUDIT_LOG_Subtrees')],
  [
    'a trigger that says it is on another table',
    schemaRow(`'trigger', 'evil', 'notes', 0, '${trigger('audit_log')}'`),
  ],
  ['an index', 'CREATE INDEX mine ON AUDIT_LOG (input_text)'],
  ['a unique index', 'CREATE UNIQUE INDEX mine ON "audit_log" (latency_ms, "index")'],
  ['a partial index', 'CREATE INDEX mine ON audit_log (user) WHERE user > 1'],
  ['an index on the roots', 'CREATE INDEX mine ON audit_log_subtrees (root)'],
  [
    'an index by a name of ours in capitals',
    'DROP INDEX audit_log_by_user; CREATE INDEX AUDIT_LOG_BY_USER ON audit_log (user)',
  ],
  [
    'an index by a name of ours on other columns',
    'DROP INDEX audit_log_by_user; CREATE INDEX audit_log_by_user ON audit_log (user)',
  ],
  [
    'a table that is the same pages',
    schemaRow(
      `'table', 'alias', 'alias', 2, 'CREATE TABLE alias (a INTEGER PRIMARY KEY, b, c, d, e, f, g, h, i, j, k, l)'`,
    ),
  ],
  ['a trigger of ours that is gone', 'DROP TRIGGER audit_log_subtrees_complete'],
  [
    'a trigger of ours that never runs',
    'DROP TRIGGER audit_log_once; CREATE TRIGGER audit_log_once BEFORE INSERT ON audit_log WHEN 0 BEGIN SELECT 1; END',
  ],
  ['a column', "ALTER TABLE audit_log ADD COLUMN note TEXT DEFAULT ''"],
])('%s is found by open and by verify', async (_, sql) => {
  const path = await recordedLog()
  const log = openLog(path)
  expect(await log.count()).toBe(3)
  run(path, sql)
  expect((await log.verify()).findings).toContainEqual(expect.objectContaining({ kind: 'damaged' }))
  await log.close()
  await expect(openLog(path).count()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})

test.each([
  ['ANALYZE', 'ANALYZE'],
  [
    'a table with an index and a trigger',
    'CREATE TABLE notes (a); CREATE INDEX i ON notes (a); CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM notes; END',
  ],
  ['a view', 'CREATE VIEW newest AS SELECT * FROM audit_log ORDER BY "index" DESC'],
  ['a table that refers to it', 'CREATE TABLE notes (i REFERENCES audit_log ("index"), text)'],
])('%s does no harm', async (_, sql) => {
  const path = await recordedLog()
  run(path, sql)
  const log = openLog(path)
  expect(await log.record(input())).toMatchObject({ index: 3 })
  expect(await log.verify()).toMatchObject({ ok: true, size: 4 })
})

test.each(['level', 'place', 'root'])('no root can be updated in its %s', async column => {
  const path = await recordedLog()
  const log = openLog(path)
  await Promise.all(Array.from({ length: 300 }, () => log.record(input())))
  await log.close()
  expect(() => run(path, `UPDATE audit_log_subtrees SET ${column} = ${column}`)).toThrow()
})
