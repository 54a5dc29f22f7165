import { spawn } from 'node:child_process'
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type AuditEntry, AuditLog } from '@audit/core'
import { compareEntries, type JsonObject, type JsonValue, matches, type Selection } from '@audit/core/backend'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend, type SqliteBackendOptions } from '@audit/sqlite'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createMetadataIndexSql, keyOfMetadataIndex, metadataIndexName } from '../src/metadata-index.ts'
import { input, openLog } from './open-log.ts'
import { outcomeOf, programPath, runProgram } from './run-program.ts'

function open(options: SqliteBackendOptions): AuditLog {
  const log = new AuditLog({ backend: new SqliteBackend(options) })
  onTestFinished(() => log.close())
  return log
}

const newPath = () => join(temporaryFolder(), 'audit.db')

async function fill(path: string, all: readonly JsonObject[], count = all.length): Promise<void> {
  const log = openLog(path)
  await Promise.all(
    Array.from({ length: count }, (_, i) => {
      const user = ['alice', 'bob'][i % 2] ?? ''
      return log.record({ ...input(`${i}`), user, metadata: all[i % all.length] ?? {} })
    }),
  )
  await log.close()
}

async function entriesOf(log: AuditLog): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = []
  for await (const entry of log.entries()) entries.push(entry)
  return entries
}

function run<T>(path: string, use: (database: Database.Database) => T): T {
  const database = new Database(path)
  try {
    database.unsafeMode(true)
    return use(database)
  } finally {
    database.close()
  }
}

function indexedKeys(path: string): (string | undefined)[] {
  const names = run(path, database =>
    database.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'index'").pluck().all(),
  )
  return names.map(keyOfMetadataIndex).filter(key => key !== undefined)
}

const KEYS = [
  'session',
  'Session',
  'gen_ai.conversation.id',
  '"',
  'a"b',
  'a\\',
  '\\u0061',
  "it's",
  '$',
  '$.session',
  '[0]',
  '0',
  '-1',
  '#',
  '__proto__',
  'constructor',
  'a\nb\u0001',
  '\u2028',
  '😀',
  'ключ',
  '\ufffd',
  'x'.repeat(256),
  'a',
  '\\u0000',
  'a\\u0000',
  'a\\ud800',
]
/** SQLite compares keys up to U+0000. */
const CUT_BY_SQLITE: readonly JsonObject[] = [
  { 'a\0': 'same' },
  { 'a\0b': 'same' },
  { 'a\0b': 'same', n: { a: 'same' } },
  { 'a\0b': 'nested', a: 'same' },
  { 'session\0': 'abc', x: [{ session: 'abc' }] },
  { '\0': 'same', '\0\0': 1 },
  { 'a\\u0000': 'same' },
  { 'a\\u0000\0': 'same', 'a\\ud800': 'same' },
  { 'a\\ud800\0': 'same', 'a\\u0000': 'same' },
  { 'a\\': 'a\\u0000', '😀\0😀': 'same' },
]
const LONG = 'long '.repeat(30)
const VALUES: readonly JsonValue[] = [
  'abc',
  'ABC',
  '',
  '1',
  1,
  0,
  1.5,
  1e21,
  1e-7,
  5e-324,
  123456789012345680000,
  true,
  'true',
  null,
  'null',
  [],
  {},
  [1, [2]],
  { a: 1, b: { d: [1], c: 2 } },
  '{"a":1}',
  'a\u0000b',
  'a',
  '"\\',
  '\ufffd',
  '😀'.repeat(63),
  '😀'.repeat(64),
  '😀'.repeat(127),
  LONG,
  `${LONG}a`,
  { long: LONG, a: 1 },
  { long: LONG, a: 2 },
  'm'.repeat(1_000_000),
  `${'m'.repeat(1_000_000)}n`,
  JSON.parse(`${'{"a":'.repeat(250)}1${'}'.repeat(250)}`),
]

const withKey = (key: string, value: JsonValue): JsonObject =>
  Object.fromEntries([
    ['before', { [key]: 'nested' }],
    [key, value],
  ])

