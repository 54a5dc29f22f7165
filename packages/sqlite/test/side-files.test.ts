import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { AuditLog } from '@audit/core'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend } from '@audit/sqlite'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { input, openLog } from './open-log.ts'
import { copyLog, killedLog } from './stored-log.ts'

// What lies beside a file may not change it: a -wal and a -journal of any origin.

/** Records so many entries and closes, so that they are all in the file. */
async function closedLog(path: string, count: number): Promise<string> {
  const log = openLog(path)
  await Promise.all(Array.from({ length: count }, (_, i) => log.record(input(`${i}`))))
  await log.close()
  return path
}

/** A log that was closed with so many entries, then opened again, and killed after so many more. */
async function reopenedAndKilled(folder: string, name: string, count: number, more: number): Promise<string> {
  return killedLog(folder, more, await closedLog(join(folder, name), count).then(() => name))
}

async function expectRefused(path: string, code = 'AUDIT_CORRUPT'): Promise<void> {
  const before = ['', '-wal', '-journal'].map(
    ending => existsSync(path + ending) && readFileSync(path + ending),
  )
  const log = openLog(path)
  await expect(log.count()).rejects.toMatchObject({ code })
  await expect(log.record(input())).rejects.toMatchObject({ code })
  await log.close()
  const after = ['', '-wal', '-journal'].map(
    ending => existsSync(path + ending) && readFileSync(path + ending),
  )
  expect(after).toEqual(before)
}

async function expectWhole(log: AuditLog, size: number): Promise<void> {
  expect(await log.verify()).toMatchObject({ ok: true, size })
  expect(await log.count()).toBe(size)
}

test.each([1, 40, 3000])('the -wal of a killed process is taken up: %i entries', async count => {
  const path = await killedLog(temporaryFolder(), count)
  const log = openLog(path)
  await expectWhole(log, count)
  expect(await log.record(input())).toMatchObject({ index: count })
})

test('the -wal of a killed process is taken up over a file with entries, statistics and a table of somebody', async () => {
  const folder = temporaryFolder()
  const path = await closedLog(join(folder, 'audit.db'), 500)
  const database = new Database(path)
  database.exec('ANALYZE; CREATE TABLE notes (id INTEGER PRIMARY KEY, uuid TEXT)')
  database.exec(`INSERT INTO notes SELECT "index", entry_id FROM audit_log`)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE); DELETE FROM notes WHERE id > 20; ANALYZE; VACUUM')
  for (const ending of ['', '-wal']) copyFileSync(path + ending, join(folder, `copy.db${ending}`))
  database.close()
  await killedLog(folder, 20, 'copy.db')
  await expectWhole(openLog(join(folder, 'copy.db')), 520)
})

test('a -wal whose checkpoint was cut off is taken up', async () => {
  const folder = temporaryFolder()
  const path = await reopenedAndKilled(folder, 'audit.db', 300, 300)
  const copy = copyLog(path, join(folder, 'whole.db'))
  const whole = new Database(copy)
  whole.pragma('wal_checkpoint(PASSIVE)')
  const pages = readFileSync(copy)
  whole.close()
  const old = readFileSync(path)
  for (const isNew of [(page: number) => page % 2 === 0, (page: number) => page % 3 === 0, () => true]) {
    const mixed = Buffer.from(pages)
    for (let page = 0; page * 4096 < old.length; page++) {
      if (!isNew(page)) old.copy(mixed, page * 4096, page * 4096, (page + 1) * 4096)
    }
    const cut = copyLog(path, join(folder, 'cut.db'))
    writeFileSync(cut, mixed)
    const log = openLog(cut)
    await expectWhole(log, 600)
    await log.close()
  }
})

