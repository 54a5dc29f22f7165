import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { AuditLog } from '@audit/core'
import { outcomeOf, TemporaryFolder } from '@audit/harness'
import { SqliteBackend } from '@audit/sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BINARY, startBinary } from './binary.ts'
import { writeSampleLogs } from './sample-log.ts'

let folder: TemporaryFolder
beforeAll(async () => {
  folder = new TemporaryFolder()
  await writeSampleLogs(folder.path)
  const log = new AuditLog({ backend: new SqliteBackend({ path: folder.file('large.db') }) })
  const text = 'x'.repeat(10_000)
  await Promise.all(
    Array.from({ length: 2000 }, () => log.record({ model: 'm', inputText: text, outputText: text })),
  )
  await log.close()
})
afterAll(() => folder[Symbol.dispose]())

describe.skipIf(process.platform === 'win32')('a pipe whose reader is gone', () => {
  test.each([
    'query large.db --limit 0',
    'query large.db --limit 0 --lines',
    'tail large.db --limit 2000',
    'tail -f large.db --limit 2000',
    'stats audit.db',
    'show audit.db 1',
    'query --help',
  ])('is quiet, and ends the command: %s', async args => {
    const command = `'${process.execPath}' '${BINARY}' ${args} | true; echo "\${PIPESTATUS[0]}"`
    const { output, errors } = await outcomeOf(spawn('bash', ['-c', command], { cwd: folder.path }))
    expect({ output, errors }).toEqual({ output: '0\n', errors: '' })
  })

  test('of which only the beginning is read gives that beginning', async () => {
    const command = `'${process.execPath}' '${BINARY}' query large.db --limit 0 --columns index | head -3`
    const { output, errors } = await outcomeOf(spawn('bash', ['-c', command], { cwd: folder.path }))
    expect({ output, errors }).toEqual({
      output: '{"index":1999}\n{"index":1998}\n{"index":1997}\n',
      errors: '',
    })
  })
})

test.skipIf(!existsSync('/dev/full'))('a full disk is an error, once', async () => {
  const command = `'${process.execPath}' '${BINARY}' query large.db --limit 0 > /dev/full`
  const { exitCode, errors } = await outcomeOf(spawn('bash', ['-c', command], { cwd: folder.path }))
  expect(exitCode, errors).toBe(2)
  expect(errors).toMatch(/^audit: the output cannot be written: .*ENOSPC.*\n$/)
})

test.skipIf(!existsSync('/dev/full')).each(['--help', '--version', 'query --help', 'help tail'])(
  'a full disk is one for help, too: %s',
  async args => {
    const command = `'${process.execPath}' '${BINARY}' ${args} > /dev/full`
    const { exitCode, errors } = await outcomeOf(spawn('bash', ['-c', command], { cwd: folder.path }))
    expect(exitCode, errors).toBe(2)
    expect(errors).toMatch(/^audit: the output cannot be written: .*ENOSPC.*\n$/)
  },
)

test.skipIf(!existsSync('/dev/full'))('an error that cannot be written is one', async () => {
  const command = `'${process.execPath}' '${BINARY}' query missing.db 2> /dev/full`
  const { exitCode } = await outcomeOf(spawn('bash', ['-c', command], { cwd: folder.path }))
  expect(exitCode).toBe(2)
})

describe.skipIf(process.platform === 'win32')('a signal', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends a command that follows with %i', async (signal, expected) => {
    const child = startBinary(['tail', '-f', 'audit.db'], { cwd: folder.path })
    if (child.stdout) await once(child.stdout, 'data')
    child.kill(signal)
    const { exitCode, errors } = await outcomeOf(child)
    expect({ exitCode, errors }).toEqual({ exitCode: expected, errors: '' })
  })

  test('ends a command whose output nobody takes', async () => {
    const child = startBinary(['query', 'large.db', '--limit', '0'], { cwd: folder.path })
    if (child.stdout) await once(child.stdout, 'readable') // and nothing is read
    child.kill('SIGINT')
    const [exitCode] = await once(child, 'exit')
    expect(exitCode).toBe(130)
    child.stdout?.destroy()
  })
})
