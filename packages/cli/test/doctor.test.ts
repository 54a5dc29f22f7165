import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { AuditLog } from '@audit/core'
import { TemporaryFolder } from '@audit/harness'
import { SqliteBackend } from '@audit/sqlite'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeAttackedLogs } from './attacked-logs.ts'
import { runBinary } from './binary.ts'
import { runHere } from './in-process.ts'
import { recordWithIntents } from './recorded-intents.ts'
import { synapseKitEntries, writeSynapseKitDatabase } from './synapsekit-files.ts'

let folder: TemporaryFolder
beforeAll(async () => {
  folder = new TemporaryFolder()
  await writeAttackedLogs(folder.path)
})
afterAll(() => folder[Symbol.dispose]())

interface Check {
  readonly about: string
  readonly level: string
  readonly message: string
  readonly advice?: string
}

async function examined(name: string) {
  const { exitCode, output, errors } = await runBinary(['doctor', name, '--json'], { cwd: folder.path })
  const { verdict, checks }: { readonly verdict: string; readonly checks: readonly Check[] } = JSON.parse(
    output || '{}',
  )
  const about = (what: string) => checks.filter(check => check.about === what).map(({ level }) => level)
  return { exitCode, errors, verdict, checks, about }
}

test.each(['audit.db', 'audit.jsonl'])('%s is healthy', async name => {
  const { exitCode, errors, checks, about } = await examined(name)
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' })
  expect(checks.filter(({ level }) => level === 'problem')).toEqual([])
  expect(about('damage')).toEqual(['ok'])
  expect(checks.find(check => check.about === 'entries')?.message).toContain('48 entries')
})

/** What is wrong with a file, by how it is made, and which check must say so. */
const PATIENTS: readonly (readonly [name: string, make: (path: string) => void, about: string])[] = [
  ['nothing', () => {}, 'file'],
  ['a link to nothing', path => symlinkSync('nowhere', path), 'file'],
  ['a folder', path => mkdirSync(path), 'file'],
  ['an empty file', path => writeFileSync(path, ''), 'format'],
  ['a letter', path => writeFileSync(path, 'Dear Sir or Madam,\n'), 'format'],
  ['a header alone', path => writeFileSync(path, 'SQLite format 3\0'), 'format'],
  [
    'a log that was cut',
    path => {
      copyFileSync(folder.file('audit.db'), path)
      truncateSync(path, 8192)
    },
    'length',
  ],
  ['a log of SynapseKit', path => writeSynapseKitDatabase(path, synapseKitEntries(3)), 'format'],
  [
    'a database of a newer version',
    path => {
      copyFileSync(folder.file('audit.db'), path)
      const database = new Database(path)
      database.pragma('user_version = 99')
      database.pragma('journal_mode = DELETE')
      database.close()
    },
    'format',
  ],
  ['a log without triggers', path => copyFileSync(folder.file('no-triggers.db'), path), 'damage'],
  ['a file with damaged lines', path => copyFileSync(folder.file('garbage.jsonl'), path), 'damage'],
  [
    'a copy without its wal',
    path => {
      copyFileSync(folder.file('audit.db'), path)
      writeFileSync(`${path}-shm`, Buffer.alloc(32_768, 1))
    },
    'side files',
  ],
  [
    'a folder beside it',
    path => {
      copyFileSync(folder.file('audit.db'), path)
      mkdirSync(`${path}-wal`)
    },
    'side files',
  ],
]

test.each(PATIENTS)('%s is a problem, and it says what to do', async (name, make, about) => {
  const file = name.replaceAll(' ', '-')
  make(folder.file(file))
  const before = readdirSync(folder.path).toSorted()
  const examination = await examined(file)
  expect(examination.exitCode, JSON.stringify(examination)).toBe(1)
  expect(examination.verdict).toBe('problem')
  expect(examination.about(about)).toContain('problem')
  expect(examination.errors).toBe('')
  expect(readdirSync(folder.path).toSorted()).toEqual(before)
})

