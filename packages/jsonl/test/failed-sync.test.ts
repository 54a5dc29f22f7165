import { appendFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { beforeEach, expect, test, vi } from 'vitest'
import { freshPath, leafOf, lineOf, openInThisThread } from './scene.ts'

type Call = 'write' | 'fdatasync' | 'ftruncate'
/** How many of the next calls fail, what happens when one does, and all calls that were made, in their order. */
const system = vi.hoisted(() => ({
  failing: { write: 0, fdatasync: 0, ftruncate: 0 },
  onFailure: () => {},
  /** Whether the next write ends early, as on a disk that is nearly full, and how many writes behind it fail. */
  isShort: false,
  failsBehindShort: 0,
  calls: [] as Call[],
}))

// No file system here can be told to fail these calls, so the calls themselves do.
vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  function watched<A extends unknown[], R>(name: Call, call: (...args: A) => R): (...args: A) => R {
    return (...args) => {
      system.calls.push(name)
      if (system.failing[name] === 0) return call(...args)
      system.failing[name]--
      system.onFailure()
      throw new Error('EIO')
    }
  }
  return {
    ...fs,
    writeSync: watched(
      'write',
      (descriptor: number, bytes: Buffer, offset: number, length: number, at?: number) => {
        const part = system.isShort ? Math.ceil(length / 2) : length
        if (system.isShort) system.failing.write = system.failsBehindShort
        system.isShort = false
        return fs.writeSync(descriptor, bytes, offset, part, at)
      },
    ),
    fdatasyncSync: watched('fdatasync', fs.fdatasyncSync),
    ftruncateSync: watched('ftruncate', fs.ftruncateSync),
  }
})

beforeEach(() => {
  Object.assign(system.failing, { write: 0, fdatasync: 0, ftruncate: 0 })
  system.onFailure = () => {}
  Object.assign(system, { isShort: false, failsBehindShort: 0 })
  system.calls.length = 0
})

const FAILED = { code: 'AUDIT_WRITE_FAILED' }

test('an acknowledged entry was written and then synced', async () => {
  const { append } = await openInThisThread(freshPath())
  await append(leafOf('a'))
  expect(system.calls).toEqual(['write', 'fdatasync'])
})

test('a batch whose sync fails is cut back for good, and recording it again makes no duplicate', async () => {
  const path = freshPath()
  const { append, log } = await openInThisThread(path)
  await append(leafOf('a'))
  const { size } = await stat(path)
  const leaf = leafOf('b')
  system.failing.fdatasync = 1
  system.calls.length = 0
  await expect(append(leaf)).rejects.toThrow('EIO')
  expect(system.calls).toEqual(['write', 'fdatasync', 'ftruncate', 'fdatasync'])
  expect((await stat(path)).size).toBe(size)
  expect(await log.size()).toBe(1)
  expect(await append(leaf)).toBe(1)
  const other = await openInThisThread(path)
  expect(await other.texts()).toEqual(['a', 'b'])
})

test.each([
  ['cut back', { fdatasync: 1, ftruncate: 4 }],
  ['synced after it was cut back', { fdatasync: 5, ftruncate: 0 }],
])(
  'while a failed batch cannot be %s, nobody reads it as entries, and later everybody continues',
  async (_, failing) => {
    const path = freshPath()
    const { append, log, texts } = await openInThisThread(path)
    const other = await openInThisThread(path)
    await append(leafOf('a'))
    expect(await other.log.size()).toBe(1)
    const { size } = await stat(path)

    Object.assign(system.failing, failing)
    await expect(append(leafOf('lost'))).rejects.toThrow('EIO')
    expect(await log.size()).toBe(1)
    expect(await texts()).toEqual(['a'])
    const waiting = other.append(leafOf('b'))
    await expect(append(leafOf('lost too'))).rejects.toMatchObject(FAILED)
    // Without another call, this process takes the bytes back by itself, however often it has to try.
    expect(await waiting).toBe(1)
    expect(system.failing).toEqual({ write: 0, fdatasync: 0, ftruncate: 0 })
    expect((await stat(path)).size).toBe(2 * size)
    expect(await append(leafOf('c'))).toBe(2)
    expect(await other.texts()).toEqual(['a', 'b', 'c'])
  },
)

test('lines that a program without a lock appends are not cut off with a failed batch', async () => {
  const path = freshPath()
  const { append, texts } = await openInThisThread(path)
  await append(leafOf('a'))
  const foreign = leafOf('theirs').line
  system.failing.fdatasync = 1
  system.onFailure = () => appendFileSync(path, `${foreign}\n`)
  await expect(append(leafOf('lost'))).rejects.toThrow('EIO')
  expect(await texts()).toEqual(['a', 'theirs'])
  const content = await readFile(path, 'utf8')
  expect(content).toContain(foreign)
  expect(content).not.toContain('lost')
  const other = await openInThisThread(path)
  expect(await other.texts()).toEqual(['a', 'theirs'])
  expect(other.damages).toEqual([])
})

test('blanking out continues where it failed, and leaves what others have appended unchanged', async () => {
  const path = freshPath()
  const { append } = await openInThisThread(path)
  const other = await openInThisThread(path)
  await append(leafOf('a'))
  const foreign = leafOf('theirs').line
  system.failing.fdatasync = 2
  system.onFailure = () => {
    system.onFailure = () => {}
    appendFileSync(path, `${foreign}\n`)
  }
  await expect(append(leafOf('lost'))).rejects.toThrow('EIO')
  expect(await other.append(leafOf('b'))).toBe(2)
  expect(await other.texts()).toEqual(['a', 'theirs', 'b'])
  expect(other.damages).toEqual([])
})

test('a write that ends early continues where it ended', async () => {
  const path = freshPath()
  const { append } = await openInThisThread(path)
  system.isShort = true
  await append(leafOf('a'), leafOf('b'))
  expect(system.calls).toEqual(['write', 'write', 'fdatasync'])
  expect(await (await openInThisThread(path)).texts()).toEqual(['a', 'b'])
})

test.each([
  ['short', 'x'],
  ['long', 'x'.repeat(10_000)],
])(
  'of a batch that was written in part, only that part is taken back, and not what others appended: a %s line',
  async (_, text) => {
    const path = freshPath()
    const { append, texts } = await openInThisThread(path)
    await append(leafOf('a'))
    const theirs = `${lineOf(text)}\n`
    Object.assign(system, { isShort: true, failsBehindShort: 1 })
    system.onFailure = () => appendFileSync(path, theirs)
    await expect(append(leafOf('y'.repeat(3000)), leafOf('z'))).rejects.toThrow('EIO')
    expect(await texts()).toEqual(['a', text])
    expect((await readFile(path, 'utf8')).endsWith(theirs)).toBe(true)
  },
)

test('a tail is closed off for good before the batch is written', async () => {
  const path = freshPath()
  appendFileSync(path, leafOf('a').line)
  const { append } = await openInThisThread(path)
  system.calls.length = 0
  expect(await append(leafOf('b'))).toBe(1)
  expect(system.calls).toEqual(['write', 'fdatasync', 'write', 'fdatasync'])
})

test('a log that closes while it cannot take back a failed batch says so', async () => {
  const { append, log } = await openInThisThread(freshPath())
  Object.assign(system.failing, { fdatasync: 1, ftruncate: 100 })
  await expect(append(leafOf('lost'))).rejects.toThrow('EIO')
  expect(() => log.close()).toThrow(expect.objectContaining(FAILED))
})
