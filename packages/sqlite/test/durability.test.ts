import { spawn } from 'node:child_process'
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { AuditLog } from '@audit/core'
import { hasStrace } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend } from '@audit/sqlite'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { openForReading, openOrCreate, reopen } from '../src/log-database.ts'
import { createSchema } from '../src/schema.ts'
import { input, openLog } from './open-log.ts'
import { outcomeOf, programPath } from './run-program.ts'

test('the connection that writes waits for the disk with every commit', () => {
  const path = join(temporaryFolder(), 'audit.db')
  const { database, files } = openOrCreate(Database, path)
  onTestFinished(() => void database.close())
  const settings = (of: Database.Database) =>
    ['synchronous', 'fullfsync', 'journal_mode', 'trusted_schema', 'cell_size_check', 'busy_timeout'].map(
      name => of.pragma(name, { simple: true }),
    )
  expect(settings(database)).toEqual([2, 1, 'wal', 0, 1, 30_000])
  const again = reopen(Database, path, files.main)
  expect(settings(again.database)).toEqual([2, 1, 'wal', 0, 1, 30_000])
  again.database.close()
})

test.skipIf(!hasStrace)(
  'a new log, its name and each batch are synced before they count (needs strace)',
  async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'audit.db')
    const trace = join(folder, 'trace')
    const options = ['-f', '-qq', '-y', '-e', 'trace=fsync,fdatasync,write,pwrite64,link,linkat', '-o', trace]
    const program = [process.execPath, programPath('record-entries'), path, 'alice', '3']
    expect(await outcomeOf(spawn('strace', [...options, ...program]))).toMatchObject({
      exitCode: 0,
      lines: [0, 1, 2],
    })
    const steps = readFileSync(trace, 'utf8')
      .split('\n')
      .flatMap(line => {
        if (/(fsync|fdatasync)\(/.test(line)) {
          if (line.includes('audit.db-wal>')) return 'sync -wal'
          if (line.includes('audit.db>')) return 'sync file'
          if (line.includes(`${folder}>`)) return 'sync folder'
        }
        if (/write(64)?\(/.test(line) && line.includes('audit.db-wal>')) return 'write -wal'
        return (
          /write\(1[<,].*"(\d)\\n"/
            .exec(line)
            ?.slice(1)
            .map(index => `acknowledge ${index}`) ?? []
        )
      })
      .filter((step, i, all) => step !== all[i - 1])
    const text = steps.join(', ')
    const first = steps.indexOf('write -wal')
    expect(steps.slice(0, first), text).toContain('sync file')
    expect(steps.slice(0, first).lastIndexOf('sync folder'), text).toBeGreaterThan(
      steps.slice(0, first).lastIndexOf('sync file'),
    )
    for (const index of [0, 1, 2]) {
      const before = steps.slice(0, steps.indexOf(`acknowledge ${index}`))
      expect(before.length, text).toBeGreaterThan(0)
      expect(before.lastIndexOf('sync -wal'), text).toBeGreaterThan(before.lastIndexOf('write -wal'))
    }
  },
)

/** A constructor that lets something happen just before SQLite opens the file. */
function interrupted(happen: () => void): typeof Database {
  let isDone = false
  return new Proxy(Database, {
    construct(target, [path, options]) {
      if (!isDone && String(path).endsWith('audit.db')) {
        isDone = true
        happen()
      }
      return new target(path, options)
    },
  })
}

function replace(path: string): void {
  for (const ending of ['', '-wal', '-shm']) {
    copyFileSync(path + ending, `${path}.copy${ending}`)
    renameSync(path + ending, `${path}.away${ending}`)
    renameSync(`${path}.copy${ending}`, path + ending)
  }
}

test('a file that is replaced between being identified and being opened is refused', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  await openLog(path).record(input())
  const { database, files } = openOrCreate(Database, path)
  onTestFinished(() => void database.close())
  const swapping = interrupted(() => replace(path))
  expect(() => openForReading(swapping, path, files)).toThrow(
    expect.objectContaining({ code: 'AUDIT_READ_FAILED' }),
  )
  const other = join(temporaryFolder(), 'audit.db')
  const log = openLog(other)
  await log.record(input())
  const swappingOther = interrupted(() => replace(other))
  expect(() => openOrCreate(swappingOther, other)).toThrow(
    expect.objectContaining({ code: 'AUDIT_OPEN_FAILED' }),
  )
})

test('a thread that is started again does not take another file', async () => {
  const workers: Worker[] = []
  const watch = (worker: Worker) => workers.push(worker)
  process.on('worker', watch)
  onTestFinished(() => void process.off('worker', watch))
  const folder = temporaryFolder()
  const path = join(folder, 'audit.db')
  const log = openLog(path)
  await log.record(input())
  const other = openLog(join(folder, 'other.db'))
  await other.record(input())
  await other.record(input())
  await other.close()
  await workers[0]?.terminate()
  renameSync(path, join(folder, 'away.db'))
  copyFileSync(join(folder, 'other.db'), path)
  const before = readFileSync(path)
  await expect(log.record(input())).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  expect(readFileSync(path)).toEqual(before)
  writeFileSync(path, '') // which would become a log
  await expect(log.record(input())).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  expect(readFileSync(path)).toHaveLength(0)
})

test('a log that somebody reads while it is switched to its write-ahead log waits for that', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const reader = new Database(path)
  createSchema(reader)
  reader.exec('BEGIN; SELECT count(*) FROM audit_log')
  const recorded = openLog(path).record(input())
  const first = await Promise.race([
    recorded.catch(error => error),
    new Promise(resolve => setTimeout(resolve, 500, 'waits')),
  ])
  reader.exec('COMMIT')
  reader.close()
  expect(first).toBe('waits')
  expect(await recorded).toMatchObject({ index: 0 })
})

test('failed openings keep nothing, not even a thread', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'audit.db'), 'something else\n'.repeat(100))
  const running = new Set<Worker>()
  const watch = (worker: Worker) => {
    running.add(worker)
    worker.once('exit', () => running.delete(worker))
  }
  process.on('worker', watch)
  onTestFinished(() => void process.off('worker', watch))
  for (const readOnly of [false, true]) {
    const log = new AuditLog({ backend: new SqliteBackend({ path: join(folder, 'audit.db'), readOnly }) })
    for (let i = 0; i < 20; i++)
      await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_UNSUPPORTED_FORMAT' })
  }
  expect(running.size).toBe(0)
})

test('a page ends at about 8 MiB of text, and metadata are counted one entry at a time', async () => {
  const backend = new SqliteBackend({ path: join(temporaryFolder(), 'audit.db') })
  const log = new AuditLog({ backend })
  onTestFinished(() => log.close())
  for (let i = 0; i < 6; i++) await log.record({ ...input('x'.repeat(3_000_000)), metadata: { i } })
  const page = await backend.read(0, 6)
  expect(page.map(({ index }) => index)).toEqual([0, 1, 2])
  expect(page.isPartial).toBe(true)
  const rest = await backend.read(3, 6)
  expect([rest.length, rest.isPartial]).toEqual([3, undefined])
  const found = await backend.find({ order: 'desc', user: 'alice' })
  expect(found.map(({ index }) => index)).toEqual([5, 4, 3])
  expect(found.isPartial).toBe(true)
  expect(await log.query()).toHaveLength(6)
  expect(await log.count({ metadata: { i: 3 } })).toBe(1)
})
