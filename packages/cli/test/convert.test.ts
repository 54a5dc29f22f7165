import { spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type AuditEntry, AuditLog } from '@audit/core'
import { outcomeOf } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { JsonlBackend } from '@audit/jsonl'
import { SqliteBackend } from '@audit/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { lockLog } from '../src/log/log-lock.ts'
import { attack, writeAttackedLogs } from './attacked-logs.ts'
import { BINARY, runBinary, startBinary } from './binary.ts'
import { SAMPLE_SIZE } from './sample-log.ts'

async function place() {
  const folder = temporaryFolder()
  await writeAttackedLogs(folder)
  return {
    folder,
    file: (name: string) => join(folder, name),
    run: (...args: readonly string[]) => runBinary(args, { cwd: folder }),
    visible: () => readdirSync(folder).filter(name => name.startsWith('copy') || name.startsWith('.')),
  }
}

async function entriesIn(path: string): Promise<readonly AuditEntry[]> {
  const backend = /\.(jsonl|ndjson)$/.test(path)
    ? new JsonlBackend({ path, readOnly: true })
    : new SqliteBackend({ path, readOnly: true })
  await using log = new AuditLog({ backend })
  const entries: AuditEntry[] = []
  for await (const entry of log.entries()) entries.push(entry)
  return entries
}

test.each([
  ['audit.db', 'copy.jsonl'],
  ['audit.jsonl', 'copy.db'],
  ['audit.db', 'copy.sqlite'],
  ['audit.jsonl', 'copy.ndjson'],
])('%s becomes %s, entry by entry, with the same root', async (source, target) => {
  const { file, run, visible } = await place()
  const { exitCode, output, errors } = await run('convert', source, target, '--json')
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' })
  const root = readFileSync(file('checkpoint.txt'), 'utf8').split('\n')[2]
  expect(JSON.parse(output)).toEqual({ from: source, to: target, entries: SAMPLE_SIZE, root })
  expect(await entriesIn(file(target))).toEqual(await entriesIn(file(source)))
  expect(visible()).toEqual([target])
  const verified = await run('verify', target, '--checkpoint', 'checkpoint.txt', '--key', 'audit.pub')
  expect(verified.exitCode, verified.output).toBe(0)
})

test('--to says what the new file becomes, whatever its name', async () => {
  const { file, run } = await place()
  expect((await run('convert', 'audit.db', 'copy', '--to', 'jsonl')).exitCode).toBe(0)
  expect(readFileSync(file('copy'))).toEqual(readFileSync(file('audit.jsonl')))
})

test.each([
  ['a file that exists', ['audit.db', 'audit.jsonl'], 2],
  ['itself', ['audit.db', 'audit.db'], 2],
  ['a missing log', ['missing.db', 'copy.db'], 2],
  ['a missing folder', ['audit.db', 'no/such/copy.db'], 2],
  ['a kind that is not known', ['audit.db', 'copy.db', '--to', 'xml'], 2],
  ['a changed log', ['changed.db', 'copy.jsonl'], 1],
  ['a log with a hole', ['hole.db', 'copy.jsonl'], 1],
  ['standard output', ['audit.db', '-'], 2],
])('%s is refused, and leaves nothing', async (_, args, expected) => {
  const { folder, run } = await place()
  const before = readdirSync(folder).toSorted()
  const { exitCode, output, errors } = await run('convert', ...args)
  expect({ exitCode, output }, errors).toEqual({ exitCode: expected, output: '' })
  expect(readdirSync(folder).toSorted()).toEqual(before)
})

test('what is left out of a damaged file is named, and ends with 1', async () => {
  const { run, visible } = await place()
  const { exitCode, output, errors } = await run('convert', 'torn.jsonl', 'copy.db', '--json')
  expect({ exitCode, entries: JSON.parse(output).entries }).toEqual({ exitCode: 1, entries: SAMPLE_SIZE - 1 })
  expect(errors).toMatch(/^torn\.jsonl is not [^\n]+\n {2}damaged: line 48, [^\n]+\n$/)
  expect(visible()).toEqual(['copy.db'])
})

