import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { AuditLog, createSigner, type Finding, generateKey } from '@audit/core'
import { leafHash } from '@audit/core/backend'
import { attackedEntries, TemporaryFolder } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend } from '@audit/sqlite'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

// What someone can do who owns the file: drop the triggers, run any SQL, put the triggers back. And what `verify` says of
// it, without and with a checkpoint that was kept elsewhere.

/** Two complete subtrees of 256, and 88 entries behind them. */
const SIZE = 600
const signer = createSigner(generateKey('example.com/audit').privateKey)

type Kinds = readonly (readonly [kind: Finding['kind'], index?: number])[]

const folder = new TemporaryFolder()
const recorded = {
  path: folder.file('audit.db'),
  older: folder.file('older.db'),
  checkpoint: '',
  olderCheckpoint: '',
}

afterAll(() => folder[Symbol.dispose]())

beforeAll(async () => {
  const log = logAt(recorded.path)
  const record = (count: number) => Promise.all(attackedEntries(count).map(entry => log.record(entry)))
  await record(300)
  recorded.olderCheckpoint = await log.checkpoint()
  const database = new Database(recorded.path, { readonly: true })
  await database.backup(recorded.older)
  database.close()
  await record(SIZE - 300)
  recorded.checkpoint = await log.checkpoint()
  await log.close()
})

function logAt(path: string): AuditLog {
  return new AuditLog({ backend: new SqliteBackend({ path }), signer })
}

/** A copy of the recorded log, to be attacked. */
function copyOfLog(): string {
  const path = join(temporaryFolder(), 'audit.db')
  copyFileSync(recorded.path, path)
  return path
}

async function findings(path: string, checkpoint?: string): Promise<Kinds> {
  await using log = logAt(path)
  const report = await log.verify(checkpoint === undefined ? {} : { checkpoint })
  expect(report.ok).toBe(report.findings.length === 0)
  return report.findings.map(({ kind, index }) => (index === undefined ? [kind] : [kind, index]))
}

