import { join } from 'node:path'
import { temporaryFolder, watchWorkers } from '@audit/harness/vitest'
import { expect, test } from 'vitest'
import { input, openLog } from './open-log.ts'
import { runProgram } from './run-program.ts'

test('a process that closes nothing ends by itself', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const outcome = await runProgram('read-and-go', path)
  expect(outcome).toEqual({ exitCode: 0, signal: null, lines: [1], errors: '' })
  expect(await openLog(path).count()).toBe(1)
})

test('pending entries are stored before a process ends by itself', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  expect(await runProgram('record-and-go', path, '5000')).toMatchObject({ exitCode: 0, errors: '' })
  expect(await openLog(path).count()).toBe(5000)
})

test('if a writer thread dies, pending calls fail and the next call starts another', async () => {
  const workers = watchWorkers()
  const log = openLog(join(temporaryFolder(), 'audit.db'))
  await log.record(input('before'))
  const lost = log.record(input('lost'))
  await workers[0]?.terminate()
  await expect(lost).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  expect(await log.record(input('after'))).toMatchObject({ index: 1 })
  expect((await log.query()).map(({ inputText }) => inputText)).toEqual(['before', 'after'])
})

test('if a reader thread dies, pending calls fail and the next call starts another', async () => {
  const workers = watchWorkers()
  const log = openLog(join(temporaryFolder(), 'audit.db'))
  await log.record(input())
  expect(await log.count()).toBe(1)
  const lost = log.count()
  await workers[1]?.terminate()
  await expect(lost).rejects.toMatchObject({ code: 'AUDIT_READ_FAILED' })
  expect(await log.count()).toBe(1)
})

test('a log that closes after its thread has died just closes', async () => {
  const workers = watchWorkers()
  const log = openLog(join(temporaryFolder(), 'audit.db'))
  await log.record(input())
  await workers[0]?.terminate()
  await log.close()
})