/** A log in whose database something was changed, and which opens like any other. */
async function tampered(path: string, sql: string): Promise<void> {
  {
    await using log = new AuditLog({ backend: new SqliteBackend({ path }) })
    await Promise.all(
      Array.from({ length: 300 }, (_, i) => log.record({ model: 'm', inputText: `${i}`, outputText: '' })),
    )
    await log.tile(0, 0)
  }
  attack(path, sql, { restoresTriggers: sql !== '' })
}

const ROW_BELOW_ZERO = `INSERT INTO audit_log
  SELECT -1, '00000000-0000-4000-8000-000000000000', timestamp, user, model, cost_usd, latency_ms, leaf_hash, crc, metadata, input_text, output_text
  FROM audit_log WHERE "index" = 0`

describe.each([
  ['a rolled-back end', 'DELETE FROM audit_log WHERE "index" >= 200'],
  ['a row below the first', ROW_BELOW_ZERO],
  ['an added index', 'CREATE INDEX added ON audit_log (input_text)'],
  ['a zeroed root', 'UPDATE audit_log_subtrees SET root = zeroblob(32)'],
  ['dropped triggers', ''],
])('a log with %s', (_, sql) => {
  test.each([
    ['convert', 'copy.jsonl'],
    ['convert', 'copy.db'],
    ['import', 'copy.db'],
  ])('is copied by %s into %s, its damage is named, and it ends with 1', async (command, target) => {
    const { file, run, visible } = await place()
    await tampered(file('tampered.db'), sql)
    const { exitCode, errors } = await run(command, 'tampered.db', target)
    expect(exitCode, errors).toBe(1)
    const verified = JSON.parse((await run('verify', 'tampered.db', '--json')).output)
    for (const { kind } of verified.findings) expect(errors).toContain(`\n  ${kind}: `)
    expect(verified.findings.length).toBeGreaterThan(0)
    expect(visible()).toEqual([target])
  })
})

test('lines of another program go into a JSONL file alone', async () => {
  const { file, run, visible } = await place()
  const line = readFileSync(file('audit.jsonl'), 'utf8').split('\n')[0] ?? ''
  writeFileSync(
    file('foreign.jsonl'),
    `${line.replace(/"timestamp":"([^"]+)Z"/, '"timestamp":"$1+00:00"')}\n`,
  )
  expect((await run('convert', 'foreign.jsonl', 'copy.db')).exitCode).toBe(2)
  expect(visible()).toEqual([])
  expect((await run('convert', 'foreign.jsonl', 'copy.jsonl')).exitCode).toBe(0)
})

test('it goes on with what a killed run has left, and not with what something else has', async () => {
  const { file, run, visible } = await place()
  const lines = readFileSync(file('audit.jsonl'), 'utf8').split('\n')
  writeFileSync(file('.copy.jsonl.partial'), `${lines.slice(0, 20).join('\n')}\n`)
  expect((await run('convert', 'audit.db', 'copy.jsonl')).exitCode).toBe(0)
  expect(readFileSync(file('copy.jsonl'))).toEqual(readFileSync(file('audit.jsonl')))
  copyFileSync(file('changed.jsonl'), file('.copy2.jsonl.partial'))
  expect((await run('convert', 'audit.db', 'copy2.jsonl')).exitCode).toBe(2)
  expect(visible()).toEqual(['copy.jsonl'])
})

test.skipIf(process.platform === 'win32').each(['copy.jsonl', 'copy.db'])(
  'a full disk leaves nothing of %s',
  async name => {
    const { folder, visible } = await place()
    const line = `ulimit -f 16; exec "${process.execPath}" "${BINARY}" convert audit.db ${name}`
    const { exitCode, errors } = await outcomeOf(spawn('bash', ['-c', line], { cwd: folder }))
    expect(exitCode, errors).toBe(2)
    expect(errors).toMatch(/^audit: [^\n]+\n$/)
    expect(visible()).toEqual([])
  },
)

