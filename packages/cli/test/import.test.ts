import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { AuditLog } from '@audit/core'
import { outcomeOf } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { JsonlBackend } from '@audit/jsonl'
import { SqliteBackend } from '@audit/sqlite'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BINARY, runBinary, startBinary } from './binary.ts'
import { SAMPLE_SIZE, writeSampleLogs } from './sample-log.ts'
import {
  type SynapseKitEntry,
  synapseKitEntries,
  synapseKitLine,
  writeSynapseKitDatabase,
  writeSynapseKitJsonl,
} from './synapsekit-files.ts'

/** A folder, and commands that run in it. */
function place() {
  const folder = temporaryFolder()
  return {
    folder,
    file: (name: string) => join(folder, name),
    run: (...args: readonly string[]) => runBinary(args, { cwd: folder }),
    importInto: async (source: string, log: string) => {
      const { exitCode, output, errors } = await runBinary(['import', source, log, '--json'], { cwd: folder })
      return { exitCode, errors, report: output === '' ? undefined : JSON.parse(output) }
    },
  }
}

const backendOf = (path: string) =>
  path.endsWith('.jsonl')
    ? new JsonlBackend({ path, readOnly: true })
    : new SqliteBackend({ path, readOnly: true })

async function withLog<T>(path: string, use: (log: AuditLog) => Promise<T>): Promise<T> {
  await using log = new AuditLog({ backend: backendOf(path) })
  return await use(log)
}

const entriesIn = (path: string) => withLog(path, log => log.query())
const rootOf = (path: string) =>
  withLog(path, async log => Buffer.from((await log.verify()).root).toString('base64'))

const SOURCES = [
  ['audit_log.db', writeSynapseKitDatabase],
  ['audit_log.jsonl', writeSynapseKitJsonl],
] as const

