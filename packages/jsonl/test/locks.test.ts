import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'
import { FileLock } from '../src/file-lock.ts'
import { freshPath, leafOf, openBackend, textsOf } from './scene.ts'

const holder = new URL('hold-lock.ts', import.meta.url)

async function newLock(path: string): Promise<FileLock> {
  const descriptor = openSync(path, 'a+')
  onTestFinished(() => closeSync(descriptor))
  return new FileLock(descriptor)
}

/** Whether the lock is free to be taken, within the time that a few tries take. */
async function isFree(lock: FileLock, mode: 'shared' | 'exclusive'): Promise<boolean> {
  vi.useFakeTimers()
  try {
    const outcome = lock.acquire(mode).then(
      () => true,
      () => false,
    )
    await vi.advanceTimersByTimeAsync(31_000)
    const isTaken = await outcome
    if (isTaken) lock.release()
    return isTaken
  } finally {
    vi.useRealTimers()
  }
}

test('readers share the lock, a writer has it alone', async () => {
  const path = await freshPath()
  const [one, two] = [await newLock(path), await newLock(path)]
  await one.acquire('shared')
  expect(await isFree(two, 'shared')).toBe(true)
  expect(await isFree(two, 'exclusive')).toBe(false)
  one.release()
  await one.acquire('exclusive')
  expect(await isFree(two, 'shared')).toBe(false)
  expect(await isFree(two, 'exclusive')).toBe(false)
  one.release()
  expect(await isFree(two, 'exclusive')).toBe(true)
})

test('who waits gets it as soon as it is free', async () => {
  const path = await freshPath()
  const [one, two] = [await newLock(path), await newLock(path)]
  await one.acquire('exclusive')
  let isHeld = false
  const waiting = two.acquire('exclusive').then(() => {
    isHeld = true
  })
  await new Promise(resolve => setTimeout(resolve, 20))
  expect(isHeld).toBe(false)
  one.release()
  await waiting
})

test('a lock that another thread holds is taken, and is free once the thread is terminated', async () => {
  const path = await freshPath()
  const lock = await newLock(path)
  const worker = new Worker(holder, { argv: [path] })
  await once(worker, 'message')
  expect(await isFree(lock, 'shared')).toBe(false)
  await worker.terminate()
  expect(await isFree(lock, 'exclusive')).toBe(true)
})

test('a lock that another process holds is taken, and is free once the process is killed', async () => {
  const path = await freshPath()
  const lock = await newLock(path)
  const child = fork(fileURLToPath(holder), [path])
  await once(child, 'message')
  expect(await isFree(lock, 'shared')).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await isFree(lock, 'exclusive')).toBe(true)
})

test('behind a lock that stays taken, writing is busy, reading what is known is not, and both go on after it', async () => {
  const path = await freshPath()
  const { backend } = await openBackend(path)
  const other = await openBackend(path)
  await backend.append([leafOf('a')])
  expect(await other.backend.size()).toBe(1)
  const lock = await newLock(path)
  await lock.acquire('exclusive')
  vi.useFakeTimers()
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const refused = expect(backend.append([leafOf('b')])).rejects.toMatchObject({ code: 'AUDIT_BUSY' })
  await vi.advanceTimersByTimeAsync(31_000)
  await refused
  expect(await other.backend.size()).toBe(1)
  vi.useRealTimers()
  lock.release()
  expect(await backend.append([leafOf('c')])).toBe(1)
  expect(await textsOf(other.backend)).toEqual(['a', 'c'])
})
