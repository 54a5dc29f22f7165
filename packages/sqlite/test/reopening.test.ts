import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend } from '@audit/sqlite'
import { expect, test } from 'vitest'
import { input, openLog } from './open-log.ts'

test('closed and opened again: same entries, same order, next index', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const first = openLog(path)
  const recorded = await Promise.all(
    ['a', '\0', 'ünï\u{1f600}', '\u05d0', "'; DROP TABLE audit_log; --"].map(text =>
      first.record(input(text)),
    ),
  )
  await first.close()
  const second = openLog(path)
  expect(await second.query()).toEqual(recorded)
  expect(await second.record(input())).toMatchObject({ index: recorded.length })
})

test('after close, the log is one file', async () => {
  const folder = temporaryFolder()
  const log = openLog(join(folder, 'audit.db'))
  await log.record(input())
  await log.query()
  await log.close()
  expect(readdirSync(folder)).toEqual(['audit.db'])
})

test('close waits for pending calls', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  await log.count()
  const records = Array.from({ length: 100 }, (_, i) => log.record(input(`${i}`)))
  const count = log.count()
  await log.close()
  expect(await Promise.all(records)).toHaveLength(100)
  expect(await count).toBe(0)
  expect(await openLog(path).count()).toBe(100)
})

test('a backend that is not open, or closed, says so', async () => {
  const backend = new SqliteBackend({ path: join(temporaryFolder(), 'audit.db') })
  const calls = () => [
    backend.append([]),
    backend.size(),
    backend.read(0, 1),
    backend.find({ order: 'asc' }),
    backend.count({ order: 'asc' }),
    backend.leafHashes(0, 1),
  ]
  for (const call of calls()) await expect(call).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  await backend.open()
  await backend.size()
  await Promise.all([backend.close(), backend.close()])
  await backend.close()
  for (const call of [...calls(), backend.open()]) {
    await expect(call).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  }
})

test('a relative path stays the same file when the working folder changes', async () => {
  const folder = temporaryFolder()
  const before = process.cwd()
  process.chdir(folder)
  const log = openLog('audit.db')
  process.chdir(before)
  await log.record(input())
  expect(readdirSync(folder)).toContain('audit.db')
})
