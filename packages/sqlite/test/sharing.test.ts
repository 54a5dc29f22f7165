import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { AuditEntry } from '@audit/core'
import { temporaryFolder } from '@audit/harness/vitest'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { createSchema } from '../src/schema.ts'
import { input, openLog } from './open-log.ts'
import { programPath, runProgram } from './run-program.ts'

/** Every entry once, in places without gaps, and each writer's own in its order. */
function expectAll(entries: readonly AuditEntry[], names: readonly string[], count: number): void {
  expect(entries.map(({ index }) => index)).toEqual(Array.from({ length: names.length * count }, (_, i) => i))
  for (const name of names) {
    const own = entries.filter(({ user }) => user === name)
    expect(own.map(({ inputText }) => inputText)).toEqual(Array.from({ length: count }, (_, i) => `${i}`))
  }
}

async function entriesOf(path: string): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = []
  for await (const entry of openLog(path).entries()) entries.push(entry)
  return entries
}

test('two instances see the entries of each other at once', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const [a, b] = [openLog(path), openLog(path)]
  for (let i = 0; i < 20; i += 2) {
    expect(await a.record(input(`${i}`))).toMatchObject({ index: i })
    expect(await b.count()).toBe(i + 1)
    const second = await b.record(input(`${i + 1}`))
    expect(second).toMatchObject({ index: i + 1 })
    expect(await a.get(second.entryId)).toEqual(second)
  }
})

test('closing one instance leaves the other one open', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const [a, b] = [openLog(path), openLog(path)]
  await a.record(input('a'))
  await b.record(input('b'))
  await a.close()
  expect(await b.record(input('c'))).toMatchObject({ index: 2 })
  expect(await b.count({ user: 'alice' })).toBe(3)
})

test('instances that create a log at the same moment all succeed', async () => {
  for (let round = 0; round < 10; round++) {
    const path = join(temporaryFolder(), 'audit.db')
    const logs = Array.from({ length: 8 }, () => openLog(path))
    const entries = await Promise.all(logs.map((log, i) => log.record(input(`${i}`))))
    expect(entries.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    await Promise.all(logs.map(log => log.close()))
  }
})

test('a log that another process has created in the meantime is taken as it is', () => {
  const path = join(temporaryFolder(), 'audit.db')
  const [first, second] = [new Database(path), new Database(path)]
  createSchema(first)
  createSchema(second)
  for (const database of [first, second]) database.close()
})

test('worker threads that create and fill a log together', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const names = ['one', 'two', 'three']
  const ended = names.map(name => {
    const worker = new Worker(programPath('record-entries'), { workerData: [path, name, 50], stdout: true })
    return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
  })
  expect(await Promise.all(ended)).toEqual([0, 0, 0])
  expectAll(await entriesOf(path), names, 50)
})

test('processes that create and fill a log together', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const names = ['one', 'two', 'three', 'four']
  const outcomes = await Promise.all(names.map(name => runProgram('record-entries', path, name, '50')))
  expect(outcomes.map(({ errors, exitCode }) => [exitCode, errors])).toEqual(names.map(() => [0, '']))
  const entries = await entriesOf(path)
  expectAll(entries, names, 50)
  names.forEach((name, i) => {
    const own = entries.filter(({ user }) => user === name)
    expect(outcomes[i]?.lines).toEqual(own.map(({ index }) => index))
  })
})

test('while another process holds the lock, a call waits and the application continues', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  await log.record(input())
  const other = new Database(path)
  other.exec('BEGIN IMMEDIATE')
  let isSettled = false
  const record = log.record(input()).finally(() => {
    isSettled = true
  })
  expect(await log.count()).toBe(1) // readers do not wait
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setTimeout(resolve, 5))
  expect(isSettled).toBe(false)
  other.exec('COMMIT')
  other.close()
  expect(await record).toMatchObject({ index: 1 })
})