test.each([
  [0, 60, 30],
  [0, 200, 50],
  [5, 400, 5],
  [20, 300, 100],
  [500, 0, 20],
  [300, 300, 10],
])(
  'the -wal of before is refused over a backup that VACUUM INTO made: %i, %i, %i entries',
  async (closed, before, after) => {
    const folder = temporaryFolder()
    const path = await closedLog(join(folder, 'audit.db'), closed)
    const log = openLog(path)
    const record = async (count: number) => {
      for (let i = 0; i < count; i++) await log.record(input('x'.repeat((i * 37) % 900).padEnd(500, 'y')))
    }
    await record(before)
    const backup = join(folder, 'backup.db')
    const database = new Database(path)
    database.prepare('VACUUM INTO ?').run(backup)
    database.close()
    await record(after)
    copyFileSync(`${path}-wal`, `${backup}-wal`) // as over the file of a process that was killed
    await log.close()
    await expectRefused(backup)
  },
)

test.each<[name: string, size: number, walOf: [closed: number, killed: number]]>([
  ['the log was as long as this one', 300, [300, 20]],
  ['the log was shorter', 300, [100, 20]],
  ['the log was much shorter', 3000, [100, 20]],
  ['the log was longer', 100, [300, 20]],
  ['the log was new', 300, [0, 20]],
])('a -wal of another log is refused: %s', async (_, size, [closed, killed]) => {
  const folder = temporaryFolder()
  const other = await reopenedAndKilled(folder, 'other.db', closed, killed)
  const path = await closedLog(join(folder, 'audit.db'), size)
  copyFileSync(`${other}-wal`, `${path}-wal`)
  await expectRefused(path)
  copyFileSync(`${other}-shm`, `${path}-shm`)
  await expectRefused(path)
  rmSync(`${path}-wal`)
  rmSync(`${path}-shm`)
  await expectWhole(openLog(path), size)
})

test('a -wal of an older state is refused beside a newer backup, also of one entry more', async () => {
  const folder = temporaryFolder()
  const live = await reopenedAndKilled(folder, 'live.db', 100, 20)
  for (const more of [1, 100]) {
    const backup = copyLog(live, join(folder, `backup-${more}.db`))
    await closedLog(backup, more)
    const path = copyLog(live, join(folder, `audit-${more}.db`))
    copyFileSync(backup, path)
    await expectRefused(path)
  }
})

test('a -wal of a newer state is refused beside an older backup that it does not continue', async () => {
  const folder = temporaryFolder()
  const backup = copyLog(await closedLog(join(folder, 'audit.db'), 100), join(folder, 'backup.db'))
  await closedLog(join(folder, 'audit.db'), 200)
  const path = await killedLog(folder, 20)
  copyFileSync(backup, path)
  await expectRefused(path)
})

test('a -wal of the database of another program is refused', async () => {
  const folder = temporaryFolder()
  const path = await closedLog(join(folder, 'audit.db'), 10)
  const database = new Database(join(folder, 'other.db'))
  database.pragma('journal_mode = WAL')
  database.exec('CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(100000))')
  copyFileSync(join(folder, 'other.db-wal'), `${path}-wal`)
  database.close()
  await expectRefused(path)
})

test('a -wal that is damaged in the middle is refused, because SQLite would drop what follows', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'audit.db')
  const log = openLog(path)
  for (let i = 0; i < 10; i++) await log.record(input(`${i}`))
  const copy = copyLog(path, join(folder, 'copy.db'))
  for (const place of [5, 20, 40, 5000]) {
    const wal = readFileSync(`${path}-wal`)
    wal.writeUInt8(wal.readUInt8(place) ^ 1, place)
    writeFileSync(`${copy}-wal`, wal)
    await expectRefused(copy)
  }
})

test('a -wal that ends within its last transaction is taken up without it', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'audit.db')
  const log = openLog(path)
  for (let i = 0; i < 3; i++) await log.record(input(`${i}`))
  const copy = copyLog(path, join(folder, 'copy.db'), ['', '-wal']) // a -shm that was lost with the power says nothing
  truncateSync(`${copy}-wal`, readFileSync(`${path}-wal`).length - 100)
  await expectWhole(openLog(copy), 2)
})

