import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend } from '@audit/sqlite'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { createSchema } from '../src/schema.ts'
import { input, openLog } from './open-log.ts'

const record = (path: string) => openLog(path).record(input())

test.each([
  ['no options', undefined],
  ['options that are no object', 'audit.db'],
  ['no path', {}],
  ['an empty path', { path: '' }],
  ['a path that is no string', { path: 5 }],
  ['a path with NUL', { path: 'audit\0.db' }],
  ['a path that ends with a space', { path: 'audit.db ' }],
  ['a database in memory', { path: ':memory:' }],
  ['an unknown option', { path: 'audit.db', readonly: true }],
  ['a readOnly that is neither true nor false', { path: 'audit.db', readOnly: 1 }],
  ['a readOnly that is undefined', { path: 'audit.db', readOnly: undefined }],
  ['inherited options', Object.create({ path: 'audit.db' })],
])('%s is refused', (_, options) => {
  const construct = () => new SqliteBackend(options as { path: string }) // what JavaScript callers may do
  expect(construct).toThrow(expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }))
})

test('the constructor touches no file', () => {
  const folder = temporaryFolder()
  new SqliteBackend({ path: join(folder, 'audit.db') })
  expect(readdirSync(folder)).toEqual([])
})

test('a missing folder', async () => {
  const folder = temporaryFolder()
  await expect(record(join(folder, 'no', 'audit.db'))).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  expect(readdirSync(folder)).toEqual([])
})

test('a folder, a file as the folder, and a link to nothing', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'folder'))
  writeFileSync(join(folder, 'file'), '')
  symlinkSync(join(folder, 'nothing'), join(folder, 'link'))
  for (const path of ['folder', 'file/audit.db', 'link']) {
    await expect(record(join(folder, path))).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  }
  expect(readdirSync(folder).sort()).toEqual(['file', 'folder', 'link'])
})

test('a failed opening is tried again', async () => {
  const folder = temporaryFolder()
  const log = openLog(join(folder, 'later', 'audit.db'))
  await expect(log.record(input())).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  mkdirSync(join(folder, 'later'))
  expect(await log.record(input())).toMatchObject({ index: 0 })
})

test('an existing file without a byte is a new log', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  writeFileSync(path, '')
  expect(await record(path)).toMatchObject({ index: 0 })
})

test('a link to a file is followed', async () => {
  const folder = temporaryFolder()
  await record(join(folder, 'audit.db'))
  symlinkSync(join(folder, 'audit.db'), join(folder, 'link'))
  expect(await record(join(folder, 'link'))).toMatchObject({ index: 1 })
})

test('any name is a name, and none is an address', async () => {
  const folder = temporaryFolder()
  const names = ['file:a.db?mode=memory', 'a b#%20.db', 'ünï\u{1f600}.db', "o'hara.db"]
  for (const name of names) await record(relative(process.cwd(), join(folder, name)))
  expect(
    readdirSync(folder)
      .filter(name => !/-(wal|shm)$/.test(name))
      .sort(),
  ).toEqual([...names].sort())
})

/** A database of another program, left as it was when that was killed, with what it had written behind it in its journal. */
function abandonedDatabase(folder: string, journalMode: 'wal' | 'delete'): void {
  const live = join(folder, 'live.db')
  const database = new Database(live)
  database.pragma(`journal_mode = ${journalMode}`)
  database.exec('CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(100000))')
  database.pragma('cache_size = 1') // so that the transaction spills into the file
  database.exec('BEGIN; INSERT INTO t VALUES (zeroblob(1000000))')
  if (journalMode === 'wal') database.exec('COMMIT')
  for (const ending of ['', '-wal', '-journal']) {
    if (readdirSync(folder).includes(`live.db${ending}`))
      copyFileSync(live + ending, join(folder, `audit.db${ending}`))
  }
  database.close()
}

