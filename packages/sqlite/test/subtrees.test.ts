import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { AuditLog, createSigner, createVerifier, generateKey, verifyCheckpoint } from '@audit/core'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend } from '@audit/sqlite'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { input } from './open-log.ts'
import { runProgram } from './run-program.ts'

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

test('roots that a killed process did not store are recomputed', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  expect(await runProgram('record-and-die', path, '1100')).toMatchObject({ signal: 'SIGKILL' })
  const { log } = openLog(path)
  const { size, root } = verifyCheckpoint({ checkpoint: await log.checkpoint(), verifier })
  expect(size).toBe(1100)
  const report = await log.verify()
  expect(report).toMatchObject({ ok: true, size })
  expect([...report.root]).toEqual([...root])
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

test('a root of 65,536 entries is stored, and the next process uses it', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const { log } = openLog(path)
  for (let i = 0; i < 16; i++) await record(log, 4096)
  await record(log, 1)
  const checkpoint = await log.checkpoint()
  await log.close()
  const { log: reopened, backend } = openLog(path)
  expect(await reopened.checkpoint()).toBe(checkpoint)
  expect(await backend.subtrees.read(2, 0, 5)).toHaveLength(32)
  expect(await backend.subtrees.read(1, 0, 500)).toHaveLength(256 * 32)
  expect(await reopened.verify({ checkpoint })).toMatchObject({ ok: true, size: 65_537 })
})

test.each([
  ['a subtree that is not complete', 1, 1],
  ['a subtree of the future', 1, 2],
  ['a level whose subtrees are not complete', 2, 0],
  ['a level without end', 8, 0],
  ['a level beyond the bits of a number', 64, 0],
  ['a level below the first', 0, 0],
  ['a level below none', -1, 0],
])('through a raw connection, no root can be inserted for %s', async (_, level, place) => {
  const path = join(temporaryFolder(), 'audit.db')
  const { log } = openLog(path)
  await record(log, 300)
  await log.checkpoint()
  await log.close()
  const database = new Database(path)
  onTestFinished(() => void database.close())
  const insert = database.prepare('INSERT INTO audit_log_subtrees VALUES (?, ?, zeroblob(32))')
  expect(() => insert.run(level, place)).toThrow()
})

test('a root that somebody else inserted first, and that is another one, is noticed by the writer and by verify', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const { log } = openLog(path)
  await record(log, 300)
  await log.checkpoint() // its root waits now
  const database = new Database(path)
  database.exec('INSERT INTO audit_log_subtrees VALUES (1, 0, zeroblob(32))')
  database.close()
  await expect(log.record(input())).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  expect((await log.verify()).findings).toMatchObject([{ kind: 'subtree-forged' }])
})

test('roots that are stored are not sent again', async () => {
  const sent: unknown[] = []
  const watch = (worker: Worker) => {
    const post = worker.postMessage.bind(worker)
    worker.postMessage = (request: { operation: string; args: [{ roots?: unknown[] }] }, ...rest) => {
      if (request.operation === 'append') sent.push(request.args[0].roots?.length)
      post(request, ...rest)
    }
  }
  process.on('worker', watch)
  onTestFinished(() => void process.off('worker', watch))
  const { log } = openLog(join(temporaryFolder(), 'audit.db'))
  await log.open()
  await new Promise(setImmediate)
  await record(log, 300)
  await log.checkpoint()
  await record(log, 1)
  await record(log, 1)
  await record(log, 1)
  expect(sent.at(-1)).toBe(0)
  expect(sent.filter(count => count !== 0)).toHaveLength(1)
})
