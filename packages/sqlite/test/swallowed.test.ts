import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { temporaryFolder } from '@audit/harness/vitest'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { filesOf, identify } from '../src/log-file.ts'
import { LogWriter } from '../src/log-writer.ts'
import { createSchema } from '../src/schema.ts'
import { input, openLog } from './open-log.ts'

// `record` resolves when the entry is there, and rejects when it is not.

test.each([
  ['ignores a row', `CREATE TRIGGER t BEFORE INSERT ON audit_log BEGIN SELECT RAISE(IGNORE); END`],
  [
    'ignores the rows of one user',
    `CREATE TRIGGER t BEFORE INSERT ON AUDIT_LOG WHEN NEW.user = 'alice' BEGIN SELECT RAISE(IGNORE); END`,
  ],
  [
    'copies rows elsewhere',
    `CREATE TABLE copies (user); CREATE TRIGGER t AFTER INSERT ON "Audit_Log" BEGIN INSERT INTO copies VALUES (NEW.user); END`,
  ],
  [
    'takes a row out again',
    `DROP TRIGGER audit_log_no_delete; CREATE TRIGGER t AFTER INSERT ON audit_log BEGIN DELETE FROM audit_log WHERE "index" = NEW."index"; END`,
  ],
])('a trigger that is added to an open log, and %s, fails the record', async (_, sql) => {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  await log.record(input('before'))
  const database = new Database(path)
  database.exec(sql)
  await expect(log.record(input('lost'))).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  database.exec(
    'DROP TRIGGER t; CREATE TRIGGER IF NOT EXISTS audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT 1; END',
  )
  database.close()
  expect((await log.query()).map(({ inputText }) => inputText)).toEqual(['before'])
})

test('statistics and tables of others that are added to an open log do no harm', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  await log.record(input())
  const database = new Database(path)
  database.exec('CREATE TABLE notes (text); CREATE INDEX by_text ON notes (text); ANALYZE')
  database.close()
  expect(await log.record(input())).toMatchObject({ index: 1 })
})

test('an insert that changes nothing, for whatever reason, fails the batch', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const database = new Database(path)
  onTestFinished(() => void database.close())
  createSchema(database)
  database.pragma('journal_mode = WAL')
  database.pragma('user_version') // SQLite makes the -wal with the first reading
  database.exec('CREATE TEMP TRIGGER t BEFORE INSERT ON main.audit_log BEGIN SELECT RAISE(IGNORE); END') // in no schema that is compared
  const writer = new LogWriter(
    Database,
    path,
    { database, files: filesOf(path, identify(path), 'AUDIT_OPEN_FAILED') },
    0,
  )
  const row = ['id', '2026-01-01T00:00:00.000Z', 'u', 'm', null, null, '{}', '', ''] as const
  expect(() => writer.append({ rows: [row], hashes: new Uint8Array(32), leastSize: 0, roots: [] })).toThrow()
  database.exec('DROP TRIGGER t')
  expect(writer.append({ rows: [row], hashes: new Uint8Array(32), leastSize: 0, roots: [] })).toBe(0)
})

/** Ends the first thread once it has answered the nth append, whose answer nobody gets. */
function loseAnswer(nth: number, then: () => void = () => {}): void {
  let answers = -1 // the first answer is to `open`
  let isDone = false
  const watch = (worker: Worker) => {
    if (isDone) return
    const emit = worker.emit.bind(worker)
    worker.emit = (event: string | symbol, ...values: unknown[]) => {
      if (event !== 'message' || isDone || ++answers < nth) return emit(String(event), ...values)
      isDone = true
      then()
      void worker.terminate()
      return true
    }
  }
  process.on('worker', watch)
  onTestFinished(() => void process.off('worker', watch))
}

test('if a thread dies after its commit, the batch is stored and record resolves', async () => {
  loseAnswer(2)
  const log = openLog(join(temporaryFolder(), 'audit.db'))
  expect(await log.record(input('0'))).toMatchObject({ index: 0 })
  const entries = await Promise.all([1, 2, 3].map(i => log.record(input(`${i}`))))
  expect(entries.map(({ index }) => index)).toEqual([1, 2, 3])
  expect(await log.record(input('4'))).toMatchObject({ index: 4 })
  expect((await log.query()).map(({ inputText }) => inputText)).toEqual(['0', '1', '2', '3', '4'])
})

test('if a thread dies after its commit and the file cannot be read, the outcome is unknown', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  loseAnswer(2, () => new Database(path).exec('DROP TRIGGER audit_log_no_update').close())
  const log = openLog(path)
  await log.record(input('0'))
  const lost = log.record(input('1'))
  await expect(lost).rejects.toMatchObject({ code: 'AUDIT_OUTCOME_UNKNOWN', entryId: expect.any(String) })
})

test('entries that are gone when a thread is started again are missed', async () => {
  let first: Worker | undefined
  const watch = (worker: Worker) => {
    first ??= worker
  }
  process.on('worker', watch)
  onTestFinished(() => void process.off('worker', watch))
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  await log.record(input('0'))
  await log.record(input('1'))
  await first?.terminate()
  const database = new Database(path)
  const sql = database
    .prepare("SELECT sql FROM sqlite_schema WHERE name = 'audit_log_no_delete'")
    .pluck()
    .get()
  database.exec(`DROP TRIGGER audit_log_no_delete; DELETE FROM audit_log WHERE "index" = 1; ${sql}`)
  database.close()
  await expect(log.record(input('again'))).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})
