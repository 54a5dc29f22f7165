import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { appendFile, chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canBeBound } from '@audit/harness'
import { expect, test } from 'vitest'
import { holdLock } from './held-lock.ts'
import { openBoundByPermissions } from './open-bound-by-permissions.ts'
import { freshPath, inputOf, leafOf, lineOf, openBackend, openInThisThread, textsOf } from './scene.ts'

const readOnly = { readOnly: true }

test('it reads everything, follows what others append, and appends nothing itself', async () => {
  const path = freshPath()
  const writer = await openBackend(path)
  await writer.log.record(inputOf('a'))
  const { backend, log } = await openBackend(path, readOnly)
  expect(backend.isReadOnly).toBe(true)
  expect(writer.backend.isReadOnly).toBe(false)
  expect(await textsOf(backend)).toEqual(['a'])
  await writer.log.record(inputOf('b'))
  expect(await log.query()).toEqual(await writer.log.query())
  expect((await log.verify()).ok).toBe(true)
  await expect(log.record(inputOf('lost'))).rejects.toMatchObject({ code: 'AUDIT_READ_ONLY' })
  await expect(backend.append([leafOf('lost')])).rejects.toMatchObject({ code: 'AUDIT_READ_ONLY' })
  expect(await textsOf(writer.backend)).toEqual(['a', 'b'])
})

test('a file that is missing is an error, and stays missing', async () => {
  const path = freshPath()
  await expect(openBackend(path, readOnly)).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  expect(readdirSync(dirname(path))).toEqual([])
  await mkdir(path)
  await expect(openBackend(path, readOnly)).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
})

test.skipIf(process.platform === 'win32')(
  'a pipe in its place is refused, without hanging (Windows has none)',
  async () => {
    const path = freshPath()
    spawnSync('mkfifo', [path])
    await expect(openBackend(path, readOnly)).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  },
)

test('nothing on the disk changes, a tail included', async () => {
  const path = freshPath()
  await writeFile(path, `${lineOf('a')}\n${lineOf('b')}`)
  const before = { ...statSync(path), content: readFileSync(path), folder: statSync(dirname(path)).mtimeMs }
  const { backend, log, damages } = await openBackend(path, readOnly)
  expect(await textsOf(backend)).toEqual(['a'])
  expect((await log.verify()).findings).toMatchObject([{ kind: 'damaged' }])
  expect(damages).toMatchObject([{ line: 2, reason: 'torn' }])
  await backend.close()
  const after = { ...statSync(path), content: readFileSync(path), folder: statSync(dirname(path)).mtimeMs }
  const { atime: _a, atimeMs: _b, ...changed } = after
  expect(before).toMatchObject(changed)
  expect(readdirSync(dirname(path))).toHaveLength(1)
})

test('it waits while a writer holds the lock, and counts nothing that may be removed again', async () => {
  const path = freshPath()
  const writer = await openInThisThread(path)
  await writer.append(leafOf('a'))
  const { backend } = await openBackend(path, readOnly)
  expect(await backend.size()).toBe(1)
  const release = await holdLock(path)
  await appendFile(path, `${lineOf('unfinished')}\n`)
  let isAnswered = false
  const size = backend.size().finally(() => {
    isAnswered = true
  })
  await new Promise(resolve => setTimeout(resolve, 100))
  expect(isAnswered).toBe(false)
  truncateSync(path, Buffer.byteLength(readFileSync(path).subarray(0, readFileSync(path).indexOf('\n') + 1)))
  release()
  expect(await size).toBe(1)
})

test.skipIf(!canBeBound)(
  'a file of mode 0444 in a folder of mode 0555 is read (on Linux alone, root can be bound by permissions)',
  async () => {
    const path = freshPath()
    await writeFile(path, `${lineOf('a')}\n`)
    await chmod(path, 0o444)
    await chmod(dirname(path), 0o555)
    expect(openBoundByPermissions(path, 'read-only')).toBe('1')
  },
)

const canMount = spawnSync('unshare', ['-m', 'true']).status === 0

test.skipIf(!canMount)('a read-only mount is read (needs the right to mount)', async () => {
  const path = freshPath()
  await writeFile(path, `${lineOf('a')}\n`)
  const script = fileURLToPath(new URL('open-once.ts', import.meta.url))
  const mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && ! touch "$0/x" 2>/dev/null'
  const command = `${mount} && exec "${process.execPath}" "${script}" "$1" read-only`
  const { stdout, stderr } = spawnSync('unshare', ['-m', 'bash', '-c', command, dirname(path), path], {
    encoding: 'utf8',
  })
  expect([stdout, stderr]).toEqual(['1', ''])
})