test('every value under every key is found, and no other one', async () => {
  const path = newPath()
  const stored = KEYS.flatMap((key, i) => [
    withKey(key, VALUES[i % VALUES.length] ?? null),
    withKey(key, 'same'),
  ])
  await fill(path, [...VALUES.map(value => withKey('session', value)), ...stored, ...CUT_BY_SQLITE, {}])
  const log = open({ path, metadataIndexes: KEYS })
  const entries = await entriesOf(log)
  const filters = [
    ...VALUES.map(value => ({ session: value })),
    ...stored.map(({ before, ...own }) => own), // the spread keeps __proto__ a key of its own
    ...KEYS.map(key => withKey(key, 'nested')),
    ...KEYS.map(key => Object.fromEntries([[key, 'same']])),
    { session: -0 },
    ...CUT_BY_SQLITE,
    ...CUT_BY_SQLITE.flatMap(metadata => Object.entries(metadata).map(([key, value]) => ({ [key]: value }))),
    { session: { b: { c: 2, d: [1] }, a: 1 } },
  ]
  for (const metadata of filters) {
    const expected = entries.filter(entry => matches({ metadata, order: 'asc' }, entry))
    expect(await log.query({ metadata })).toEqual(expected)
    expect(await log.query({ metadata, order: 'desc', limit: 2 })).toEqual(expected.toReversed().slice(0, 2))
    expect(await log.count({ metadata })).toBe(expected.length)
  }
  expect(await log.verify()).toMatchObject({ ok: true })
})

test('a named key goes with every other filter, both orders, and pages', async () => {
  const path = newPath()
  await fill(path, [{ a: 1, b: 'x' }, { a: 1 }, { a: 2, b: 'x', c: 3 }, { b: null }], 200)
  const log = open({ path, metadataIndexes: ['a', 'b'] })
  const entries = await entriesOf(log)
  const at = (i: number) => entries[i]?.timestamp ?? ''
  const filters = [
    { a: 1 },
    { a: 1, b: 'x' },
    { a: 2, c: 3 },
    { c: 3, b: 'x' },
    { b: null },
    { a: 3 },
    { c: null },
  ].flatMap((metadata: JsonObject): Omit<Selection, 'order'>[] => [
    { metadata },
    { metadata, user: 'alice' },
    { metadata, user: 'bob', model: 'gpt-4o' },
    { metadata, model: 'other' },
    { metadata, since: at(50), until: at(150) },
    { metadata, size: 77, user: 'alice' },
    { metadata, entryId: entries[4]?.entryId ?? '' },
  ])
  const backend = new SqliteBackend({ path })
  onTestFinished(() => backend.close())
  await backend.open()
  for (const filter of filters) {
    const expected = entries.filter(entry => matches({ ...filter, order: 'asc' }, entry))
    expect(await backend.count({ ...filter, order: 'asc' })).toBe(expected.length)
    for (const order of ['asc', 'desc'] as const) {
      const ordered = order === 'asc' ? expected : expected.toReversed()
      expect(await backend.find({ ...filter, order })).toEqual(ordered)
      for (const [i, after] of ordered.slice(0, 3).entries()) {
        const page = await backend.find({ ...filter, order, after, limit: 5 })
        expect(page).toEqual(ordered.slice(i + 1, i + 6))
      }
    }
  }
})

test('a full log gets the index when it is opened, once, and says how far it is', async () => {
  const path = newPath()
  await fill(path, [{ session: 'a' }, { session: 'b' }], 50)
  const seen: unknown[] = []
  const onIndexing = (progress: unknown) => seen.push(progress)
  const first = open({ path, metadataIndexes: ['session'], onIndexing })
  await first.open()
  expect(seen).toEqual([
    { key: 'session', done: 0, total: 50 },
    { key: 'session', done: 50, total: 50 },
  ])
  expect(await first.count({ metadata: { session: 'a' } })).toBe(25)
  await first.close()
  await open({ path, metadataIndexes: ['session'], onIndexing }).open()
  expect(seen).toHaveLength(2)
  expect(indexedKeys(path)).toEqual(['session'])
})

test('a process that names no key keeps the indexes of others right', async () => {
  const path = newPath()
  await open({ path, metadataIndexes: ['session'] }).record({ ...input(), metadata: { session: 'a' } })
  const other = openLog(path)
  await other.record({ ...input(), metadata: { session: 'a' } })
  expect(await other.count({ metadata: { session: 'a' } })).toBe(2)
  expect(await other.verify()).toMatchObject({ ok: true })
})

