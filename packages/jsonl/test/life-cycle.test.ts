import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { JsonlBackend } from '@audit/jsonl'
import { expect, test } from 'vitest'
import { freshPath, leafOf, openBackend } from './scene.ts'

test('damage rejects before open and after close, as the methods of every backend do', async () => {
  const backend = new JsonlBackend({ path: freshPath() })
  await expect(backend.damage()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  await backend.open()
  await backend.damage()
  await backend.close()
  await expect(backend.damage()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
})

test('opening twice is fine, closing twice is fine, opening after closing is not', async () => {
  const backend = new JsonlBackend({ path: freshPath() })
  await Promise.all([backend.open(), backend.open()])
  await backend.open()
  await backend.append([leafOf('a')])
  expect(await backend.size()).toBe(1)
  await Promise.all([backend.close(), backend.close()])
  await backend.close()
  await expect(backend.open()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
})

test('close waits for pending calls', async () => {
  const path = freshPath()
  const { backend } = await openBackend(path)
  await backend.append(Array.from({ length: 40 }, () => leafOf('x'.repeat(150_000)))) // many reads
  const read = backend.read(0, 40)
  const append = backend.append([leafOf('last')])
  await backend.close()
  expect(await read).toHaveLength(40)
  expect(await append).toBe(40)
  expect(await readFile(path, 'utf8')).toContain('"input_text":"last"')
})

test('closing while it opens leaves it closed', async () => {
  const backend = new JsonlBackend({ path: freshPath() })
  const opening = backend.open()
  await backend.close()
  await opening
  await expect(backend.size()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
})

test('a relative path counts from the working directory of the constructor', async () => {
  const path = freshPath()
  const before = process.cwd()
  process.chdir(resolve(path, '..'))
  const backend = new JsonlBackend({ path: 'audit.jsonl' })
  process.chdir(before)
  await backend.open()
  await backend.append([leafOf('a')])
  await backend.close()
  expect(await readFile(path, 'utf8')).toContain('"input_text":"a"')
})

test.each([
  undefined,
  null,
  'audit.jsonl',
  {},
  { path: '' },
  { path: 3 },
  { path: 'a\0b' },
  { path: 'a', onDamage: 'warn' },
  { path: 'a', readOnly: 'yes' },
  { path: 'a', readOnly: undefined },
  { path: 'a', metadataIndexes: 'session' },
  { path: 'a', metadataIndexes: [''] },
  { path: 'a', metadataIndexes: ['k', 'k'] },
  Object.create({ path: 'a' }),
  { path: 'a', ondamage: () => {} },
])('options that are none are refused: %j', options => {
  // JavaScript callers can pass what the types forbid.
  const create = () => new JsonlBackend(options as unknown as { path: string })
  expect(create).toThrow(expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }))
})