const FOREIGN: readonly (readonly [name: string, write: (path: string, folder: string) => void])[] = [
  ['text', path => writeFileSync(path, 'hello\n')],
  ['one byte', path => writeFileSync(path, 'x')],
  ['a megabyte of zeros', path => writeFileSync(path, Buffer.alloc(1_000_000))],
  ['a line of JSON', path => writeFileSync(path, '{"entry_id":"1"}\n')],
  ['a database header and no more', path => writeFileSync(path, 'SQLite format 3\0')],
  ['a database of another program', path => new Database(path).exec('CREATE TABLE t (a)').close()],
  [
    'a database of another program in WAL mode',
    path => {
      const database = new Database(path)
      database.pragma('journal_mode = WAL')
      database.exec('CREATE TABLE t (a)').close()
    },
  ],
  [
    'an application id that is not ours',
    path => void new Database(path).exec('PRAGMA application_id = 7').close(),
  ],
  ['a killed program with a WAL', (_, folder) => abandonedDatabase(folder, 'wal')],
  ['a killed program with a rollback journal', (_, folder) => abandonedDatabase(folder, 'delete')],
  [
    'text with something called a journal beside it',
    path => {
      writeFileSync(path, 'hello\n')
      writeFileSync(`${path}-journal`, 'a diary')
    },
  ],
]

test.each(FOREIGN)('a file of another format is refused and left as it was: %s', async (_, write) => {
  const folder = temporaryFolder()
  const path = join(folder, 'audit.db')
  write(path, folder)
  const contents = () =>
    readdirSync(folder)
      .filter(name => !name.endsWith('-shm')) // no contents, and made anew from the -wal
      .sort()
      .map(name => [name, readFileSync(join(folder, name)).toString('base64')])
  const before = contents()
  const log = openLog(path)
  await expect(log.record(input())).rejects.toMatchObject({ code: 'AUDIT_UNSUPPORTED_FORMAT' })
  await log.close()
  expect(contents()).toEqual(before)
})

test('a newer format version is refused and left as it was', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  await log.record(input())
  await log.close()
  const database = new Database(path)
  database.pragma('user_version = 2')
  database.close()
  const before = readFileSync(path)
  const later = openLog(path)
  await expect(later.query()).rejects.toMatchObject({ code: 'AUDIT_UNSUPPORTED_FORMAT' })
  await later.close()
  expect(readFileSync(path).equals(before)).toBe(true)
})

test('a crash while the log was created leaves nothing in the way', async () => {
  const folder = temporaryFolder()
  const live = join(folder, 'live.db')
  const database = new Database(live)
  database.pragma('cache_size = 1')
  database.exec('BEGIN; CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(1000000))')
  for (const ending of ['', '-journal']) copyFileSync(live + ending, join(folder, `audit.db${ending}`))
  database.close()
  expect(await record(join(folder, 'audit.db'))).toMatchObject({ index: 0 })
})

test('a crash while a log was not yet, or no longer, in WAL mode is recovered from', async () => {
  const folder = temporaryFolder()
  const live = join(folder, 'live.db')
  const database = new Database(live)
  createSchema(database)
  database.pragma('cache_size = 1')
  database.exec('BEGIN; CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(1000000))')
  for (const ending of ['', '-journal']) copyFileSync(live + ending, join(folder, `audit.db${ending}`))
  database.close()
  expect(await record(join(folder, 'audit.db'))).toMatchObject({ index: 0 })
})

test('entries in a WAL are not thrown away because their file is gone or empty', async () => {
  const folder = temporaryFolder()
  await record(join(folder, 'live.db')) // not closed: its WAL holds everything
  copyFileSync(join(folder, 'live.db-wal'), join(folder, 'audit.db-wal'))
  await expect(record(join(folder, 'audit.db'))).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  writeFileSync(join(folder, 'audit.db'), '')
  symlinkSync(join(folder, 'audit.db'), join(folder, 'link'))
  for (const name of ['audit.db', 'link']) {
    await expect(record(join(folder, name))).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  }
  expect(readFileSync(join(folder, 'audit.db-wal')).length).toBeGreaterThan(0)
})

test('a log that was cut off is damaged', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  await Promise.all(Array.from({ length: 100 }, () => log.record(input('x'.repeat(1000)))))
  await log.close()
  truncateSync(path, 40_000)
  await expect(openLog(path).query()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})
