import { join } from 'node:path'
import { temporaryFolder } from '@audit/harness/vitest'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { input, openLog } from './open-log.ts'

test('a lock held past the busy timeout fails the record, holds up nothing else, and leaves no trace', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  await log.record(input('before'))
  const holder = new Database(path)
  holder.exec('BEGIN IMMEDIATE')
  let turns = 0
  const timer = setInterval(() => turns++, 100)
  const waiting = expect(log.record(input('too long'))).rejects.toMatchObject({ code: 'AUDIT_BUSY' })
  expect(await log.count()).toBe(1)
  await waiting
  clearInterval(timer)
  expect(turns).toBeGreaterThan(100) // of about 300 in the 30 seconds
  holder.exec('ROLLBACK')
  holder.close()
  expect(await log.count()).toBe(1)
  expect(await log.record(input('after'))).toMatchObject({ index: 1 })
})

test('a log that is not in WAL mode yet is switched once another program has ended its transaction', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  await log.record(input('before'))
  await log.close()
  const holder = new Database(path)
  holder.pragma('journal_mode = DELETE') // as a creation that was killed leaves it
  holder.exec('BEGIN IMMEDIATE') // SQLite does not wait for this one when it switches
  const opened = openLog(path)
  const recording = opened.record(input('after'))
  setTimeout(() => {
    holder.exec('ROLLBACK')
    holder.close()
  }, 1000)
  expect(await recording).toMatchObject({ index: 1 })
  await opened.close()
})