test('a log that is open sees an index that another one creates', async () => {
  const path = newPath()
  const log = openLog(path)
  await log.record({ ...input(), metadata: { session: 'a' } })
  expect(await log.count({ metadata: { session: 'a' } })).toBe(1)
  await open({ path, metadataIndexes: ['session'] }).open()
  expect(await log.count({ metadata: { session: 'a' } })).toBe(1)
  expect(await log.record({ ...input(), metadata: { session: 'a' } })).toMatchObject({ index: 1 })
  expect(await log.count({ metadata: { session: 'a' } })).toBe(2)
})

test('processes name different keys of one log at the same time', async () => {
  const path = newPath()
  const keys = [['a'], ['b'], ['b', 'a'], []]
  const outcomes = await Promise.all(keys.map(named => runProgram('record-indexed', path, '40', ...named)))
  expect(outcomes.map(({ exitCode, errors }) => [exitCode, errors])).toEqual(keys.map(() => [0, '']))
  expect(indexedKeys(path).toSorted()).toEqual(['a', 'b'])
  const log = openLog(path)
  const entries = await entriesOf(log)
  for (const metadata of [{ a: 1 }, { b: '4' }, { a: 2, b: '2' }]) {
    const expected = entries.filter(entry => matches({ metadata, order: 'asc' }, entry))
    expect(await log.query({ metadata })).toEqual(expected.toSorted(compareEntries))
  }
  expect(await log.verify()).toMatchObject({ ok: true, size: 160 })
})

test('while another process creates an index, queries do not wait, and opening does', async () => {
  const path = newPath()
  const log = openLog(path)
  await log.record({ ...input(), metadata: { session: 'a' } })
  const other = new Database(path)
  onTestFinished(() => void other.close())
  other.exec('BEGIN IMMEDIATE')
  other.exec(createMetadataIndexSql('session'))
  const opening = open({ path, metadataIndexes: ['session'] }).open()
  expect(await log.count({ metadata: { session: 'a' } })).toBe(1)
  other.exec('COMMIT')
  await opening
  expect(indexedKeys(path)).toEqual(['session'])
})

test('a process that is killed while it creates an index leaves a log that opens', async () => {
  const path = newPath()
  await fill(path, [{ a: 1, b: 'x'.repeat(500) }, { a: 2 }], 3000)
  for (const delayMs of [0, 2, 5, 10, 20]) {
    const keys = [`k${delayMs}`, 'a', 'b']
    const child = spawn(process.execPath, [programPath('record-indexed'), path, '0', ...keys])
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), delayMs))
    await outcomeOf(child)
    const log = openLog(path)
    expect(await log.count({ metadata: { a: 2 } })).toBe(1500)
    expect(await log.verify()).toMatchObject({ ok: true, size: 3000 })
    await log.close()
  }
  const log = open({ path, metadataIndexes: ['a', 'b'] })
  expect(await log.count({ metadata: { a: 2 } })).toBe(1500)
  expect(await log.verify()).toMatchObject({ ok: true, size: 3000 })
})

/** All that a folder says of its files, but for when they were read. */
function stateOf(folder: string): unknown {
  return readdirSync(folder)
    .sort()
    .map(name => {
      const { ino, size, mtimeNs, ctimeNs } = lstatSync(join(folder, name), { bigint: true })
      return { name, ino, size, mtimeNs, ctimeNs }
    })
}

describe('read-only', () => {
  test.each([
    ['without the index', []],
    ['with it', ['session']],
  ])('a log %s answers the same, and nothing changes', async (_, metadataIndexes) => {
    const folder = temporaryFolder()
    const path = join(folder, 'audit.db')
    await fill(path, [{ session: 'a', n: 1 }, { session: 'b' }], 20)
    await open({ path, metadataIndexes }).close()
    const writer = open({ path, metadataIndexes })
    await writer.open()
    await writer.close()
    const before = stateOf(folder)
    const log = open({ path, readOnly: true, metadataIndexes: ['session', 'n'] })
    expect(await log.count({ metadata: { session: 'a' } })).toBe(10)
    expect(await log.query({ metadata: { n: 1 }, order: 'desc', limit: 1 })).toMatchObject([{ index: 18 }])
    expect(await log.verify()).toMatchObject({ ok: true })
    expect(stateOf(folder)).toEqual(before)
  })
})