describe.each(SOURCES)('%s of SynapseKit', (source, write) => {
  test.each(['audit.db', 'audit.jsonl'])(
    'into an empty log, %s: ids, times and texts stay, and verify names the range',
    async log => {
      const { folder, file, run, importInto } = place()
      const old = synapseKitEntries(300)
      write(file(source), old)
      const before = readFileSync(file(source))
      const { exitCode, errors, report } = await importInto(source, log)
      expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' })
      expect(report).toMatchObject({
        mode: 'kept',
        entries: 300,
        added: 300,
        omitted: 0,
        lostNumbers: source.endsWith('.jsonl') ? 43 : 0, // SQLite has NULL for NaN
        sha256: createHash('sha256').update(before).digest('hex'),
      })
      const entries = await entriesIn(file(log))
      expect(entries).toHaveLength(301)
      for (const [i, entry] of old.entries()) {
        expect(entries[i]).toEqual({
          entryId: hyphenated(entry.entry_id),
          timestamp: new Date(entry.timestamp).toISOString(),
          user: entry.user,
          model: entry.model,
          inputText: entry.input_text,
          outputText: entry.output_text,
          costUsd: Number.isNaN(entry.cost_usd) ? null : entry.cost_usd,
          latencyMs: entry.latency_ms,
          metadata: entry.metadata ?? {},
          index: i,
        })
      }
      expect(entries.at(-1)).toMatchObject({ model: 'audit/import', inputText: source })
      const verified = await run('verify', log, '--json')
      expect(verified.exitCode, verified.output).toBe(3)
      expect(JSON.parse(verified.output)).toMatchObject({ findings: [], imported: { entries: 300, source } })
      expect(readFileSync(file(source))).toEqual(before)
      expect(readdirSync(folder).toSorted()).toEqual([source, log].toSorted())
    },
  )

  test('stats of both agree', async () => {
    const { file, run, importInto } = place()
    const old = synapseKitEntries(500)
    write(file(source), old)
    await importInto(source, 'audit.db')
    const { output } = await run('stats', 'audit.db', '--by', 'model', '--json', '--until', '2025-12-31')
    const groups = output
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    writeSynapseKitDatabase(file('reference.db'), old)
    const reference = new Database(file('reference.db'), { readonly: true })
    onTestFinished(() => void reference.close())
    const expected = reference
      .prepare<[], { model: string; count: number; cost: number }>(
        'SELECT model, count(*) AS count, sum(cost_usd) AS cost FROM audit_log GROUP BY model',
      )
      .all()
    expect(groups).toHaveLength(expected.length)
    for (const { model, count, cost } of expected) {
      const group = groups.find(each => each.model === model)
      expect(group.count).toBe(count)
      expect(group.costUsd).toBeCloseTo(cost, 9)
    }
  })

  test('an import that was killed goes on where it stopped, and can be run again', async () => {
    const { file, importInto } = place()
    const old = synapseKitEntries(5000)
    write(file(source), old)
    // What a killed import leaves: the first batches, without the entry that closes the range.
    write(file(`part-${source}`), old.slice(0, 4096))
    await importInto(`part-${source}`, 'whole.db')
    const part = (await entriesIn(file('whole.db'))).slice(0, 4096)
    const { createLeaf } = await import('@audit/core/backend')
    const writer = new SqliteBackend({ path: file('audit.db') })
    await writer.open()
    await writer.append(part.map(({ index: _, ...fields }) => createLeaf(Object.freeze(fields))))
    await writer.close()
    expect((await importInto(source, 'audit.db')).report).toMatchObject({
      mode: 'kept',
      entries: 5000,
      added: 904,
    })
    expect((await importInto(source, 'audit.db')).report).toMatchObject({
      mode: 'complete',
      entries: 5000,
      added: 0,
    })
    await importInto(source, 'at-once.db')
    const [a, b] = [await entriesIn(file('audit.db')), await entriesIn(file('at-once.db'))]
    expect(a).toHaveLength(5001)
    expect(a.slice(0, 5000)).toEqual(b.slice(0, 5000))
  })

  test('among other entries, the log gives out ids and times, and the original ones are kept', async () => {
    const { folder, file, run, importInto } = place()
    await writeSampleLogs(folder)
    const old = synapseKitEntries(20)
    write(file(source), old)
    const { exitCode, report } = await importInto(source, 'audit.db')
    expect({ exitCode, mode: report.mode, added: report.added }).toEqual({
      exitCode: 0,
      mode: 'renumbered',
      added: 20,
    })
    const entries = (await entriesIn(file('audit.db'))).filter(({ index }) => index >= SAMPLE_SIZE)
    expect(entries.map(({ metadata }) => metadata['audit.imported']).slice(0, 20)).toEqual(
      old.map(({ entry_id, timestamp }) => ({ entry_id, timestamp })),
    )
    expect(entries.at(-1)?.model).toBe('audit/import')
    const verified = await run('verify', 'audit.db', '--json')
    expect(verified.exitCode).toBe(3)
    expect((await importInto(source, 'audit.db')).report).toMatchObject({ mode: 'complete', added: 0 })
    write(file(`more-${source}`), synapseKitEntries(25))
    expect((await importInto(`more-${source}`, 'audit.db')).report).toMatchObject({
      mode: 'renumbered',
      added: 5,
    })
  })
})

function hyphenated(id: string): string {
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

test('100,000 entries are imported in one run', async () => {
  const { file, run, importInto } = place()
  writeSynapseKitDatabase(file('audit_log.db'), synapseKitEntries(100_000))
  const { exitCode, report } = await importInto('audit_log.db', 'audit.db')
  expect({ exitCode, added: report.added }).toEqual({ exitCode: 0, added: 100_000 })
  const { output } = await run('verify', 'audit.db', '--json')
  expect(JSON.parse(output)).toMatchObject({ verdict: 'unanchored', size: 100_001, findings: [] })
}, 300_000)

test('each line that is not taken is named, with its reason', async () => {
  const { file, importInto } = place()
  const [first, second, third] = synapseKitEntries(3) as [SynapseKitEntry, SynapseKitEntry, SynapseKitEntry]
  const lines = [
    synapseKitLine(first),
    'Dear Sir or Madam,',
    '',
    synapseKitLine({ ...second, cost_usd: -1 }),
    synapseKitLine({ ...second, model: '' }),
    synapseKitLine(first),
    synapseKitLine({ ...second, timestamp: 'yesterday' }),
    synapseKitLine(second).replace('"user"', '"user": "eve", "user"'),
    synapseKitLine(second).replace(/, "metadata".*/, '}'),
    synapseKitLine(second).replace('"score": 0.1', '"score": 12345678901234567890'),
    synapseKitLine({ ...second, cost_usd: Number.NEGATIVE_INFINITY }),
    synapseKitLine(third).slice(0, 80),
  ]
  writeFileSync(
    file('audit_log.jsonl'),
    Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), Buffer.from([0x7b, 0xff, 0x0a])]),
  )
  const { exitCode, errors, report } = await importInto('audit_log.jsonl', 'audit.db')
  expect(exitCode).toBe(1)
  expect(report).toMatchObject({ entries: 2, omitted: 10, lostNumbers: 1 })
  const named = errors
    .trim()
    .split('\n')
    .map(line => Number(/^not taken: line (\d+): ./.exec(line)?.[1]))
  expect(named).toEqual([2, 4, 5, 6, 7, 8, 9, 10, 12, 13])
  expect(errors).not.toContain('Dear Sir')
})

