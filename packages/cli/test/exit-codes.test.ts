import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TemporaryFolder } from '@audit/harness'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runBinary } from './binary.ts'
import { sampleId, writeSampleLogs } from './sample-log.ts'

/** What an output must be: nothing, anything that matches, or so many lines of JSON. */
type Expected = '' | RegExp | number

interface Situation {
  readonly command: string
  readonly situation: string
  readonly args: readonly string[]
  readonly exitCode: number
  readonly stdout: Expected
  readonly stderr: Expected
}

/** A command in a situation: how it ends, and what stands on which output. Both are pipes. */
const row = (
  args: readonly string[],
  situation: string,
  exitCode: number,
  stdout: Expected,
  stderr: Expected,
): Situation => ({ command: args[0] ?? 'audit', situation, args, exitCode, stdout, stderr })

const ONE_ERROR = /^audit: [^\n]+\n$/
const USAGE = /^audit: [^\n]+\n(\(.*\)\n)?$/

const SITUATIONS: readonly Situation[] = [
  row(['--help'], 'help', 0, /query.*\n.*show/, ''),
  row(['--version'], 'version', 0, /^\d+\.\d+\.\d+\n$/, ''),
  row(['help', 'query'], 'help of a command', 0, /^Examples:/, ''),
  row(['query', '--help'], 'the same', 0, /^Examples:/, ''),
  row([], 'no command', 2, '', /query/),
  row(['quer'], 'a command that does not exist', 2, '', /query/),
  row(
    ['help', 'quer'],
    'help of a command that does not exist',
    2,
    '',
    /^audit: unknown command 'quer'\n\(Did you mean query\?\)/,
  ),
  row(['quer', '--help'], 'the same', 2, '', /^audit: unknown command 'quer'/),
  row(['help', 'help'], 'help of help', 0, /query/, ''),

  row(['query', 'audit.db'], 'an SQLite log', 0, 48, ''),
  row(['query', 'audit.jsonl'], 'a JSONL log', 0, 48, ''),
  row(
    ['query', 'audit.db', '--limit', '5'],
    'more than the limit',
    0,
    5,
    /^showing 5 of 48; --limit 0 for all\n$/,
  ),
  row(['query', 'audit.db', '--limit', '0'], 'no limit', 0, 48, ''),
  row(['query', 'audit.db', '--limit', '48'], 'just the limit', 0, 48, ''),
  row(
    ['query', 'audit.db', '--grep', 'haiku', '--limit', '2'],
    'more with grep',
    0,
    2,
    /^showing 2; there are more;/,
  ),
  row(['query', 'audit.db', '--user', 'nobody'], 'nothing matches', 0, '', ''),
  row(['query', 'audit.db', '--lines'], 'canonical lines', 0, 48, ''),
  row(['query', 'audit.db', '--lines', '--json'], 'two formats', 2, '', 1),
  row(['query', 'audit.db', '--limit', '9007199254740991'], 'a limit with no next number', 2, '', USAGE),
  row(['query', '--', 'audit.db', '--json'], 'a second log that looks like an option', 2, '', USAGE),
  row(['query', 'audit.db', '--limit', '-3'], 'a limit that is none', 2, '', USAGE),
  row(['query', 'audit.db', '--since', 'soon'], 'a time that is none', 2, '', ONE_ERROR),
  row(['query', 'audit.db', '--metadata', 'key'], 'metadata without a value', 2, '', ONE_ERROR),
  row(['query', 'audit.db', '--metadata', 'key:=x'], 'metadata that is not JSON', 2, '', ONE_ERROR),
  row(['query', 'audit.db', '--columns', 'index,'], 'a column without a name', 2, '', ONE_ERROR),
  row(['query', 'audit.db', '--log', 'chat'], '--log with a file', 2, '', ONE_ERROR),
  row(['query'], 'no log', 2, '', USAGE),
  row(['query', 'audit.db', 'b.db'], 'two logs', 2, '', USAGE),
  row(['query', 'audit.db', '--no-such-option'], 'an unknown option', 2, '', USAGE),
  row(['query', 'missing.db'], 'a missing file', 2, '', /^audit: missing\.db does not exist;/),

  row(['show', 'audit.db', '17'], 'an index', 0, 1, ''),
  row(['show', 'audit.db', sampleId(17)], 'an id', 0, 1, ''),
  row(['show', 'audit.db', '17', '--lines'], 'the canonical line', 0, 1, ''),
  row(['show', 'audit.db', '48'], 'an index beyond the end', 2, '', ONE_ERROR),
  row(['show', 'audit.db', 'zzz'], 'an id that is not there', 2, '', ONE_ERROR),
  row(['show', 'audit.db'], 'no id', 2, '', USAGE),

  row(['tail', 'audit.db'], 'the newest', 0, 10, ''),
  row(['tail', 'audit.db', '-n', '3'], 'the newest three', 0, 3, ''),
  row(['tail', 'audit.db', '--since', '2026-11-24'], 'since a date', 0, /./, ''),
  row(['tail', '-f', 'audit.db', '--until', 'today'], 'an end that is none', 2, '', ONE_ERROR),

  row(['stats', 'audit.db'], 'by model', 0, 3, ''),
  row(['stats', 'audit.db', '--by', 'user,status'], 'by two', 0, /"user":"alice","audit.status":"ok"/, ''),
  row(['stats', 'audit.db', '--by', 'day', '--limit', '2'], 'more groups', 0, 2, /^showing 2 of 4 groups;/),
  row(['stats', 'audit.db', '--by', 'model,model'], 'a group twice', 2, '', ONE_ERROR),
  row(['stats', 'audit.db', '--by', 'count'], 'a group that has the name of a figure', 2, '', ONE_ERROR),
  row(['stats', 'audit.db', '--grep', 'x'], 'a filter that it does not have', 2, '', USAGE),

  row(['query', 'missing.db', '--json'], 'a missing file, for a program', 2, '', 1),
  row(['query', 'audit.db', '--json', '--since', 'soon'], 'a time that is none, for a program', 2, '', 1),
  row(['query', 'audit.db', '--json', '--no-such-option'], 'an unknown option, for a program', 2, '', 1),
  row(['verify', 'missing.db', '--json'], 'a missing file, for a program', 2, '', 1),
  row(['convert', 'missing.db', 'copy.db', '--json'], 'a missing file, for a program', 2, '', 1),

  row(['completion', 'bash'], 'a shell', 0, /complete -o default -F _audit audit/, ''),
  row(['completion', 'tcsh'], 'another shell', 2, '', USAGE),
]

