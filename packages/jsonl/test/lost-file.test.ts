import { copyFile, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { freshPath, inputOf, openBackend, textsOf } from './scene.ts'

test('while a file is moved away, reading and writing fail; the log continues when it is back', async () => {
  const path = freshPath()
  const { backend, log } = await openBackend(path)
  await log.record(inputOf('a'))
  await rename(path, `${path}.away`)
  await expect(log.record(inputOf('lost'))).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_READ_FAILED' })
  await rename(`${path}.away`, path)
  expect(await log.record(inputOf('b'))).toMatchObject({ index: 1 })
  expect(await textsOf(backend)).toEqual(['a', 'b'])
})

test('a deleted file is not written into', async () => {
  const path = freshPath()
  const { log } = await openBackend(path)
  await log.record(inputOf('a'))
  await rm(path)
  await expect(log.record(inputOf('lost'))).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('another file in its place is left unchanged', async () => {
  const path = freshPath()
  const { log } = await openBackend(path)
  await log.record(inputOf('a'))
  await copyFile(path, `${path}.copy`)
  await rename(`${path}.copy`, path)
  const content = await readFile(path)
  await expect(log.record(inputOf('lost'))).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  await expect(log.query()).rejects.toMatchObject({ code: 'AUDIT_READ_FAILED' })
  expect(await readFile(path)).toEqual(content)
  const again = await openBackend(path)
  expect(await again.log.record(inputOf('b'))).toMatchObject({ index: 1 })
})

test('a file that was cut is corrupt, for reading and writing', async () => {
  const path = freshPath()
  const { log } = await openBackend(path)
  await log.record(inputOf('a'))
  await log.record(inputOf('b'))
  const whole = await readFile(path)
  await truncate(path, whole.length - 10)
  await expect(log.record(inputOf('lost'))).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  await expect(log.query()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  expect(await readFile(path)).toEqual(whole.subarray(0, -10))
  await writeFile(path, whole)
  expect(await log.record(inputOf('c'))).toMatchObject({ index: 2 })
})

test('a line that was changed under an open log is corrupt, not a wrong answer', async () => {
  const path = freshPath()
  const { log } = await openBackend(path)
  await log.record(inputOf('a'))
  const content = await readFile(path, 'utf8')
  await writeFile(path, content.replace('"user"', '"User"'))
  await expect(log.query()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  await writeFile(path, content)
  expect(await log.query()).toHaveLength(1)
})
