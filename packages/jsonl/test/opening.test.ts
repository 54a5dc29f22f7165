import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { JsonlBackend } from '@audit/jsonl'
import { expect, test } from 'vitest'
import { freshPath, leafOf, openBackend } from './scene.ts'

const open = (path: string) => new JsonlBackend({ path, onDamage: () => {} }).open()

test('a missing folder is not created', async () => {
  const path = join(dirname(freshPath()), 'missing', 'audit.jsonl')
  await expect(open(path)).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
})

test('a folder in its place is refused', async () => {
  const path = freshPath()
  await mkdir(path)
  await expect(open(path)).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
})

test.skipIf(process.platform === 'win32')('a pipe in its place is refused, without hanging', async () => {
  const path = freshPath()
  execFileSync('mkfifo', [path])
  await expect(open(path)).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
})

test('a symbolic link is followed to a file, and to nothing else', async () => {
  const path = freshPath()
  const link = `${path}.link`
  await symlink(path, link)
  await expect(open(link)).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' })
  await mkdir(path)
  await expect(open(link)).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  await rm(path, { recursive: true })
  await writeFile(path, '')
  const { backend } = await openBackend(link)
  expect(await backend.append([leafOf('a')])).toBe(0)
  expect(await readFile(path, 'utf8')).toContain('"input_text":"a"')
})

test('after a failure the same instance opens once the cause has gone', async () => {
  const path = join(dirname(freshPath()), 'later', 'audit.jsonl')
  const backend = new JsonlBackend({ path })
  await expect(backend.open()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  await mkdir(dirname(path))
  await backend.open()
  expect(await backend.append([leafOf('a')])).toBe(0)
  await backend.close()
})

test.each([
  ['SQLite', Buffer.from(`SQLite format 3\0${'\0'.repeat(4080)}`)],
  ['gzip', gzipSync('{}\n')],
  ['zip', Buffer.from('PK\x03\x04\x14\x00')],
  ['PNG', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
  ['PDF', Buffer.from('%PDF-1.7\n')],
  ['ELF', Buffer.from('\x7fELF\x02\x01')],
  ['UTF-16', Buffer.from('\ufeff{"a":1}\n', 'utf16le')],
])('a %s file is refused and left as it was', async (_, bytes) => {
  const path = freshPath()
  await writeFile(path, bytes)
  await expect(open(path)).rejects.toMatchObject({ code: 'AUDIT_UNSUPPORTED_FORMAT' })
  expect(await readFile(path)).toEqual(bytes)
})
