import { spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { AuditLog } from '@audit/core'
import { boundByPermissions, canBeBound, outcomeOf, TemporaryFolder } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend } from '@audit/sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BINARY, runBinary } from './binary.ts'
import { writeSampleLogs } from './sample-log.ts'

const COMMANDS = ['query', 'tail', 'stats', 'show'].map(name => [name, ...(name === 'show' ? ['3'] : [])])
const argsFor = ([name = '', ...rest]: readonly string[], log: string) => [name, log, ...rest]

let folder: TemporaryFolder
beforeAll(async () => {
  folder = new TemporaryFolder()
  await writeSampleLogs(folder.path)
})
afterAll(() => folder[Symbol.dispose]())

/** What is in a folder, with its sizes and times: it must be the same after a command. */
const contents = (path: string) =>
  readdirSync(path).map(name => {
    const { size, mtimeMs, mode } = statSync(join(path, name))
    return { name, size, mtimeMs, mode }
  })

test('commands change nothing beside the log', async () => {
  const before = contents(folder.path)
  for (const command of COMMANDS) {
    for (const log of ['audit.db', 'audit.jsonl']) {
      const { exitCode, errors } = await runBinary(argsFor(command, log), { cwd: folder.path })
      expect(exitCode, errors).toBe(0)
    }
  }
  expect(contents(folder.path)).toEqual(before)
})

describe.skipIf(!canBeBound)('in a folder without permission to write (where permissions can bind)', () => {
  test.each(['audit.db', 'audit.jsonl'])('%s is read', async name => {
    const inner = join(temporaryFolder(), 'read-only')
    mkdirSync(inner)
    copyFileSync(folder.file(name), join(inner, name))
    chmodSync(join(inner, name), 0o444)
    chmodSync(inner, 0o555)
    try {
      const [program, ...args] = boundByPermissions(BINARY, 'query', name, '-n', '0')
      const { exitCode, output, errors } = await outcomeOf(spawn(program, args, { cwd: inner }))
      expect({ exitCode, lines: output.split('\n').length - 1 }, errors).toEqual({ exitCode: 0, lines: 48 })
    } finally {
      chmodSync(inner, 0o755)
    }
  })

  test.each(['audit.db', 'audit.jsonl'])('%s that may not be read is one sentence', async name => {
    const inner = temporaryFolder()
    copyFileSync(folder.file(name), join(inner, name))
    chmodSync(join(inner, name), 0o000)
    const [program, ...args] = boundByPermissions(BINARY, 'query', name)
    const { exitCode, errors } = await outcomeOf(spawn(program, args, { cwd: inner }))
    expect({ exitCode }, errors).toEqual({ exitCode: 2 })
    expect(errors).toMatch(/^audit: [^\n]+\n$/)
  })
})

test('an SQLite file that was copied without its -wal shows what it holds', async () => {
  const inner = temporaryFolder()
  copyFileSync(folder.file('audit.db'), join(inner, 'live.db'))
  const log = new AuditLog({ backend: new SqliteBackend({ path: join(inner, 'live.db') }) })
  await log.record({ model: 'm', inputText: 'in', outputText: 'out' }) // stands in the -wal
  copyFileSync(join(inner, 'live.db'), join(inner, 'copy.db'))
  const sizes = []
  for (const name of ['copy.db', 'live.db']) {
    const { output } = await runBinary(['query', name, '-n', '0'], { cwd: inner })
    sizes.push(output.split('\n').length - 1)
  }
  await log.close()
  expect(sizes).toEqual([48, 49])
})

describe('standard input', () => {
  test.each(['audit.db', 'audit.jsonl'])('is a log too: %s', async name => {
    const temporary = temporaryFolder()
    const { exitCode, output, errors } = await runBinary(['query', '-', '-n', '0'], {
      stdin: readFileSync(folder.file(name)),
      env: { TMPDIR: temporary },
    })
    expect({ exitCode, lines: output.split('\n').length - 1, errors }).toEqual({
      exitCode: 0,
      lines: 48,
      errors: '',
    })
    expect(readdirSync(temporary)).toEqual([])
  })

  test.each(['', 'no log\n'])('that is no log leaves nothing behind: %j', async stdin => {
    const temporary = temporaryFolder()
    const { exitCode, output, errors } = await runBinary(['query', '-'], {
      stdin,
      env: { TMPDIR: temporary },
    })
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' })
    expect(errors).toMatch(/^audit: standard input /)
    expect(readdirSync(temporary)).toEqual([])
  })
})

test('--local shows and reads times in the zone of the process', async () => {
  const env = { TZ: 'America/New_York' }
  const args = [
    'query',
    'audit.db',
    '--local',
    '--oldest',
    '--columns',
    'time,index',
    '--since',
    '2026-11-22T03:00',
    '--until',
    '2026-11-22T03:00',
  ]
  const { output } = await runBinary(args, { cwd: folder.path, env })
  expect(output).toBe('{"time":"2026-11-22T08:00:00.000Z","index":0}\n')
})