/** Runs SQL without the triggers and puts them back. `crc_of` and `leaf_hash_of` recompute what the package would. */
function attack(path: string, sql: string): void {
  const database = new Database(path)
  onTestFinished(() => {
    database.close()
  })
  database.function('crc_of', { varargs: true }, (...row: unknown[]) => crc32(row.join('\0')))
  database.function('leaf_hash_of', { varargs: true }, (...row: unknown[]) => leafHashOf(row))
  const triggers = database
    .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    .all()
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`)
  database.exec(sql)
  for (const trigger of triggers) database.exec(trigger.sql)
  database.close()
}

function leafHashOf([
  entry_id,
  timestamp,
  user,
  model,
  cost_usd,
  latency_ms,
  metadata,
  ...texts
]: unknown[]): Buffer {
  const [input_text, output_text] = texts
  const parsed: unknown = JSON.parse(String(metadata))
  const line = {
    cost_usd,
    entry_id,
    input_text,
    latency_ms,
    metadata: parsed,
    model,
    output_text,
    timestamp,
    user,
  }
  return Buffer.from(leafHash(JSON.stringify(line)))
}

const VALUES = 'entry_id, timestamp, user, model, cost_usd, latency_ms, metadata, input_text, output_text'
const update = (assignment: string, index: number) =>
  `UPDATE audit_log SET ${assignment} WHERE "index" = ${index};`
const withCrc = (index: number) => update(`crc = crc_of("index", ${VALUES})`, index)
const withHash = (index: number) => update(`leaf_hash = leaf_hash_of(${VALUES})`, index)
const renumber = (from: number, by: number) =>
  `UPDATE audit_log SET "index" = -1 - ("index" + ${by}) WHERE "index" >= ${from}; UPDATE audit_log SET "index" = -1 - "index" WHERE "index" < 0;`
const allCrcs = `UPDATE audit_log SET crc = crc_of("index", ${VALUES});`
const insertCopy = (index: number, of: number) =>
  `INSERT INTO audit_log SELECT ${index}, '00000000-0000-7000-8000-000000000000', '1970-01-01T00:00:00.000Z', user, model, cost_usd,
   latency_ms, leaf_hash, crc, metadata, 'forged', output_text FROM audit_log WHERE "index" = ${of};
   ${withHash(index)} ${withCrc(index)}`
const remove = (where: string) => `DELETE FROM audit_log WHERE ${where};`
const noRoots = 'DELETE FROM audit_log_subtrees;'

const lastOnly: Kinds = [['tail-missing', SIZE - 1]]
const inconsistent: Kinds = [['checkpoint-inconsistent']]
const changed: Kinds = [['entry-changed', 7]]

test.each<[column: string, change: string, found: Kinds]>([
  [
    'entry_id',
    `entry_id = substr(entry_id, 1, 35) || CASE substr(entry_id, 36) WHEN '0' THEN '1' ELSE '0' END`,
    changed,
  ],
  ['timestamp', `timestamp = '19' || substr(timestamp, 3)`, [['foreign-entry', 7], ...changed]],
  ['user', `user = 'bab'`, changed],
  ['model', `model = 'n'`, changed],
  ['cost_usd', 'cost_usd = 0.26', changed],
  ['cost_usd to unknown', 'cost_usd = NULL', changed],
  ['cost_usd to infinity', 'cost_usd = 9e999', [['damaged', 7]]],
  ['latency_ms', 'latency_ms = 9', changed],
  ['metadata', `metadata = '{"k":"w"}'`, changed],
  ['input_text', `input_text = 'quetsion 7'`, changed],
  ['output_text', `output_text = 'anfwer'`, changed],
])('one byte of %s', async (_, change, found) => {
  const path = copyOfLog()
  attack(path, update(change, 7))
  expect(await findings(path), 'the checksum as it was').toEqual([['damaged', 7]])
  attack(path, withCrc(7))
  expect(await findings(path), 'with its checksum').toEqual(found)
  if (found[0]?.[0] === 'damaged') return // it has no leaf hash
  attack(path, withHash(7))
  const isForeign = found.length > 1 ? found.slice(0, 1) : []
  expect(await findings(path), 'with its leaf hash').toEqual([...isForeign, ['subtree-forged', 0]])
  attack(path, noRoots)
  expect(await findings(path), 'without the roots').toEqual(isForeign)
  expect(await findings(path, recorded.checkpoint), 'against a checkpoint').toEqual([
    ...isForeign,
    ...inconsistent,
  ])
})

test.each<[attack: string, sql: string, without: Kinds, withCheckpoint: Kinds]>([
  ['a leaf hash changed', update('leaf_hash = zeroblob(32)', 7), [['subtree-forged', 0], ...changed], []],
  ['a checksum changed', update('crc = crc + 1', 7), [['damaged', 7]], inconsistent],
  ['the first entry deleted', remove('"index" = 0'), [['entry-missing', 0]], inconsistent],
  ['a middle entry deleted', remove('"index" = 300'), [['entry-missing', 300]], inconsistent],
  ['the last entry deleted', remove(`"index" = ${SIZE - 1}`), [], lastOnly],
  ['a run of entries deleted', remove('"index" BETWEEN 100 AND 400'), [['entry-missing', 100]], inconsistent],
  ['all entries deleted', remove('1'), [['rolled-back', 0]], [['tail-missing', 0]]],
  [
    'an entry deleted, and the later ones renumbered',
    `${remove('"index" = 7')} ${renumber(8, -1)} ${allCrcs}`,
    [
      ['subtree-forged', 0],
      ['subtree-forged', 256],
    ],
    lastOnly,
  ],
  [
    'an entry deleted and renumbered after the last root',
    `${remove('"index" = 520')} ${renumber(521, -1)} ${allCrcs}`,
    [],
    lastOnly,
  ],
  [
    'an entry inserted in the middle',
    `${renumber(520, 1)} ${insertCopy(520, 7)} ${allCrcs}`,
    [],
    inconsistent,
  ],
  ['a row before the first', insertCopy(-1, 7), [['entry-inserted', -1]], []],
  ['a row far behind the last', insertCopy(2 ** 50, 7), [['entry-missing', SIZE]], []],
  ['an entry added at the end', insertCopy(SIZE, 7), [], []],
  [
    'two entries exchanged',
    `${update('"index" = -7', 7)} ${update('"index" = 7', 9)} ${update('"index" = 9', -7)} ${allCrcs}`,
    [['subtree-forged', 0]],
    inconsistent,
  ],
  [
    'the contents of two entries exchanged',
    `CREATE TABLE leaf AS SELECT "index" AS i, leaf_hash FROM audit_log; ${update('"index" = -7', 7)} ${update('"index" = 7', 9)} ${update('"index" = 9', -7)} UPDATE audit_log SET leaf_hash = (SELECT leaf_hash FROM leaf WHERE i = "index"); ${allCrcs} DROP TABLE leaf;`,
    [
      ['order-changed', 7],
      ['order-changed', 9],
    ],
    inconsistent,
  ],
  [
    'INSERT OR REPLACE',
    insertCopy(7, 7).replace('INSERT', 'INSERT OR REPLACE'),
    [['subtree-forged', 0]],
    inconsistent,
  ],
  [
    'INSERT OR REPLACE behind the last root',
    insertCopy(550, 7).replace('INSERT', 'INSERT OR REPLACE'),
    [],
    inconsistent,
  ],
  [
    'a subtree root forged',
    'UPDATE audit_log_subtrees SET root = zeroblob(32) WHERE place = 1',
    [['subtree-forged', 256]],
    [],
  ],
  ['all subtree roots deleted', noRoots, [], []],
  ['cut to an earlier checkpoint', remove('"index" >= 300'), [['rolled-back', 300]], [['tail-missing', 300]]],
  [
    'cut to an earlier checkpoint, with the roots',
    `${remove('"index" >= 300')} ${noRoots}`,
    [],
    [['tail-missing', 300]],
  ],
])('%s', async (_, sql, without, withCheckpoint) => {
  const path = copyOfLog()
  expect(await findings(path, recorded.checkpoint)).toEqual([])
  attack(path, sql)
  expect(await findings(path)).toEqual(without)
  expect((await findings(path, recorded.checkpoint)).toSorted()).toEqual(
    [...without, ...withCheckpoint].toSorted(),
  )
})

test('an older copy of the whole file is a good log, which only a later checkpoint finds out', async () => {
  expect(await findings(recorded.older)).toEqual([])
  expect(await findings(recorded.older, recorded.olderCheckpoint)).toEqual([])
  expect(await findings(recorded.older, recorded.checkpoint)).toEqual([['tail-missing', 300]])
})

test('a row that is taken out of an index is found, for queries cannot see it any more', async () => {
  const path = copyOfLog()
  const database = new Database(path)
  const text = database
    .prepare("SELECT sql FROM sqlite_schema WHERE name = 'audit_log_by_user'")
    .pluck()
    .get()
  const setText = (sql: string) => {
    const attacker = new Database(path)
    attacker.unsafeMode(true)
    attacker.pragma('writable_schema = ON')
    attacker.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = 'audit_log_by_user'").run(sql)
    attacker.close()
  }
  database.close()
  setText(`${text} WHERE "index" <> 8`)
  const reindexing = new Database(path)
  reindexing.exec('REINDEX audit_log_by_user')
  reindexing.close()
  setText(String(text))
  await using log = logAt(path)
  expect(await log.query({ user: 'alice' })).toHaveLength(SIZE / 2 - 1)
  const { findings } = await log.verify({ checkpoint: recorded.checkpoint })
  expect(findings.length).toBeGreaterThan(0)
  expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(['damaged']))
})

test('a page that was overwritten is damaged, and everything beside it is verified', async () => {
  const path = copyOfLog()
  attack(path, update("user = 'eve'", 20) + withCrc(20))
  const file = readFileSync(path)
  const place = file.indexOf('question 250') // the newest with this number
  file.fill(0, place - (place % 4096), place - (place % 4096) + 4096)
  writeFileSync(path, file)
  const kinds = await findings(path, recorded.checkpoint)
  expect(kinds).toContainEqual(['entry-changed', 20])
  const damaged = kinds.flatMap(([kind, index]) => (kind === 'damaged' && index !== undefined ? [index] : []))
  expect(damaged.length).toBeGreaterThan(1)
  expect(damaged.length).toBeLessThan(100)
  expect(damaged.some(index => index === 250 || index === 550)).toBe(true)
})

test.each([
  ['dropped', 'DROP TRIGGER audit_log_no_delete'],
  [
    'made to do nothing',
    'DROP TRIGGER audit_log_no_update; CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT 1; END',
  ],
  ['added', 'CREATE TRIGGER extra BEFORE INSERT ON audit_log BEGIN SELECT RAISE(IGNORE); END'],
  ['of the roots dropped', 'DROP TRIGGER audit_log_subtrees_no_update'],
])('a trigger that is %s is found while the log is open, and when it is opened', async (_, sql) => {
  const path = copyOfLog()
  await using log = logAt(path)
  expect((await log.verify()).ok).toBe(true)
  const database = new Database(path)
  database.exec(sql)
  database.close()
  expect((await log.verify()).findings).toMatchObject([{ kind: 'damaged' }])
  await expect(logAt(path).count()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})

test('a change to an entry that a running verification has read is not signed by the recipe', async () => {
  const path = copyOfLog()
  await using log = logAt(path)
  let isChanged = false
  const report = await log.verify({
    checkpoint: recorded.checkpoint,
    onProgress: ({ verified }) => {
      if (verified < 512 || isChanged) return
      isChanged = true
      attack(path, `${update(`user = 'mallory'`, 7)} ${withCrc(7)} ${withHash(7)} ${noRoots}`)
    },
  })
  expect(isChanged).toBe(true)
  // Guards that were gone for a moment may be noticed; the entry was read before it was changed.
  if (report.ok) await expect(log.checkpoint()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  expect(await findings(path, recorded.checkpoint)).toEqual(inconsistent)
})