test.skipIf(process.platform === 'win32')('Ctrl-C ends it with 130 and leaves nothing', async () => {
  const { folder, file, visible } = await place()
  await using log = new AuditLog({ backend: new SqliteBackend({ path: file('large.db') }) })
  const text = 'x'.repeat(2000)
  for (let i = 0; i < 20; i++) {
    await Promise.all(
      Array.from({ length: 1000 }, () => log.record({ model: 'm', inputText: text, outputText: '' })),
    )
  }
  const child = startBinary(['convert', 'large.db', 'copy.jsonl'], { cwd: folder })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = new Promise(resolve => child.once('exit', resolve))
  while (!existsSync(file('.copy.jsonl.partial'))) await new Promise(resolve => setTimeout(resolve, 1))
  child.kill('SIGINT')
  expect(await ended).toBe(130)
  expect(visible()).toEqual([])
})

test('a log of many tiles keeps its root, and its tree is stored', async () => {
  const { file, run } = await place()
  {
    await using log = new AuditLog({ backend: new SqliteBackend({ path: file('large.db') }) })
    await Promise.all(
      Array.from({ length: 5000 }, (_, i) => log.record({ model: 'm', inputText: `${i}`, outputText: '' })),
    )
  }
  expect((await run('convert', 'large.db', 'copy.jsonl')).exitCode).toBe(0)
  const back = await run('convert', 'copy.jsonl', 'copy.db', '--json')
  expect(back.exitCode, back.errors).toBe(0)
  const verified = await run('verify', 'large.db', '--json')
  expect(JSON.parse(verified.output).root).toBe(JSON.parse(back.output).root)
})

test.each(['copy.jsonl', 'copy.db'])('two converts to %s at once do not destroy each other', async name => {
  const { file, run, visible } = await place()
  const outcomes = await Promise.all([
    run('convert', 'audit.db', name),
    run('convert', 'audit.jsonl', name),
    run('convert', 'cut.jsonl', 'other.db'),
  ])
  expect(outcomes.map(({ exitCode }) => exitCode).toSorted()).toEqual([0, 0, 2])
  expect(await entriesIn(file(name))).toEqual(await entriesIn(file('audit.db')))
  expect(visible()).toEqual([name])
})

test('a convert leaves the draft of one that is at work alone', async () => {
  const { file, run } = await place()
  const lines = readFileSync(file('audit.jsonl'), 'utf8').split('\n')
  const draft = `${lines.slice(0, 20).join('\n')}\n`
  writeFileSync(file('.copy.jsonl.partial'), draft)
  await using _ = await lockLog(
    { kind: 'file', path: file('copy.jsonl'), name: 'copy.jsonl' },
    new AbortController().signal,
  )
  const { exitCode, output } = await run('convert', 'audit.db', 'copy.jsonl')
  expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' })
  expect(readFileSync(file('.copy.jsonl.partial'), 'utf8')).toBe(draft)
  expect(existsSync(file('copy.jsonl'))).toBe(false)
})

test.skipIf(process.platform === 'win32').each([
  ['a symbolic link', symlinkSync],
  ['a second name', linkSync],
])('%s in the place of the draft is refused, and what it leads to stays', async (_, plant) => {
  const { file, run } = await place()
  const lines = readFileSync(file('audit.jsonl'), 'utf8').split('\n')
  const precious = `${lines.slice(0, 20).join('\n')}\n`
  for (const ending of ['', '-wal']) {
    const name = `copy${ending}.jsonl`
    writeFileSync(file(`precious${ending}`), precious)
    plant(file(`precious${ending}`), file(`.${name}.partial${ending}`))
    const { exitCode, output } = await run('convert', 'audit.db', name)
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' })
    expect(readFileSync(file(`precious${ending}`), 'utf8')).toBe(precious)
    expect(existsSync(file(name))).toBe(false)
  }
})

test.skipIf(process.platform === 'win32')('a link in the place of the lock is refused', async () => {
  const { file, run } = await place()
  writeFileSync(file('precious'), '')
  symlinkSync(file('precious'), file('.copy.jsonl.lock'))
  expect((await run('convert', 'audit.db', 'copy.jsonl')).exitCode).toBe(2)
  expect(readFileSync(file('precious'), 'utf8')).toBe('')
  expect(existsSync(file('copy.jsonl'))).toBe(false)
})
