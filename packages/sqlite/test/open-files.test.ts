import { spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@audit/harness/vitest'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { input, openLog } from './open-log.ts'
import { outcomeOf, programPath, runProgram } from './run-program.ts'

// What happens to a log's files while it is open. What is written into files that nobody finds by their names is lost.

async function openedLog() {
  const folder = temporaryFolder()
  const path = join(folder, 'audit.db')
  const log = openLog(path)
  await log.record(input('before'))
  expect(await log.count()).toBe(1)
  return { folder, path, log }
}

const HARM: readonly (readonly [name: string, harm: (file: string) => void])[] = [
  ['removed', file => rmSync(file)],
  ['moved away', file => renameSync(file, `${file}.away`)],
  [
    'replaced by a copy',
    file => {
      copyFileSync(file, `${file}.copy`)
      renameSync(`${file}.copy`, file)
    },
  ],
  [
    'replaced by an empty file',
    file => {
      rmSync(file)
      writeFileSync(file, '')
    },
  ],
  ['linked to', file => linkSync(file, `${file}.second`)],
]

test.each(['', '-wal', '-shm'].flatMap(ending => HARM.map(([name, harm]) => [ending, name, harm] as const)))(
  'audit.db%s %s under an open log: nothing more is acknowledged or returned',
  async (ending, _, harm) => {
    const { path, log } = await openedLog()
    harm(path + ending)
    await expect(log.record(input())).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    for (const call of [log.count(), log.query(), log.count({ user: 'alice' })]) {
      await expect(call).rejects.toMatchObject({ code: 'AUDIT_READ_FAILED' })
    }
  },
)

test.each<[name: string, change: (wal: string) => void]>([
  ['emptied', wal => truncateSync(wal)],
  ['cut in its middle', wal => truncateSync(wal, 32 + 4120)],
  ['overwritten with zeroes in place', wal => writeInPlace(wal, Buffer.alloc(statSync(wal).size))],
])('once the -wal of an open log was %s, nothing more is acknowledged', async (_, change) => {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  for (let i = 0; i < 10; i++) await log.record(input(`${i}`))
  change(`${path}-wal`)
  await expect(log.record(input('later'))).rejects.toMatchObject({
    code: expect.stringMatching(/^AUDIT_(WRITE_FAILED|CORRUPT|OUTCOME_UNKNOWN)$/),
  })
})

test('a checkpoint that empties the -wal of an open log does it no harm', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  for (let i = 0; i < 5; i++) {
    await log.record(input(`${i}`))
    const other = new Database(path)
    other.pragma('wal_checkpoint(TRUNCATE)')
    other.close()
  }
  expect(await log.count()).toBe(5)
  expect((await log.verify()).ok).toBe(true)
})

/** Overwrites the beginning of a file, which stays the same file. */
function writeInPlace(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes)
  closeSync(file)
}

test.each(['beside the log', 'under another name'])(
  'a log that another process has open without its -wal is not begun anew: %s',
  async where => {
    const folder = temporaryFolder()
    const path = join(folder, 'audit.db')
    const log = openLog(path)
    await log.record(input())
    const other = where === 'beside the log' ? path : join(folder, 'renamed.db')
    if (other === path) for (const ending of ['-wal', '-shm']) rmSync(path + ending)
    else renameSync(path, other)
    const opened = openLog(other)
    await expect(opened.count()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
    await expect(opened.record(input())).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  },
)

test('a reader that starts after the -wal was removed returns nothing, and creates no other one', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  await log.record(input())
  rmSync(`${path}-wal`)
  await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_READ_FAILED' })
  expect(statSync(`${path}-wal`, { throwIfNoEntry: false })).toBeUndefined()
  await expect(openLog(path).count()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})

test('a -wal that was emptied under an open log', async () => {
  const { path, log } = await openedLog()
  await log.record(input())
  truncateSync(`${path}-wal`)
  const answers = await Promise.allSettled([log.count(), log.query()])
  for (const answer of answers)
    if (answer.status === 'fulfilled')
      expect([2, expect.objectContaining({ length: 2 })]).toContainEqual(answer.value)
})

test('entries that were acknowledged before their -wal was removed are in the file after close', async () => {
  const { path, log } = await openedLog()
  rmSync(`${path}-wal`)
  await expect(log.record(input('lost'))).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  await log.close()
  expect((await openLog(path).query()).map(({ inputText }) => inputText)).toEqual(['before'])
})

test('a file with a second name is not opened by either', async () => {
  const { folder, path, log } = await openedLog()
  await log.close()
  const other = join(folder, 'other.db')
  linkSync(path, other)
  for (const name of [path, other]) {
    await expect(openLog(name).record(input())).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  }
  rmSync(path)
  expect(await openLog(other).record(input())).toMatchObject({ index: 1 })
})

test('the name that a file had while it was being created is no second name', async () => {
  const { folder, path, log } = await openedLog()
  await log.close()
  linkSync(path, join(folder, '.audit-a-creator-that-was-killed'))
  expect(await openLog(path).record(input())).toMatchObject({ index: 1 })
  expect(statSync(path).nlink).toBe(1)
})

test('a new log has one name, also when many create it at once', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const outcomes = await Promise.all(
    ['a', 'b', 'c', 'd'].map(name => runProgram('record-entries', path, name, '3')),
  )
  expect(outcomes.map(({ errors }) => errors)).toEqual(['', '', '', ''])
  expect(statSync(path).nlink).toBe(1)
  expect(await openLog(path).count()).toBe(12)
})

const inOwnMounts = ['unshare', '--mount', 'sh', '-c'] as const
const canMount = spawnSync(inOwnMounts[0], [...inOwnMounts.slice(1), 'mount --bind /tmp /tmp']).status === 0

test.skipIf(!canMount)(
  'a file that is mounted alone is refused, a mounted folder is not (needs mount rights)',
  async () => {
    const { folder, path, log } = await openedLog()
    await log.close()
    const program = `${process.execPath} ${programPath('record-and-print')}`
    const runIn = (script: string) => outcomeOf(spawn(inOwnMounts[0], [...inOwnMounts.slice(1), script]))
    const target = join(temporaryFolder(), 'mounted here.db')
    writeFileSync(target, '')
    const alone = await runIn(`mount --bind ${path} '${target}' && ${program} '${target}'`)
    expect(alone).toMatchObject({ errors: '', lines: ['AUDIT_OPEN_FAILED'] })
    const other = temporaryFolder()
    const whole = await runIn(`mount --bind ${folder} ${other} && ${program} ${join(other, 'audit.db')}`)
    expect(whole).toMatchObject({ errors: '', lines: [1, []] })
  },
)

test('a log that is written over by an older copy is not continued by a process that has counted it', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'audit.db')
  const first = openLog(path)
  for (let i = 0; i < 3; i++) await first.record(input(`${i}`))
  await first.close()
  copyFileSync(path, join(folder, 'older.db'))
  const second = openLog(path)
  for (let i = 0; i < 3; i++) await second.record(input(`later ${i}`))
  await second.close()
  const log = openLog(path)
  expect(await log.count()).toBe(6)
  copyFileSync(join(folder, 'older.db'), path) // into the same file
  await expect(log.record(input())).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})
