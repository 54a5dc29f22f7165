import { AuditLog } from '@audit/core'
import { createLeaf, encodeLine } from '@audit/core/backend'
import { TemporaryFolder } from '@audit/harness'
import { SqliteBackend } from '@audit/sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runHere } from './in-process.ts'
import { sampleId, sampleLeaves, writeSampleLogs } from './sample-log.ts'

let folder: TemporaryFolder
beforeAll(async () => {
  folder = new TemporaryFolder()
  await writeSampleLogs(folder.path)
})
afterAll(() => folder[Symbol.dispose]())

const show = (id: string, ...options: readonly string[]) =>
  runHere(['show', 'audit.db', id, ...options], { cwd: folder.path })

const shownBy = async (id: string): Promise<unknown> => {
  const { stdout, stderr } = await show(id)
  return stdout === '' ? stderr : JSON.parse(stdout).index
}

describe('an entry is found', () => {
  const id = sampleId(17)
  test.each([
    ['by its index', '17'],
    ['by its index, with #', '#17'],
    ['by its id', id],
    ['by its id in upper case', id.toUpperCase()],
    ['by its id without hyphens', id.replaceAll('-', '')],
    ['by the beginning of its id', id.slice(0, 13)],
    ['by the beginning without hyphens', id.replaceAll('-', '').slice(0, 14)],
    ['by all but the last digit', id.slice(0, -1)],
  ])('%s', async (_, given) => {
    expect(await shownBy(given)).toBe(17)
  })

  test.each([
    ['an index beyond the end', '48'],
    ['an id of nobody', '019aaaf2-0000-7000-8000-000000000000'],
    ['the beginning of nothing', '0000'],
    ['an empty id', ''],
    ['a hyphen', '--'],
  ])('%s is none', async (_, given) => {
    const { exitCode, stdout } = await runHere(['show', '--', 'audit.db', given], { cwd: folder.path })
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  })

  test('a beginning that several ids have is refused, and some are named', async () => {
    const { exitCode, stderr } = await show(id.slice(0, 5))
    expect(exitCode).toBe(2)
    expect(stderr).toContain(sampleId(0))
    expect(stderr.length).toBeLessThan(500)
  })

  test('a beginning that ids of other software have, too, is refused', async () => {
    const backend = new SqliteBackend({ path: folder.file('mixed.db') })
    await backend.open()
    const [leaf] = sampleLeaves()
    if (!leaf) throw new Error('the sample log is empty')
    const [first, second] = [sampleId(0), `${sampleId(0).slice(0, 13)}-of-other-software`]
    const timestamp = '2026-01-01T00:00:00.000Z' // far from what the ids say
    await backend.append([leaf, createLeaf({ ...leaf.entry, entryId: second, timestamp })])
    await backend.close()
    const given = sampleId(0).slice(0, 13)
    const {
      exitCode,
      stdout: none,
      stderr,
    } = await runHere(['show', 'mixed.db', given], { cwd: folder.path })
    expect({ exitCode, none }).toEqual({ exitCode: 2, none: '' })
    for (const id of [first, second]) expect(stderr).toContain(id)
    const { stdout } = await runHere(['show', 'mixed.db', sampleId(0).slice(0, 15)], { cwd: folder.path })
    expect(JSON.parse(stdout).index).toBe(0)
  })

  test('by the beginning of an id of other software', async () => {
    const backend = new SqliteBackend({ path: folder.file('foreign.db') })
    await backend.open()
    const [leaf] = sampleLeaves()
    if (!leaf) throw new Error('the sample log is empty')
    const ids = ['ABC-first', 'abd-second', `${id.slice(0, 13)}-of-another-time`]
    await backend.append(ids.map(entryId => createLeaf({ ...leaf.entry, entryId })))
    await backend.close()
    for (const [i, given] of ['abc', 'ABD', id.slice(0, 13)].entries()) {
      const { stdout } = await runHere(['show', 'foreign.db', given], { cwd: folder.path })
      expect(JSON.parse(stdout).index).toBe(i)
    }
  })
})