test.each<[name: string, change: (wal: string) => void]>([
  ['emptied', wal => truncateSync(wal)],
  ['cut within its header', wal => truncateSync(wal, 31)],
  ['cut in its middle', wal => truncateSync(wal, 32 + 2 * 4120)],
  ['cut by a byte', wal => truncateSync(wal, readFileSync(wal).length - 1)],
  ['overwritten with zeroes', wal => writeFileSync(wal, Buffer.alloc(readFileSync(wal).length))],
])('a -wal that was %s after its process was killed is missed', async (_, change) => {
  const path = await killedLog(temporaryFolder(), 10)
  change(`${path}-wal`)
  await expectRefused(path)
  const looking = new AuditLog({ backend: new SqliteBackend({ path, readOnly: true }) })
  await expect(looking.count()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})

test('a -shm that could not be removed after its -wal is harmless', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'audit.db')
  const log = openLog(path)
  for (let i = 0; i < 10; i++) await log.record(input(`${i}`))
  const database = new Database(path)
  database.pragma('wal_checkpoint(FULL)')
  const copy = copyLog(path, join(folder, 'copy.db'), ['', '-shm'])
  database.close()
  await expectWhole(openLog(copy), 10)
})

test('a -wal that is gone after a crash is missed', async () => {
  const folder = temporaryFolder()
  const path = await killedLog(folder, 10)
  renameSync(`${path}-wal`, join(folder, 'away'))
  await expectRefused(path)
  renameSync(join(folder, 'away'), `${path}-wal`)
  await expectWhole(openLog(path), 10)
})

/** Leaves the journal of a transaction that had begun on an empty file, or on one with a table, and was killed. */
function staleJournal(folder: string, isOfCreation: boolean): string {
  const path = join(folder, 'stale.db')
  const database = new Database(path)
  if (!isOfCreation) database.exec('CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(100000))')
  database.pragma('cache_size = 2')
  database.exec('BEGIN EXCLUSIVE; CREATE TABLE audit_log (x)')
  for (let i = 0; i < 50; i++) database.exec('INSERT INTO audit_log VALUES (zeroblob(4000))')
  copyFileSync(`${path}-journal`, join(folder, 'journal'))
  database.close()
  return join(folder, 'journal')
}

test.each([true, false])(
  'a stale -journal takes no entry out of a log (of a creation: %s)',
  async isOfCreation => {
    const folder = temporaryFolder()
    const path = await closedLog(join(folder, 'audit.db'), 300)
    copyFileSync(staleJournal(folder, isOfCreation), `${path}-journal`)
    await expectRefused(path)
    rmSync(`${path}-journal`)
    await expectWhole(openLog(path), 300)
  },
)

test('a stale -journal changes no log that is open, and nobody else opens it', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'audit.db')
  const log = openLog(path)
  await log.record(input())
  copyFileSync(staleJournal(folder, true), `${path}-journal`)
  await expect(openLog(path).count()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  expect(await log.record(input())).toMatchObject({ index: 1 })
  rmSync(`${path}-journal`)
  await expectWhole(openLog(path), 2)
})

test('a stale -journal does not empty the database of another program', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'audit.db')
  new Database(path).exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)').close()
  copyFileSync(staleJournal(folder, true), `${path}-journal`)
  await expectRefused(path, 'AUDIT_UNSUPPORTED_FORMAT')
})

test.skipIf(process.platform === 'win32').each(['-wal', '-shm', '-journal'])(
  'a FIFO, a folder or a link in the place of the %s is refused',
  async ending => {
    const folder = temporaryFolder()
    const path = await closedLog(join(folder, 'audit.db'), 3)
    const before = readFileSync(path)
    const kinds = [
      () => execFileSync('mkfifo', [path + ending]),
      () => mkdirSync(path + ending),
      () => symlinkSync(join(folder, 'elsewhere'), path + ending),
      () =>
        copyFileSync(path, join(folder, 'elsewhere')) ??
        execFileSync('ln', [join(folder, 'elsewhere'), path + ending]),
    ]
    for (const make of kinds) {
      make()
      await expect(openLog(path).count()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
      rmSync(path + ending, { recursive: true })
    }
    expect(readFileSync(path)).toEqual(before)
    await expectWhole(openLog(path), 3)
  },
)
