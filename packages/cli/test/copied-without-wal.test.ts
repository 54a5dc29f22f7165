import { copyFileSync } from 'node:fs'
import { AuditLog } from '@audit/core'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend } from '@audit/sqlite'
import { expect, test } from 'vitest'
import type { Trust } from '../src/view/contract.ts'
import { runHere } from './in-process.ts'
import { viewScene } from './view-scene.ts'

/** A copy of a log with five entries that was open, and whose newest entries, here all, were in its `-wal`. */
async function copyWithoutWal(): Promise<string> {
  const folder = temporaryFolder()
  await using log = new AuditLog({ backend: new SqliteBackend({ path: `${folder}/open.db` }) })
  for (let i = 0; i < 5; i++) await log.record({ model: 'm', inputText: '', outputText: '' })
  copyFileSync(`${folder}/open.db`, `${folder}/copy.db`)
  return `${folder}/copy.db`
}

test('verify says that it may lack a -wal', async () => {
  const { exitCode, stdout } = await runHere(['verify', await copyWithoutWal(), '--json'])
  expect(exitCode).toBe(3)
  expect(JSON.parse(stdout)).toMatchObject({
    size: 0,
    unchecked: expect.arrayContaining([expect.stringContaining('-wal')]),
  })
})

test('the page says it, too', async () => {
  const { get, json } = await viewScene({ path: await copyWithoutWal() })
  await (await get('/api/verify')).text()
  const { unchecked } = await json<Trust>('/api/trust')
  expect(unchecked).toContainEqual(expect.stringContaining('-wal'))
})

test.each(['query', 'stats'])('%s says it rather than nothing', async command => {
  const { stdout, stderr } = await runHere([command, await copyWithoutWal()])
  expect(stdout).toBe('')
  expect(stderr).toContain('-wal')
})

test('doctor warns of it', async () => {
  const { stdout } = await runHere(['doctor', await copyWithoutWal(), '--json'])
  const { checks }: { readonly checks: readonly object[] } = JSON.parse(stdout)
  expect(checks).toContainEqual(expect.objectContaining({ about: 'entries', level: 'warning' }))
})