test('a file with a byte-order mark and CRLF, and one without a last newline, are read', async () => {
  const { file, importInto } = place()
  const lines = synapseKitEntries(3).map(synapseKitLine)
  writeFileSync(file('windows.jsonl'), `\uFEFF${lines.join('\r\n')}`)
  expect(await importInto('windows.jsonl', 'audit.jsonl')).toMatchObject({
    exitCode: 0,
    report: { entries: 3 },
  })
})

test('a source comes from standard input, and again', async () => {
  const { folder, file } = place()
  const stdin = synapseKitEntries(50)
    .map(entry => `${synapseKitLine(entry)}\n`)
    .join('')
  for (const added of [50, 0]) {
    const { exitCode, output } = await runBinary(['import', '-', 'audit.db', '--json'], {
      cwd: folder,
      stdin,
    })
    expect({ exitCode, added: JSON.parse(output).added }).toEqual({ exitCode: 0, added })
  }
  expect((await entriesIn(file('audit.db'))).at(-1)?.inputText).toBe('standard input')
})

test('another log is imported with its root, from either kind', async () => {
  const { folder, file, importInto } = place()
  await writeSampleLogs(folder)
  for (const source of ['audit.db', 'audit.jsonl']) {
    const log = `from-${source}.db`
    expect((await importInto(source, log)).report).toMatchObject({ mode: 'kept', entries: SAMPLE_SIZE })
    const closing = (await entriesIn(file(log))).find(({ model }) => model === 'audit/import')
    expect(closing?.metadata['audit.import.root']).toBe(await rootOf(file(source)))
  }
})

test('a database that SynapseKit has open in WAL mode is read without a change beside it', async () => {
  const { folder, file, importInto } = place()
  writeSynapseKitDatabase(file('audit_log.db'), synapseKitEntries(5))
  const database = new Database(file('audit_log.db'))
  onTestFinished(() => void database.close())
  database.pragma('journal_mode = WAL')
  database.exec("UPDATE audit_log SET user = 'zoe' WHERE rowid = 1")
  const before = readdirSync(folder).map(name => [name, readFileSync(file(name)).length])
  expect((await importInto('audit_log.db', 'audit.jsonl')).report).toMatchObject({ entries: 5 })
  expect((await entriesIn(file('audit.jsonl')))[0]?.user).toBe('zoe')
  expect(
    readdirSync(folder)
      .filter(name => name.startsWith('audit_log'))
      .map(name => [name, readFileSync(file(name)).length]),
  ).toEqual(before)
})

test('an entry of another content under a known id is not taken', async () => {
  const { folder, file, importInto } = place()
  await writeSampleLogs(folder)
  const entries = synapseKitEntries(2)
  writeSynapseKitJsonl(file('a.jsonl'), entries)
  await importInto('a.jsonl', 'audit.db')
  writeSynapseKitJsonl(
    file('b.jsonl'),
    entries.map((entry, i) => (i === 1 ? { ...entry, user: 'eve' } : entry)),
  )
  expect(await importInto('b.jsonl', 'audit.db')).toMatchObject({
    exitCode: 1,
    report: { mode: 'complete', omitted: 1 },
  })
})

