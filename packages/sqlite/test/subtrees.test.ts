import { join } from 'node:path'
import { AuditLog, createSigner, createVerifier, generateKey, verifyCheckpoint } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { input } from './open-log.ts'
import { runProgram } from './run-program.ts'
import { temporaryFolder } from './temporary-folder.ts'

const signer = createSigner(generateKey('example.com/audit').privateKey)

const verifier = createVerifier(signer.publicKey)

function openLog(path: string) {
  const backend = new SqliteBackend({ path })
  const log = new AuditLog({ backend, signer })
  onTestFinished(() => log.close())
  return { backend, log }
}

function record(log: AuditLog, count: number): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, (_, i) => log.record(input(`${i}`))))
}

/** The places of level 1 that are in the table. */
function storedPlaces(path: string): unknown[] {
  const database = new Database(path)
  try {
    return database
      .prepare('SELECT place FROM audit_log_subtrees WHERE level = 1 ORDER BY place')
      .pluck()
      .all()
  } finally {
    database.close()
  }
}

test('roots wait for the next batch, or for the end', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const { log, backend } = openLog(path)
  await record(log, 300)
  await log.checkpoint() // by then the root is there
  expect(await backend.subtrees.read(1, 0, 10)).toHaveLength(32)
  expect(storedPlaces(path)).toEqual([])
  await record(log, 300)
  expect(storedPlaces(path)).toEqual([0])
  await log.checkpoint()
  expect(await backend.subtrees.read(1, 0, 10)).toHaveLength(64)
  await log.close()
  expect(storedPlaces(path)).toEqual([0, 1])
})

test('a checkpoint alone stores the roots that are missing, for the next process', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const { log } = openLog(path)
  await record(log, 1000)
  const checkpoint = await log.checkpoint()
  await log.close()
  const database = new Database(path)
  const guard = 'audit_log_subtrees_no_delete'
  const text = database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').pluck().get(guard)
  database.exec(`DROP TRIGGER ${guard}; DELETE FROM audit_log_subtrees WHERE place > 0; ${text}`)
  database.close()
  const { log: reopened } = openLog(path)
  expect(await reopened.checkpoint()).toBe(checkpoint)
  await reopened.close()
  expect(storedPlaces(path)).toEqual([0, 1, 2])
})

test('what a killed process has not stored is computed anew', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  expect(await runProgram('record-and-die', path, '1100')).toMatchObject({ signal: 'SIGKILL' })
  const { log } = openLog(path)
  const { size, root } = verifyCheckpoint({ checkpoint: await log.checkpoint(), verifier })
  expect(size).toBe(1100)
  expect(await log.verify()).toMatchObject({ ok: true, size, root })
  await log.close()
  expect(storedPlaces(path)).toEqual([0, 1, 2, 3])
})

test('several processes that record at once store each root once', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const names = ['a', 'b', 'c']
  await Promise.all(names.map(name => runProgram('record-entries', path, name, '300')))
  const { log } = openLog(path)
  expect(await log.verify({ checkpoint: await log.checkpoint() })).toMatchObject({ ok: true, size: 900 })
  await log.close()
  expect(storedPlaces(path)).toEqual([0, 1, 2])
})

test.each([
  ['UPDATE', 'UPDATE audit_log_subtrees SET root = zeroblob(32)'],
  ['DELETE', 'DELETE FROM audit_log_subtrees'],
  ['INSERT behind a gap', 'INSERT INTO audit_log_subtrees VALUES (1, 5, zeroblob(32))'],
  ['INSERT OR REPLACE', 'INSERT OR REPLACE INTO audit_log_subtrees VALUES (1, 0, zeroblob(32))'],
  ['INSERT of a root that is none', 'INSERT INTO audit_log_subtrees VALUES (1, 1, zeroblob(31))'],
])('through a raw connection, %s of roots aborts', async (_, statement) => {
  const path = join(temporaryFolder(), 'audit.db')
  const { log } = openLog(path)
  await record(log, 300)
  await log.close()
  const database = new Database(path)
  expect(() => database.exec(statement)).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^SQLITE_CONSTRAINT/) }),
  )
  database.close()
  expect(storedPlaces(path)).toEqual([0])
})