describe('a definition that was changed', () => {
  const name = metadataIndexName('session')
  test.each([
    ['of another key', createMetadataIndexSql('other').replace(metadataIndexName('other'), name)],
    ['that is unique', createMetadataIndexSql('session').replace('CREATE', 'CREATE UNIQUE')],
    ['of some entries', `${createMetadataIndexSql('session')} WHERE user = 'alice'`],
    ['by a name in capitals', createMetadataIndexSql('session').replace(name, name.toUpperCase())],
    ['on another column', `CREATE INDEX ${name} ON audit_log (user)`],
    ['on another table', `CREATE TABLE notes (metadata); CREATE INDEX ${name} ON notes (metadata)`],
    ['by the name of no key', 'CREATE INDEX audit_log_by_metadata_ff ON audit_log (user)'],
  ])('%s is found, and never used', async (_, sql) => {
    const path = newPath()
    await fill(path, [{ session: 'a' }, { session: 'b' }])
    const log = openLog(path)
    await log.open()
    run(path, database => database.exec(sql))
    expect(await log.count({ metadata: { session: 'a' } })).toBe(1)
    expect((await log.verify()).findings).toContainEqual(expect.objectContaining({ kind: 'damaged' }))
    await expect(log.record(input())).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
    await log.close()
    await expect(openLog(path).open()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  })
})

test('a log gets its indexes although the metadata of an entry are damaged', async () => {
  const path = newPath()
  await fill(path, [{ session: 'a' }, { session: 'b' }, { session: 'a' }])
  run(path, database => {
    const trigger = database
      .prepare<[], string>("SELECT sql FROM sqlite_schema WHERE name = 'audit_log_no_update'")
      .pluck()
      .get()
    database.exec(
      `DROP TRIGGER audit_log_no_update; UPDATE audit_log SET metadata = '{"session":' WHERE "index" = 1`,
    )
    database.exec(trigger ?? '')
  })
  const log = open({ path, metadataIndexes: ['session'] })
  expect(await log.query({ metadata: { session: 'a' } })).toMatchObject([{ index: 0 }, { index: 2 }])
  expect(await log.verify()).toMatchObject({ ok: false })
})

test('a row to which a damaged index leads by mistake is not an answer', async () => {
  const path = newPath()
  await fill(path, [{ session: 'a' }, { session: 'b' }])
  await open({ path, metadataIndexes: ['session'] }).open()
  run(path, database => {
    database.pragma('writable_schema = ON')
    const definition = database.prepare('UPDATE sqlite_schema SET sql = ? WHERE name = ?')
    const name = metadataIndexName('session')
    definition.run(`CREATE INDEX ${name} ON audit_log ('"a"' || '', timestamp)`, name)
  })
  run(path, database => database.exec(`REINDEX ${metadataIndexName('session')}`))
  run(path, database => {
    database.pragma('writable_schema = ON')
    const definition = database.prepare('UPDATE sqlite_schema SET sql = ? WHERE name = ?')
    definition.run(createMetadataIndexSql('session'), metadataIndexName('session'))
  })
  const log = openLog(path)
  await expect(log.query({ metadata: { session: 'a' } })).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  expect((await log.verify()).findings).toContainEqual(expect.objectContaining({ kind: 'damaged' }))
})

test('the listener that throws ends the opening, and the next one continues', async () => {
  const path = newPath()
  let isFirst = true
  const onIndexing = () => {
    if (!isFirst) return
    isFirst = false
    throw new Error('listener')
  }
  const log = open({ path, metadataIndexes: ['a'], onIndexing })
  await expect(log.open()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  expect(await log.record(input())).toMatchObject({ index: 0 })
  expect(indexedKeys(path)).toEqual(['a'])
})

test.each([
  [{ metadataIndexes: 'session' }],
  [{ metadataIndexes: [''] }],
  [{ metadataIndexes: ['a', 'a'] }],
  [{ onIndexing: 1 }],
  [{ onIndexing: null }],
])('%j is refused', options => {
  const given = { path: '/tmp/audit.db', ...options } as SqliteBackendOptions // wrong on purpose
  expect(() => new SqliteBackend(given)).toThrow(expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }))
})