test('JSON has the entry, its leaf hash, and what belongs to it', async () => {
  const shown = JSON.parse((await show('20')).stdout)
  const leaf = sampleLeaves()[20]
  const { leafHash, about, aboutIt, ...entry } = shown
  expect(entry).toEqual({ ...leaf?.entry, index: 20 })
  expect(leafHash).toBe(Buffer.from(leaf?.hash ?? []).toString('hex'))
  expect(about.index).toBe(17)
  expect(aboutIt).toEqual([])
  const other = JSON.parse((await show('17')).stdout)
  expect(other.about).toBeNull()
  expect(other.aboutIt.map(({ index }: { readonly index: number }) => index)).toEqual([20])
})

test('--lines gives what was hashed', async () => {
  const leaf = sampleLeaves()[3]
  expect((await show('3', '--lines')).stdout).toBe(`${leaf && encodeLine(leaf.entry)}\n`)
})

test('--proof leads from the entry to the root that the log has', async () => {
  const { proof } = JSON.parse((await show('17', '--proof')).stdout)
  const log = new AuditLog({ backend: new SqliteBackend({ path: folder.file('audit.db'), readOnly: true }) })
  const { size, root } = await log.verify()
  await log.close()
  expect(proof).toMatchObject({ index: 17, size, root: Buffer.from(root).toString('base64') })
  expect(proof.hashes.length).toBeGreaterThanOrEqual(5)
})

test('people see both texts line by line, and what is about the entry', async () => {
  const { stdout } = await runHere(['show', 'audit.db', '17'], {
    cwd: folder.path,
    columns: 80,
    env: { NO_COLOR: '1' },
  })
  expect(stdout).toContain('\nInput\n  ')
  expect(stdout).toContain('\nWhat is about it\n  #20 ')
})

test('people see lists and objects of the metadata as they are, and are not harmed by them', async () => {
  const metadata = { list: ['stop'], nested: { long: Array.from({ length: 20 }, (_, i) => `item ${i}`) } }
  const hostile = { value: ['\u009b31m', '\u202e'] }
  await using log = new AuditLog({ backend: new SqliteBackend({ path: folder.file('nested.db') }) })
  await log.record({ model: 'm', inputText: '', outputText: '', metadata: { ...metadata, hostile } })
  const { stdout } = await runHere(['show', 'nested.db', '0'], {
    cwd: folder.path,
    columns: 80,
    env: { NO_COLOR: '1' },
  })
  expect(stdout).toMatch(/list +\["stop"\]\n/)
  expect(stdout).toMatch(/nested +\{\n +"long": \[\n +"item 0",\n/)
  expect(stdout).toContain('"\\u{9b}31m","\\u{202e}"')
})

test('people see a cost to its last digit', async () => {
  await using log = new AuditLog({ backend: new SqliteBackend({ path: folder.file('cost.db') }) })
  for (const costUsd of [0.1234567, 1e-9])
    await log.record({ model: 'm', inputText: '', outputText: '', costUsd })
  const costOf = async (id: string) =>
    (await runHere(['show', 'cost.db', id], { cwd: folder.path, columns: 80, env: { NO_COLOR: '1' } })).stdout
  expect(await costOf('0')).toContain('$0.1234567\n')
  expect(await costOf('1')).toContain('$0.000000001\n')
})

test('one long name leaves the other columns of a table', async () => {
  await using log = new AuditLog({ backend: new SqliteBackend({ path: folder.file('long-name.db') }) })
  const call = { model: 'm'.repeat(500), inputText: 'what?', outputText: '', costUsd: 1 }
  await log.record({ ...call, user: 'u'.repeat(5000), metadata: { 'audit.status': 'ok' } })
  const options = { cwd: folder.path, columns: 80, env: { NO_COLOR: '1' } }
  const { stdout } = await runHere(['query', 'long-name.db'], options)
  expect(stdout).toMatch(/uuu…/)
  expect(stdout).toMatch(/^# +time \(UTC\) +user +model .*input/)
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})
