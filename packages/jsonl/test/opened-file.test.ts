import { fork } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, test, vi } from 'vitest'
import { freshPath, leafOf, lineOf, openBackend, openInThisThread, textsOf } from './scene.ts'

/** What is done around the second opening of a path, and the folders that were synced. */
const system = vi.hoisted(() => ({
  beforeSecond: () => {},
  afterSecond: () => {},
  opened: new Map<string, number>(),
  folders: new Map<number, string>(),
  synced: [] as (string | undefined)[],
}))

vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  return {
    ...fs,
    openSync: (path: string, flags: number, mode?: number) => {
      const times = (system.opened.get(path) ?? 0) + 1
      system.opened.set(path, times)
      if (times === 2) system.beforeSecond()
      const descriptor = fs.openSync(path, flags, mode)
      if (times === 2) system.afterSecond()
      system.folders.set(descriptor, path)
      return descriptor
    },
    fsyncSync: (descriptor: number) => {
      system.synced.push(system.folders.get(descriptor))
      fs.fsyncSync(descriptor)
    },
  }
})

beforeEach(() => {
  Object.assign(system, { beforeSecond: () => {}, afterSecond: () => {} })
  system.opened.clear()
  system.synced.length = 0
})

test('the lock is on the file that is written: one that is exchanged for a moment while it is opened is refused', async () => {
  const path = freshPath()
  writeFileSync(path, `${lineOf('a')}\n`)
  system.beforeSecond = () => {
    copyFileSync(path, `${path}.copy`)
    renameSync(path, `${path}.away`)
    renameSync(`${path}.copy`, path)
  }
  system.afterSecond = () => renameSync(`${path}.away`, path)
  await expect(openInThisThread(path)).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
})

test.skipIf(process.platform === 'win32')(
  "a file's folder is synced whoever opens it, also through a link (Windows syncs no folders)",
  async () => {
    const path = freshPath()
    const folder = realpathSync(dirname(path))
    await openInThisThread(path)
    expect(system.synced).toEqual([folder])
    await openInThisThread(path)
    const link = freshPath('link.jsonl')
    symlinkSync(path, link)
    await openInThisThread(link)
    expect(system.synced).toEqual([folder, folder, folder])
    await openInThisThread(path, { isReadOnly: true })
    expect(system.synced).toHaveLength(3)
  },
)

test('two processes that know the file by two names take turns, and lose nothing', async () => {
  const path = freshPath()
  const { backend } = await openBackend(path)
  const second = join(dirname(path), 'second.jsonl')
  linkSync(path, second)
  const writer = fileURLToPath(new URL('crowd-writer.ts', import.meta.url))
  const children = [fork(writer, [path, 'p0']), fork(writer, [second, 'p1'])]
  for (const [code] of await Promise.all(children.map(child => once(child, 'exit')))) expect(code).toBe(0)
  const texts = await textsOf(backend)
  expect(texts).toHaveLength(2 * 16 * 25)
  const other = await openBackend(second)
  expect(await other.backend.append([leafOf('last')])).toBe(texts.length)
  expect(await backend.size()).toBe(texts.length + 1)
  expect(await backend.damage()).toEqual([])
})

test.skipIf(process.platform !== 'linux')(
  'a path that leads to a file whose name is gone is no log any more (needs /proc)',
  async () => {
    const path = freshPath()
    writeFileSync(path, '')
    const descriptor = openSync(path, 'r+')
    const { backend } = await openBackend(`/proc/self/fd/${descriptor}`)
    expect(await backend.append([leafOf('a')])).toBe(0)
    renameSync(path, `${path}.moved`)
    expect(await backend.append([leafOf('b')])).toBe(1)
    const { rmSync, closeSync } = await import('node:fs')
    rmSync(`${path}.moved`)
    await expect(backend.append([leafOf('lost')])).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    closeSync(descriptor)
  },
)
