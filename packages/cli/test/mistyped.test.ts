import { TemporaryFolder } from '@audit/harness'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runHere } from './in-process.ts'
import { writeSampleLogs } from './sample-log.ts'

let folder: TemporaryFolder
beforeAll(async () => {
  folder = new TemporaryFolder()
  await writeSampleLogs(folder.path)
})
afterAll(() => folder[Symbol.dispose]())

test.each([
  ['a status that is none', ['query', 'audit.db', '--status', 'nope']],
  ['a beginning after the end', ['query', 'audit.db', '--since', '2026-11-24', '--until', '2026-11-23']],
  ['a user twice', ['query', 'audit.db', '--user', 'alice', '--user', 'bob']],
  ['a time twice', ['stats', 'audit.db', '--since', '2w', '--since', '1w']],
])('%s is refused', async (_, args) => {
  const { exitCode, stdout, stderr } = await runHere(args, { cwd: folder.path })
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).not.toBe('')
})

test('a beginning at the end is a time like any other', async () => {
  const args = ['query', 'audit.db', '--since', '2026-11-24', '--until', '2026-11-24']
  expect(await runHere(args, { cwd: folder.path })).toMatchObject({ exitCode: 0, stderr: '' })
})

test('columns have the names of JSON, too', async () => {
  const args = ['show', 'audit.db', '3']
  const entry = JSON.parse((await runHere(args, { cwd: folder.path })).stdout)
  const names = ['entryId', 'timestamp', 'costUsd', 'latencyMs', 'inputText', 'outputText']
  const { stdout, stderr } = await runHere(
    ['query', 'audit.db', '--oldest', '--limit', '4', '--columns', names.join(',')],
    { cwd: folder.path },
  )
  const shown = JSON.parse(stdout.trimEnd().split('\n')[3] ?? '')
  expect(shown).toEqual(Object.fromEntries(names.map(name => [name, entry[name]])))
  expect(stderr).not.toContain('no entry')
})

test.each([
  [['query', 'audit.db', '--columns', 'index,costs'], 'costs'],
  [['stats', 'audit.db', '--by', 'user,year'], 'year'],
])('%j: a key that no entry has is named', async (args, key) => {
  const { exitCode, stderr } = await runHere(args, { cwd: folder.path })
  expect(exitCode).toBe(0)
  expect(stderr).toMatch(new RegExp(`no entry .*has ${key} in its metadata`))
})

test.each([
  ['--by', 'user,month', 'user'],
  ['--by', 'model', 'count'],
  ['--by', 'model,day', 'model'],
])('stats %s %s is sorted by %s', async (option, by, key) => {
  const { stdout } = await runHere(['stats', 'audit.db', option, by], { cwd: folder.path })
  const rows: readonly Record<string, string | number>[] = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  const values = rows.map(row => row[key] ?? '')
  expect(values).toEqual(
    key === 'count' ? values.toSorted((a, b) => Number(b) - Number(a)) : values.toSorted(),
  )
})

test('stats --sort cost has the dearest first', async () => {
  const args = ['stats', 'audit.db', '--by', 'user,day', '--sort', 'cost']
  const { stdout } = await runHere(args, { cwd: folder.path })
  const costs = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line).costUsd)
  expect(costs.length).toBeGreaterThan(3)
  expect(costs).toEqual(costs.toSorted((a, b) => b - a))
})
