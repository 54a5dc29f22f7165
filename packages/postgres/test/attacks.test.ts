import { AuditLog, createSigner, type Finding, generateKey } from '@audit/core'
import { leafHash } from '@audit/core/backend'
import { attackedEntries } from '@audit/harness'
import { PostgresBackend } from '@audit/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDatabase, input, newDatabase, newName, newPool, openLog } from './place.ts'

// What a superuser can do: switch the triggers off, run any SQL, switch them on again. And what `verify` says of it,
// without and with a checkpoint that was kept elsewhere.

/** Two complete subtrees of 256, and 88 entries behind them. */
const SIZE = 600
const signer = createSigner(generateKey('example.com/audit').privateKey)

type Kinds = readonly (readonly [kind: Finding['kind'], index?: number])[]

const recorded = { name: newName(), checkpoint: '', olderCheckpoint: '' }
const { pool, connectionString, drop } = await createDatabase()
afterAll(drop)

beforeAll(async () => {
  const backend = new PostgresBackend({ pool, log: recorded.name })
  await backend.migrate()
  const log = new AuditLog({ backend, signer })
  const record = (count: number) => Promise.all(attackedEntries(count).map(entry => log.record(entry)))
  await record(300)
  recorded.olderCheckpoint = await log.checkpoint()
  await record(SIZE - 300)
  recorded.checkpoint = await log.checkpoint()
  await log.close()
})

/** Another log with the same entries, to be attacked. */
async function copyOfLog(): Promise<string> {
  const name = newName()
  const copy = (table: string, columns: string) =>
    `INSERT INTO audit.${table} SELECT $1, ${columns} FROM audit.${table} WHERE log = $2`
  await pool.query('INSERT INTO audit.logs VALUES ($1)', [name])
  const columns = `index, entry_id, timestamp, "user", model, cost_usd, latency_ms, leaf_hash, metadata, input_text, output_text`
  await pool.query(`${copy('entries', columns)} ORDER BY index`, [name, recorded.name])
  await pool.query(copy('subtrees', 'level, place, root'), [name, recorded.name])
  return name
}

async function findings(name: string, checkpoint?: string): Promise<Kinds> {
  await using log = new AuditLog({ backend: new PostgresBackend({ pool, log: name }), signer })
  const report = await log.verify(checkpoint === undefined ? {} : { checkpoint })
  expect(report.ok).toBe(report.findings.length === 0)
  return report.findings.map(({ kind, index }) => (index === undefined ? [kind] : [kind, index]))
}

/** Does what a superuser can, in one transaction, and leaves the triggers as they were. */
async function attack(name: string, ...statements: readonly string[]): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const { rows: triggers } = await client.query<{ table: string; name: string }>(
      `SELECT tgrelid::regclass AS table, tgname AS name FROM pg_trigger WHERE NOT tgisinternal`,
    )
    for (const trigger of triggers) {
      await client.query(`ALTER TABLE ${trigger.table} DISABLE TRIGGER ${trigger.name}`)
    }
    for (const statement of statements) await client.query(statement, [name])
    for (const trigger of triggers) {
      await client.query(`ALTER TABLE ${trigger.table} ENABLE ALWAYS TRIGGER ${trigger.name}`)
    }
    await client.query('COMMIT')
  } finally {
    client.release(true)
  }
}

/** Recomputes a leaf hash as the package would. */
async function withHash(name: string, index: number): Promise<string> {
  const backend = new PostgresBackend({ pool, log: name })
  const log = new AuditLog({ backend })
  const [entry] = await Array.fromAsync(log.entries({ start: index, end: index + 1 }))
  await log.close()
  if (!entry) throw new Error(`there is no entry ${index}`)
  const { entryId, inputText, outputText, costUsd, latencyMs, metadata, model, timestamp, user } = entry
  const line = {
    cost_usd: costUsd,
    entry_id: entryId,
    input_text: inputText,
    latency_ms: latencyMs,
    metadata,
    model,
    output_text: outputText,
    timestamp,
    user,
  }
  const hash = Buffer.from(leafHash(JSON.stringify(line))).toString('hex')
  return update(`leaf_hash = decode('${hash}', 'hex')`, index)
}

const update = (assignment: string, index: number) =>
  `UPDATE audit.entries SET ${assignment} WHERE log = $1 AND index = ${index}`
