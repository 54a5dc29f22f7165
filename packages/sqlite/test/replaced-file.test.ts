import { copyFileSync, existsSync, renameSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@audit/harness/vitest'
import { expect, test } from 'vitest'
import { input, openLog } from './open-log.ts'

const ENDINGS = ['', '-wal', '-shm'] as const

async function openedLog() {
  const folder = temporaryFolder()
  const path = join(folder, 'audit.db')
  const log = openLog(path)
  await log.record(input('before'))
  return { folder, path, log }
}

test('a file that was moved away fails the write, and is gone on with when it is back', async () => {
  const { folder, path, log } = await openedLog()
  expect(await log.count()).toBe(1)
  const move = (from: string, to: string) => {
    for (const ending of ENDINGS) renameSync(from + ending, to + ending)
  }
  move(path, join(folder, 'away.db'))
  await expect(log.record(input('lost'))).rejects.toMatchObject({
    code: 'AUDIT_WRITE_FAILED',
    message: expect.not.stringContaining('overwritten'), // it is only elsewhere
  })
  expect(existsSync(path)).toBe(false)
  await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_READ_FAILED' }) // there may be newer entries by now
  move(join(folder, 'away.db'), path)
  expect(await log.record(input('after'))).toMatchObject({ index: 1 })
  expect((await log.query()).map(({ inputText }) => inputText)).toEqual(['before', 'after'])
})

test('another log in its place is neither written nor read', async () => {
  const { folder, path, log } = await openedLog()
  const other = openLog(join(folder, 'other.db'))
  await other.record(input('other 1'))
  await other.record(input('other 2'))
  await other.close()
  renameSync(path, join(folder, 'away.db'))
  copyFileSync(join(folder, 'other.db'), path)
  await expect(log.record(input('lost'))).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  await expect(log.query()).rejects.toMatchObject({ code: 'AUDIT_READ_FAILED' }) // the reader was not open yet
})

test('a file that was emptied fails the write', async () => {
  const { path, log } = await openedLog()
  truncateSync(path)
  await expect(log.record(input('lost'))).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
})