test.skipIf(process.platform === 'win32')(
  'a second name is a problem for SQLite, and a FIFO does not make it wait',
  async () => {
    copyFileSync(folder.file('audit.db'), folder.file('two-names.db'))
    linkSync(folder.file('two-names.db'), folder.file('second-name.db'))
    const { exitCode, checks, about } = await examined('two-names.db')
    expect({ exitCode, names: about('names') }).toEqual({ exitCode: 1, names: ['problem'] })
    expect(checks.find(check => check.about === 'names')?.message).toContain('second-name.db')
    execFileSync('mkfifo', [folder.file('fifo')])
    expect((await examined('fifo')).about('file')).toEqual(['problem'])
  },
)

test.skipIf(process.platform === 'win32')(
  'a log that all may read is a warning, and ends with 0',
  async () => {
    copyFileSync(folder.file('audit.jsonl'), folder.file('shared.jsonl'))
    chmodSync(folder.file('shared.jsonl'), 0o644)
    const { exitCode, verdict, about } = await examined('shared.jsonl')
    expect({ exitCode, verdict, permissions: about('permissions') }).toEqual({
      exitCode: 0,
      verdict: 'warning',
      permissions: ['warning'],
    })
  },
)

test('what an editor does to a JSONL file is a warning', async () => {
  writeFileSync(
    folder.file('crlf.jsonl'),
    `\uFEFF${readFileSync(folder.file('audit.jsonl'), 'utf8').replaceAll('\n', '\r\n')}`,
  )
  expect((await examined('crlf.jsonl')).about('settings')).toEqual(['warning'])
})

test('an entry from the future is a warning about the clock', async () => {
  const { exitCode, stdout } = await runHere(['doctor', 'audit.jsonl', '--json'], {
    cwd: folder.path,
    now: new Date('2026-11-23T00:00:00Z'),
  })
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout).checks).toContainEqual(
    expect.objectContaining({ about: 'clock', level: 'warning' }),
  )
})

test('a log that is open elsewhere is healthy', async () => {
  copyFileSync(folder.file('audit.db'), folder.file('open.db'))
  await using log = new AuditLog({ backend: new SqliteBackend({ path: folder.file('open.db') }) })
  await log.record({ model: 'm', inputText: '', outputText: '' })
  const { checks, about } = await examined('open.db')
  expect(about('side files')).toEqual(['ok'])
  expect(checks.find(check => check.about === 'entries')?.message).toContain('49 entries')
})

test('people get a line for each check', async () => {
  const { exitCode, output } = await runBinary(['doctor', 'audit.jsonl'], { cwd: folder.path })
  expect(exitCode).toBe(0)
  expect(output).toMatch(/^audit\.jsonl\n( {2}(ok|note|warning) .*\n|\s+→ .*\n)+/)
  expect(output).not.toMatch(/Nothing is wrong\./)
  expect(output).toMatch(/\n[^\n]*looked at: file, permissions, [^\n]*audit verify[^\n]*\n$/)
})

test('calls that never ended are named, and those that ended are not', async () => {
  const path = folder.file('intents.db')
  await using log = new AuditLog({ backend: new SqliteBackend({ path }) })
  const open = await recordWithIntents(log)
  const named = await examined('intents.db')
  expect([named.exitCode, named.about('intents')]).toEqual([0, ['note']])
  const message = named.checks.find(({ about }) => about === 'intents')?.message ?? ''
  expect(message.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g)).toEqual([open.entryId])
  const metadata = { 'audit.about': open.entryId, 'audit.status': 'aborted' }
  await log.record({ model: 'm', inputText: 'Hi', outputText: '', metadata })
  expect((await examined('intents.db')).about('intents')).toEqual(['ok'])
  expect((await examined('audit.db')).about('intents')).toEqual([])
})