test.each([
  ['a missing source', ['missing.db', 'new.db']],
  ['a database of something else', ['notes.db', 'new.db']],
  ['a text', ['letter.txt', 'new.db']],
  ['a folder', ['.', 'new.db']],
  ['itself', ['audit.db', 'audit.db']],
  ['a log in a folder that is not there', ['audit.db', 'no/such/new.db']],
  ['something that is no log as the log', ['audit.db', 'letter.txt']],
  ['one argument', ['audit.db']],
  ['standard output as the log', ['audit.db', '-']],
])('%s is refused, and makes no log', async (_, args) => {
  const { folder, file, run } = place()
  await writeSampleLogs(folder)
  writeFileSync(file('letter.txt'), 'Dear Sir or Madam,\n')
  const notes = new Database(file('notes.db'))
  notes.exec('CREATE TABLE notes (text)')
  notes.close()
  const { exitCode, output, errors } = await run('import', ...args)
  expect({ exitCode, output }, errors).toEqual({ exitCode: 2, output: '' })
  expect(existsSync(file('new.db'))).toBe(false)
  expect(readFileSync(file('letter.txt'), 'utf8')).toBe('Dear Sir or Madam,\n')
})

test('a second name of a log is not another log', async () => {
  const { folder, file, run } = place()
  await writeSampleLogs(folder)
  linkSync(file('audit.jsonl'), file('second.jsonl'))
  const before = readFileSync(file('audit.jsonl'))
  const { exitCode, output } = await run('import', 'audit.jsonl', 'second.jsonl')
  expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' })
  expect(readFileSync(file('audit.jsonl'))).toEqual(before)
})

test('a damaged database of SynapseKit is one sentence, and what was read before stays', async () => {
  const { file, run } = place()
  writeSynapseKitDatabase(file('audit_log.db'), synapseKitEntries(5000))
  const bytes = readFileSync(file('audit_log.db'))
  bytes.fill(0x55, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 50_000)
  writeFileSync(file('audit_log.db'), bytes)
  const { exitCode, errors } = await run('import', 'audit_log.db', 'audit.db')
  expect(exitCode).toBe(2)
  expect(errors.trim().split('\n').at(-1)).toMatch(/^audit: audit_log\.db cannot be read/)
})

test.skipIf(process.platform === 'win32')(
  'a full disk is one sentence, and the next run goes on',
  async () => {
    const { folder, file, importInto } = place()
    writeSynapseKitJsonl(file('audit_log.jsonl'), synapseKitEntries(9000))
    const line = `ulimit -f 2048; exec "${process.execPath}" "${BINARY}" import audit_log.jsonl audit.jsonl`
    const { exitCode, errors } = await outcomeOf(spawn('bash', ['-c', line], { cwd: folder }))
    expect(exitCode, errors).toBe(2)
    expect(errors).toMatch(/^audit: the disk is full, [^\n]+\n$/)
    expect((await importInto('audit_log.jsonl', 'audit.jsonl')).report).toMatchObject({
      mode: 'kept',
      entries: 9000,
    })
  },
)

test.skipIf(process.platform === 'win32')('Ctrl-C ends it with 130, and the next run goes on', async () => {
  const { folder, file, importInto } = place()
  writeSynapseKitJsonl(file('audit_log.jsonl'), synapseKitEntries(12_000))
  const child = startBinary(['import', 'audit_log.jsonl', 'audit.jsonl'], { cwd: folder })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = new Promise(resolve => child.once('exit', resolve))
  while (!existsSync(file('audit.jsonl')) || readFileSync(file('audit.jsonl')).length === 0) {
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  child.kill('SIGINT')
  const exitCode = await ended
  expect([0, 130]).toContain(exitCode) // it may have been faster
  const { report } = await importInto('audit_log.jsonl', 'audit.jsonl')
  expect(report.entries).toBe(12_000)
  expect(await entriesIn(file('audit.jsonl'))).toHaveLength(12_001)
})

test('a log that grows between two runs is imported to its end', async () => {
  const { folder, file, importInto } = place()
  const entries = synapseKitEntries(12)
  writeSynapseKitJsonl(file('audit_log.jsonl'), entries.slice(0, 10))
  await importInto('audit_log.jsonl', 'audit.db')
  appendFileSync(
    file('audit_log.jsonl'),
    entries
      .slice(10)
      .map(entry => `${synapseKitLine(entry)}\n`)
      .join(''),
  )
  expect((await importInto('audit_log.jsonl', 'audit.db')).report).toMatchObject({
    mode: 'renumbered',
    entries: 12,
    added: 2,
  })
  copyFileSync(file('audit.db'), join(folder, 'copy.db'))
  const verified = await runBinary(['verify', 'copy.db', '--json'], { cwd: folder })
  expect(JSON.parse(verified.output)).toMatchObject({ findings: [], imported: { entries: 10 } })
})