const remove = (condition: string) => `DELETE FROM audit.entries WHERE log = $1 AND ${condition}`
const noRoots = 'DELETE FROM audit.subtrees WHERE log = $1'
const zeros = "decode(repeat('00', 32), 'hex')"
/** By way of a million beyond: the key is checked row by row. */
const renumber = (from: number, by: number) => [
  `UPDATE audit.entries SET index = index + 1000000 WHERE log = $1 AND index >= ${from}`,
  `UPDATE audit.entries SET index = index - 1000000 + ${by} WHERE log = $1 AND index >= 1000000`,
]
const exchange = (a: number, b: number) => [
  update('index = 1000000', a),
  update(`index = ${a}`, b),
  update(`index = ${b}`, 1_000_000),
]
const insertCopy = (index: number, of: number) =>
  `INSERT INTO audit.entries SELECT log, ${index}, '00000000-0000-7000-8000-000000000000', '1970-01-01T00:00:00Z', "user",
   model, cost_usd, latency_ms, leaf_hash, metadata, 'question ${of}', output_text FROM audit.entries WHERE log = $1 AND index = ${of}`

const lastOnly: Kinds = [['tail-missing', SIZE - 1]]
const inconsistent: Kinds = [['checkpoint-inconsistent']]
const changed: Kinds = [['entry-changed', 7]]

test.each<[column: string, change: string, found: Kinds]>([
  [
    'entry_id',
    `entry_id = left(entry_id, 35) || CASE right(entry_id, 1) WHEN '0' THEN '1' ELSE '0' END`,
    changed,
  ],
  ['timestamp', `timestamp = timestamp - interval '1 ms'`, [['foreign-entry', 7], ...changed]],
  ['user', `"user" = 'bab'`, changed],
  ['model', `model = 'n'`, changed],
  ['cost_usd', 'cost_usd = 0.26', changed],
  ['cost_usd to unknown', 'cost_usd = NULL', changed],
  ['cost_usd to infinity', `cost_usd = 'Infinity'`, [['damaged', 7]]],
  ['timestamp to infinity', `timestamp = 'infinity'`, [['damaged', 7]]],
  ['metadata to no JSON', `metadata = '{'`, [['damaged', 7]]],
  ['latency_ms', 'latency_ms = 9', changed],
  ['metadata', `metadata = '{"k":"w"}'`, changed],
  ['input_text', `input_text = 'quetsion 7'`, changed],
  ['output_text', `output_text = 'anfwer'`, changed],
])('one byte of %s', async (_, change, found) => {
  const name = await copyOfLog()
  await attack(name, update(change, 7))
  expect(await findings(name), 'with the leaf hash as it was').toEqual(found)
  if (found[0]?.[0] === 'damaged') return // it has no leaf hash
  await attack(name, await withHash(name, 7))
  const isForeign = found.length > 1 ? found.slice(0, 1) : []
  expect(await findings(name), 'with its leaf hash').toEqual([...isForeign, ['subtree-forged', 0]])
  await attack(name, noRoots)
  expect(await findings(name), 'without the roots').toEqual(isForeign)
  expect(await findings(name, recorded.checkpoint), 'against a checkpoint').toEqual([
    ...isForeign,
    ...inconsistent,
  ])
})

test.each<[attack: string, statements: readonly string[], without: Kinds, withCheckpoint: Kinds]>([
  ['a leaf hash changed', [update(`leaf_hash = ${zeros}`, 7)], [['subtree-forged', 0], ...changed], []],
  ['the first entry deleted', [remove('index = 0')], [['entry-missing', 0]], inconsistent],
  ['a middle entry deleted', [remove('index = 300')], [['entry-missing', 300]], inconsistent],
  ['the last entry deleted', [remove(`index = ${SIZE - 1}`)], [], lastOnly],
  ['a run of entries deleted', [remove('index BETWEEN 100 AND 400')], [['entry-missing', 100]], inconsistent],
  ['all entries deleted', [remove('true')], [['rolled-back', 0]], [['tail-missing', 0]]],
  [
    'an entry deleted, and the later ones renumbered',
    [remove('index = 7'), ...renumber(8, -1)],
    [
      ['subtree-forged', 0],
      ['subtree-forged', 256],
    ],
    lastOnly,
  ],
  [
    'an entry deleted and renumbered after the last root',
    [remove('index = 520'), ...renumber(521, -1)],
    [],
    lastOnly,
  ],
  ['a row far behind the last', [insertCopy(2 ** 50, 7)], [['entry-missing', SIZE]], []],
  ['two entries exchanged', exchange(7, 9), [['subtree-forged', 0]], inconsistent],
  [
    'the contents of two entries exchanged',
    [
      ...exchange(7, 9),
      `UPDATE audit.entries AS a SET leaf_hash = b.leaf_hash FROM audit.entries AS b
       WHERE a.log = $1 AND b.log = $1 AND a.index IN (7, 9) AND b.index = 16 - a.index`,
    ],
    [
      ['order-changed', 7],
      ['order-changed', 9],
    ],
    inconsistent,
  ],
  [
    'a subtree root forged',
    [`UPDATE audit.subtrees SET root = ${zeros} WHERE log = $1 AND place = 1`],
    [['subtree-forged', 256]],
    [],
  ],
  ['all subtree roots deleted', [noRoots], [], []],
  ['cut to an earlier checkpoint', [remove('index >= 300')], [['rolled-back', 300]], [['tail-missing', 300]]],
  [
    'cut to an earlier checkpoint, with the roots',
    [remove('index >= 300'), noRoots],
    [],
    [['tail-missing', 300]],
  ],
])('%s', async (_, statements, without, withCheckpoint) => {
  const name = await copyOfLog()
  expect(await findings(name, recorded.checkpoint)).toEqual([])
  await attack(name, ...statements)
  expect(await findings(name)).toEqual(without)
  expect((await findings(name, recorded.checkpoint)).toSorted()).toEqual(
    [...without, ...withCheckpoint].toSorted(),
  )
})

