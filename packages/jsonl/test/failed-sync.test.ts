import { appendFile, readFile, stat } from 'node:fs/promises'
import { AuditLog } from '@audit/core'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { JsonlBackend } from '../src/jsonl-backend.ts'
import { freshPath, inputOf, leafOf, openBackend } from './scene.ts'

type Callback = (error: Error | null) => void
const failing = vi.hoisted(() => ({ fdatasync: 0, ftruncate: 0, onSync: async () => {} }))

// No file system here can be told to fail these calls, so the calls themselves do.
vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  return {
    ...fs,
    fdatasync: (descriptor: number, callback: Callback) => {
      if (failing.fdatasync === 0) return fs.fdatasync(descriptor, callback)
      failing.fdatasync--
      failing.onSync().then(() => callback(new Error('EIO')), callback)
    },
    ftruncate: (descriptor: number, length: number, callback: Callback) => {
      if (failing.ftruncate === 0) return fs.ftruncate(descriptor, length, callback)
      failing.ftruncate--
      queueMicrotask(() => callback(new Error('EIO')))
    },
  }
})

beforeEach(() => {
  Object.assign(failing, { fdatasync: 0, ftruncate: 0, onSync: async () => {} })
})

async function openFaulty(path: string) {
  const backend = new JsonlBackend({ path })
  onTestFinished(() => backend.close())
  await backend.open()
  return { backend, log: new AuditLog({ backend }) }
}

test('a batch whose sync fails is cut back, and recording it again makes no duplicate', async () => {
  const path = await freshPath()
  const { backend, log } = await openFaulty(path)
  await log.record(inputOf('a'))
  const { size } = await stat(path)
  const leaf = leafOf('b')
  failing.fdatasync = 1
  await expect(backend.append([leaf])).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  expect((await stat(path)).size).toBe(size)
  expect(await log.count()).toBe(1)
  expect(await backend.append([leaf])).toBe(1)
  const other = await openBackend(path)
  expect(await other.log.query()).toEqual(await log.query())
  expect(await other.log.count()).toBe(2)
})

test('while a failed batch cannot be cut back, nobody takes it for entries, and later everybody goes on', async () => {
  const path = await freshPath()
  const { log } = await openFaulty(path)
  const other = await openBackend(path)
  await log.record(inputOf('a'))
  expect(await other.log.count()).toBe(1)
  const { size } = await stat(path)

  failing.fdatasync = 1
  failing.ftruncate = 2
  await expect(log.record(inputOf('lost'))).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  expect((await stat(path)).size).toBeGreaterThan(size)
  expect(await log.count()).toBe(1)
  expect(await log.query()).toHaveLength(1)
  const waiting = other.log.count()
  await expect(log.record(inputOf('lost too'))).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  // Without another call, this process takes the bytes back by itself.
  expect(await waiting).toBe(1)
  expect((await stat(path)).size).toBe(size)
  expect(await other.log.record(inputOf('b'))).toMatchObject({ index: 1 })
  expect(await log.record(inputOf('c'))).toMatchObject({ index: 2 })
})

test('what a program that takes no lock appends is not cut off with a failed batch', async () => {
  const path = await freshPath()
  const { log } = await openFaulty(path)
  await log.record(inputOf('a'))
  const foreign = leafOf('theirs').line
  failing.fdatasync = 1
  failing.onSync = () => appendFile(path, `${foreign}\n`)
  await expect(log.record(inputOf('lost'))).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  expect((await log.query()).map(entry => entry.inputText)).toEqual(['a', 'theirs'])
  const content = await readFile(path, 'utf8')
  expect(content).toContain(foreign)
  expect(content).not.toContain('lost')
  const other = await openBackend(path)
  expect(await other.log.query()).toEqual(await log.query())
  expect(other.damages).toEqual([])
})