let folder: TemporaryFolder
beforeAll(async () => {
  folder = new TemporaryFolder()
  await writeSampleLogs(folder.path)
})
afterAll(() => folder[Symbol.dispose]())

test.each(SITUATIONS)('$command: $situation: $exitCode', async ({ args, ...expected }) => {
  const { exitCode, signal, output, errors } = await runBinary(args, { cwd: folder.path })
  expect({ signal, exitCode }, errors).toEqual({ signal: null, exitCode: expected.exitCode })
  check(output, expected.stdout)
  check(errors, expected.stderr)
})

function check(text: string, expected: Expected): void {
  if (expected === '') return void expect(text).toBe('')
  if (expected instanceof RegExp) return void expect(text).toMatch(expected)
  const lines = text.split('\n')
  expect(lines.pop()).toBe('')
  expect(lines).toHaveLength(expected)
  for (const line of lines) expect(typeof JSON.parse(line)).toBe('object')
}

test('with --json, an error has the code that the library gives it', async () => {
  writeFileSync(join(folder.path, 'cut.db'), readFileSync(join(folder.path, 'audit.db')).subarray(0, 5000))
  const { exitCode, output, errors } = await runBinary(['query', 'cut.db', '--json'], { cwd: folder.path })
  expect({ exitCode, output }).toEqual({ exitCode: 1, output: '' })
  expect(JSON.parse(errors)).toEqual({ error: { code: 'AUDIT_CORRUPT', message: expect.any(String) } })
})

test('paths count from the current folder, also those with blanks and beyond ASCII', async () => {
  const inner = join(folder.path, 'Ordner für Prüfer')
  mkdirSync(inner)
  await writeSampleLogs(inner)
  const { exitCode, output } = await runBinary(['query', 'audit.jsonl', '-n', '1'], { cwd: inner })
  expect({ exitCode, lines: output.split('\n').length }).toEqual({ exitCode: 0, lines: 2 })
})

test('a file with a connection string that is none is not shown', async () => {
  writeFileSync(join(folder.path, 'connection.txt'), 'hunter2\n')
  const args = ['query', 'postgres://', '--connection', 'connection.txt']
  const { exitCode, errors } = await runBinary(args, { cwd: folder.path })
  expect(exitCode).toBe(2)
  expect(errors).not.toContain('hunter2')
})