test.each<[attack: string, index: number, before: readonly string[], without: Kinds, withCheckpoint: Kinds]>([
  ['an entry inserted in the middle', 520, renumber(520, 1), [], inconsistent],
  ['an entry overwritten', 7, [remove('index = 7')], [['subtree-forged', 0]], inconsistent],
  ['an entry overwritten behind the last root', 550, [remove('index = 550')], [], inconsistent],
  ['an entry added at the end', SIZE, [], [], []],
])('%s, with its leaf hash', async (_, index, before, without, withCheckpoint) => {
  const name = await copyOfLog()
  await attack(name, ...before, insertCopy(index, 9))
  await attack(name, await withHash(name, index))
  expect(await findings(name)).toEqual(without)
  expect(await findings(name, recorded.checkpoint)).toEqual([...without, ...withCheckpoint])
})

test('a log restored from an older backup is a good log, which only a later checkpoint finds out', async () => {
  const name = await copyOfLog()
  await attack(name, remove('index >= 300'), noRoots)
  const log = new AuditLog({ backend: new PostgresBackend({ pool, log: name }), signer })
  await log.checkpoint() // the roots of that time
  await log.close()
  expect(await findings(name, recorded.olderCheckpoint)).toEqual([])
  expect(await findings(name, recorded.checkpoint)).toEqual([['tail-missing', 300]])
})

test.each<[what: string, statement: string]>([
  [
    'a trigger',
    `CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
     CREATE TRIGGER swallow BEFORE INSERT ON audit.entries FOR EACH ROW EXECUTE FUNCTION swallow()`,
  ],
  [
    'a trigger that lets only some pass',
    `CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS
       'BEGIN IF NEW.index % 2 = 0 THEN RETURN NULL; END IF; RETURN NEW; END';
     CREATE TRIGGER swallow BEFORE INSERT ON audit.entries FOR EACH ROW EXECUTE FUNCTION swallow()`,
  ],
  ['a rule', 'CREATE RULE swallow AS ON INSERT TO audit.entries DO INSTEAD NOTHING'],
])('an entry that %s keeps from being stored is not acknowledged', async (_, statement) => {
  const own = await newDatabase()
  await new PostgresBackend({ pool: own }).migrate()
  const log = openLog(own, 'default')
  await own.query(statement)
  const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => log.record(input())))
  for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'AUDIT_WRITE_FAILED' } })
  expect(await log.count()).toBe(0)
})

test('a row before the first is found, where the check against it was dropped', async () => {
  const own = await newDatabase()
  await new PostgresBackend({ pool: own }).migrate()
  const log = openLog(own, 'default')
  await log.record(input())
  const check = 'ALTER TABLE audit.entries ADD CONSTRAINT entries_index_check CHECK (index >= 0) NOT VALID'
  await own.query('ALTER TABLE audit.entries DROP CONSTRAINT entries_index_check')
  await own.query('ALTER TABLE audit.entries DISABLE TRIGGER entries_in_turn')
  await own.query(insertCopy(-1, 0), ['default'])
  await own.query('ALTER TABLE audit.entries ENABLE ALWAYS TRIGGER entries_in_turn')
  await own.query(check) // NOT VALID, or it would find the row
  expect((await log.verify()).findings).toMatchObject([
    { kind: 'damaged' },
    { kind: 'damaged' },
    { kind: 'entry-inserted', index: -1 },
  ])
})

test('changes are refused in a replication session too', async () => {
  const replaying = newPool({
    connectionString,
    options: '-c session_replication_role=replica',
  })
  await expect(replaying.query(`UPDATE audit.entries SET input_text = 'forged'`)).rejects.toMatchObject({
    code: 'AU001',
  })
})
