import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'
import { FileLock, type LockMode, newDeadline } from '../src/file-lock.ts'
import { loadNativeLock, type NativeLock } from '../src/native-lock.ts'
import { freshPath, leafOf, lineOf, openInThisThread } from './scene.ts'

const holder = new URL('hold-lock.ts', import.meta.url)

async function newLock(path: string): Promise<FileLock> {
  const descriptor = openSync(path, 'a+')
  onTestFinished(() => closeSync(descriptor))
  return new FileLock(loadNativeLock([import.meta.url]), descriptor)
}

/** Takes the lock and keeps it until it is released. */
function take(lock: FileLock, mode: LockMode): Promise<void> {
  return lock.hold(
    mode,
    newDeadline(),
    () => {},
    () => true,
  )
}

/** Whether the lock is free to be taken, within the time that a few tries take. */
async function isFree(lock: FileLock, mode: 'shared' | 'exclusive'): Promise<boolean> {
  vi.useFakeTimers()
  try {
    const outcome = take(lock, mode).then(
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
  const path = freshPath()
  const [one, two] = [await newLock(path), await newLock(path)]
  await take(one, 'shared')
  expect(await isFree(two, 'shared')).toBe(true)
  expect(await isFree(two, 'exclusive')).toBe(false)
  one.release()
  await take(one, 'exclusive')
  expect(await isFree(two, 'shared')).toBe(false)
  expect(await isFree(two, 'exclusive')).toBe(false)
  one.release()
  expect(await isFree(two, 'exclusive')).toBe(true)
})

test('a waiting process gets the lock as soon as it is free', async () => {
  const path = freshPath()
  const [one, two] = [await newLock(path), await newLock(path)]
  await take(one, 'exclusive')
  let isHeld = false
  const waiting = take(two, 'exclusive').then(() => {
    isHeld = true
  })
  await new Promise(resolve => setTimeout(resolve, 20))
  expect(isHeld).toBe(false)
  one.release()
  await waiting
})

test('a lock that another thread holds is taken, and is free once the thread is terminated', async () => {
  const path = freshPath()
  const lock = await newLock(path)
  const worker = new Worker(holder, { argv: [path] })
  await once(worker, 'message')
  expect(await isFree(lock, 'shared')).toBe(false)
  await worker.terminate()
  expect(await isFree(lock, 'exclusive')).toBe(true)
})

test('a lock that another process holds is taken, and is free once the process is killed', async () => {
  const path = freshPath()
  const lock = await newLock(path)
  const child = fork(fileURLToPath(holder), [path])
  await once(child, 'message')
  expect(await isFree(lock, 'shared')).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await isFree(lock, 'exclusive')).toBe(true)
})

test('while a lock stays taken, writing is busy and reading known entries is not; both continue after it', async () => {
  const path = freshPath()
  const own = await openInThisThread(path)
  const other = await openInThisThread(path)
  await own.append(leafOf('a'))
  expect(await other.log.size()).toBe(1)
  const lock = await newLock(path)
  await take(lock, 'exclusive')
  vi.useFakeTimers()
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const refused = expect(own.append(leafOf('b'))).rejects.toMatchObject({ code: 'AUDIT_BUSY' })
  await vi.advanceTimersByTimeAsync(31_000)
  await refused
  expect(await other.log.size()).toBe(1)
  vi.useRealTimers()
  lock.release()
  expect(await own.append(leafOf('c'))).toBe(1)
  expect(await other.texts()).toEqual(['a', 'c'])
})

test('a call that needs two locks waits 30 seconds for both, not for each', async () => {
  const path = freshPath()
  const isFree = { shared: false, exclusive: false }
  const system = loadNativeLock([import.meta.url])
  const native: NativeLock = {
    tryLock: (descriptor, offset, length, options = {}) =>
      isFree[options.shared ? 'shared' : 'exclusive'] && system.tryLock(descriptor, offset, length, options),
    unlock: system.unlock,
  }
  const { append } = await openInThisThread(path, { native })
  await writeFile(path, `${lineOf('x'.repeat(2_000_000))}\n`) // so far behind that it catches up first
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const outcome = append(leafOf('b')).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(29_000)
  isFree.shared = true
  await vi.advanceTimersByTimeAsync(2_000)
  isFree.exclusive = true
  await vi.advanceTimersByTimeAsync(30_000)
  expect(await outcome).toMatchObject({ code: 'AUDIT_BUSY' })
})
