import { execFile } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { watchWorkers } from '@audit/harness/vitest'
import { expect, test } from 'vitest'
import { outcomeOf } from '../src/lost-answer.ts'
import { holdLock } from './held-lock.ts'
import { freshPath, inputOf, leafOf, openBackend, textsOf } from './scene.ts'

test('a process that closes nothing ends by itself once pending entries are stored', async () => {
  const path = freshPath()
  const script = fileURLToPath(new URL('record-and-go.ts', import.meta.url))
  await promisify(execFile)(process.execPath, [script, path, '3000'], { timeout: 30_000 })
  expect(await (await openBackend(path)).log.count()).toBe(3000)
})

test('closing ends the thread, and so does an opening that fails', async () => {
  const workers = watchWorkers()
  const path = freshPath()
  const { backend } = await openBackend(path)
  await backend.append([leafOf('a')])
  await backend.close()
  await expect(openBackend(`${path}/nowhere`)).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  expect(workers.map(({ threadId }) => threadId)).toEqual([-1, -1])
})

test('a thread that dies with a batch: it is stored once, or rejected, and the next call starts another', async () => {
  const workers = watchWorkers()
  const path = freshPath()
  const { log } = await openBackend(path)
  const acknowledged = new Set<string>()
  for (let round = 0; round < 20; round++) {
    const calls = Array.from({ length: 20 }, (_, i) => log.record(inputOf(`${round}.${i}`)))
    await new Promise(resolve => setTimeout(resolve, Math.random() * 4))
    await workers.at(-1)?.terminate()
    for (const outcome of await Promise.allSettled(calls)) {
      if (outcome.status === 'fulfilled') acknowledged.add(outcome.value.inputText)
      else expect(outcome.reason).toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    }
  }
  const other = await openBackend(path)
  const stored = await textsOf(other.backend)
  expect(new Set(stored).size).toBe(stored.length)
  expect(stored.toSorted()).toEqual([...acknowledged].toSorted())
  expect(workers.length).toBeGreaterThan(10)
})

test('the ids of a batch show what became of it', () => {
  const death = new Error('died')
  expect(outcomeOf([4, 5, 6], death)).toBe(4)
  const failure = (indexes: readonly (number | undefined)[]) => () => outcomeOf(indexes, death)
  const code = (expected: string) => expect.objectContaining({ code: expected })
  expect(failure([undefined, undefined])).toThrow(code('AUDIT_WRITE_FAILED'))
  expect(failure([4, undefined])).toThrow(code('AUDIT_OUTCOME_UNKNOWN'))
  expect(failure([undefined, 4])).toThrow(code('AUDIT_OUTCOME_UNKNOWN'))
  expect(failure([4, 6])).toThrow(code('AUDIT_OUTCOME_UNKNOWN'))
})

test('a thread that dies while it reads fails the call, and the next one is answered', async () => {
  const workers = watchWorkers()
  const path = freshPath()
  const { backend } = await openBackend(path)
  await backend.append([leafOf('a')])
  const release = await holdLock(path)
  appendFileSync(path, 'x\n') // to be read once the lock is free
  const lost = expect(backend.size()).rejects.toMatchObject({ code: 'AUDIT_READ_FAILED' })
  await workers[0]?.terminate()
  await lost
  release()
  expect(await backend.size()).toBe(1)
})

test.each<[what: string, change: (path: string) => void]>([
  [
    'another file is in its place',
    path => {
      copyFileSync(path, `${path}.copy`)
      renameSync(`${path}.copy`, path)
    },
  ],
  ['the file is gone', path => rmSync(path)],
  ['entries are gone', path => writeFileSync(path, readFileSync(path, 'utf8').replace(/[^\n]*\n$/, ''))],
])('a new thread takes no other log: %s', async (_, change) => {
  const workers = watchWorkers()
  const path = freshPath()
  const { backend } = await openBackend(path)
  await backend.append([leafOf('a'), leafOf('b')])
  await workers[0]?.terminate()
  change(path)
  const wasThere = existsSync(path)
  await expect(backend.append([leafOf('lost')])).rejects.toHaveProperty('code')
  await expect(backend.size()).rejects.toHaveProperty('code')
  expect(existsSync(path)).toBe(wasThere)
  if (wasThere) expect(readFileSync(path, 'utf8')).not.toContain('lost')
})

test('a new thread does not report damage again', async () => {
  const workers = watchWorkers()
  const path = freshPath()
  writeFileSync(path, 'x\n')
  const { backend, damages } = await openBackend(path)
  await workers[0]?.terminate()
  appendFileSync(path, 'y\n')
  expect(await backend.damage()).toHaveLength(2)
  expect(damages.map(({ line }) => line)).toEqual([1, 2])
})

test('a log that closes after its thread has died just closes', async () => {
  const workers = watchWorkers()
  const { backend } = await openBackend(freshPath())
  await workers[0]?.terminate()
  await backend.close()
})

test('however long the application is busy, it holds no lock', async () => {
  const path = freshPath()
  const other = await openBackend(path)
  const flag = new Int32Array(new SharedArrayBuffer(4))
  const busy = new Worker(new URL('busy-application.ts', import.meta.url), { workerData: { path, flag } })
  for (;;) {
    const [message] = await once(busy, 'message')
    if (message === 'over') break
    // That thread is blocked until this has recorded.
    await other.log.record(inputOf('free'))
    Atomics.store(flag, 0, 1)
    Atomics.notify(flag, 0)
  }
  await busy.terminate()
})
