import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { AuditLog } from '@audit/core'
import { createEntry, createLeaf } from '@audit/core/backend'
import { boundByPermissions, canBeBound, outcomeOf } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { JsonlBackend } from '@audit/jsonl'
import { SqliteBackend } from '@audit/sqlite'
import { parquetReadObjects } from 'hyparquet'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BINARY, runBinary, startBinary } from './binary.ts'
import { hostileInputs } from './hostile-entries.ts'
import { runHere } from './in-process.ts'
import { SAMPLE_SIZE, writeSampleLogs } from './sample-log.ts'

const FORMATS = ['jsonl', 'csv', 'ocsf', 'parquet', 'promptfoo'] as const
const isRoot = process.getuid?.() === 0

async function sampleFolder(): Promise<string> {
  const folder = temporaryFolder()
  await writeSampleLogs(folder)
  return folder
}

/** A log of some megabytes. */
async function largeLog(folder: string, megabytes: number): Promise<void> {
  const log = new AuditLog({ backend: new SqliteBackend({ path: join(folder, 'large.db') }) })
  for (let i = 0; i < megabytes; i++) {
    await Promise.all(
      Array.from({ length: 46 }, () => log.record({ model: 'm', inputText: noise(), outputText: '' })),
    )
  }
  await log.close()
}

/** A text that no format makes smaller. */
function noise(): string {
  return randomBytes(16 * 1024).toString('base64')
}

/** The size and the root of a JSONL log, as its verification computes them. */
async function headOf(path: string) {
  const log = new AuditLog({ backend: new JsonlBackend({ path, readOnly: true }) })
  const { size, root, ok } = await log.verify()
  await log.close()
  return { size, root: Buffer.from(root).toString('base64'), ok }
}

describe.each(['audit.db', 'audit.jsonl'])('%s', name => {
  test('as jsonl it is the log again, byte for byte, and the checkpoint is its root', async () => {
    const folder = await sampleFolder()
    const { exitCode, output, errors } = await runBinary(['export', name], { cwd: folder })
    expect(exitCode).toBe(0)
    expect(output).toBe(readFileSync(join(folder, 'audit.jsonl'), 'utf8'))
    const { size, root } = await headOf(join(folder, 'audit.jsonl'))
    expect(errors).toContain(`size ${size}, root ${root}`)
  })

  test.each(FORMATS)('as %s, all entries, and only those that match', async format => {
    const folder = await sampleFolder()
    const all = await runBinary(['export', name, '-f', format, '-o', 'all'], { cwd: folder })
    expect(all).toMatchObject({ exitCode: 0, output: '' })
    expect(await countIn(format, join(folder, 'all'))).toBe(SAMPLE_SIZE)
    const some = await runBinary(['export', name, '-f', format, '-o', 'some', '--user', 'alice'], {
      cwd: folder,
    })
    expect(some.exitCode).toBe(0)
    const [, count] = /exported (\d+) of 48/.exec(some.errors) ?? []
    expect(Number(count)).toBeGreaterThan(0)
    expect(await countIn(format, join(folder, 'some'))).toBe(Number(count))
  })
})

async function countIn(format: string, path: string): Promise<number> {
  const bytes = readFileSync(path)
  if (format !== 'parquet')
    return (
      bytes
        .toString()
        .trimEnd()
        .split(format === 'csv' ? '\r\n' : '\n').length - (format === 'csv' ? 1 : 0)
    )
  const buffer = Uint8Array.from(bytes).buffer
  const file = {
    byteLength: buffer.byteLength,
    slice: (start: number, end?: number) => buffer.slice(start, end),
  }
  return (await parquetReadObjects({ file })).length
}

test('a byte-order mark is for CSV, and only where it is asked for', async () => {
  const folder = await sampleFolder()
  const exported = (...args: readonly string[]) => runBinary(['export', 'audit.db', ...args], { cwd: folder })
  const plain = await exported('-f', 'csv')
  expect(plain.output).toMatch(/^"index"/)
  expect((await exported('-f', 'csv', '--bom')).output).toBe(`\uFEFF${plain.output}`)
  expect(await exported('-f', 'jsonl', '--bom')).toMatchObject({ exitCode: 2, output: '' })
})

test('entries whose clock went back keep their place, so that the lines are still the log', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'back.jsonl')
  const backend = new JsonlBackend({ path })
  await backend.open()
  const times = ['2026-11-25T10:00:00.000Z', '2026-11-25T09:00:00.000Z', '2026-11-25T11:00:00.000Z']
  const leaves = times.map((timestamp, i) =>
    createLeaf(
      createEntry(
        { model: 'm', inputText: `${i}`, outputText: '' },
        { entryId: `0193640b-0000-7000-8000-00000000000${i}`, timestamp },
      ),
    ),
  )
  await backend.append(leaves)
  await backend.close()
  const { output } = await runBinary(['export', 'back.jsonl'], { cwd: folder })
  expect(output).toBe(readFileSync(path, 'utf8'))
})

test('hostile entries come through in every format', async () => {
  const folder = temporaryFolder()
  const log = new AuditLog({ backend: new SqliteBackend({ path: join(folder, 'audit.db') }) })
  await Promise.all(hostileInputs().map(input => log.record(input)))
  await log.close()
  for (const format of FORMATS) {
    const { exitCode, errors } = await runBinary(['export', 'audit.db', '-f', format, '-o', format], {
      cwd: folder,
    })
    expect({ format, exitCode, errors }).toMatchObject({ exitCode: 0 })
  }
  expect((await headOf(join(folder, 'jsonl'))).ok).toBe(true)
})

describe('a file', () => {
  test('that exists stays as it is, and is replaced with --force', async () => {
    const folder = await sampleFolder()
    writeFileSync(join(folder, 'out.csv'), 'mine')
    const args = ['export', 'audit.db', '-f', 'csv', '-o', 'out.csv']
    const refused = await runBinary(args, { cwd: folder })
    expect(refused).toMatchObject({ exitCode: 2, output: '' })
    expect(refused.errors).toContain('--force')
    expect(readFileSync(join(folder, 'out.csv'), 'utf8')).toBe('mine')
    expect(await runBinary([...args, '--force'], { cwd: folder })).toMatchObject({ exitCode: 0 })
    expect(await countIn('csv', join(folder, 'out.csv'))).toBe(SAMPLE_SIZE)
    expect(readdirSync(folder).filter(name => name.includes('out.csv'))).toEqual(['out.csv'])
  })

  test.skipIf(process.platform === 'win32')('is for its owner alone', async () => {
    const folder = await sampleFolder()
    await runBinary(['export', 'audit.db', '-o', 'out.jsonl'], { cwd: folder })
    expect(statSync(join(folder, 'out.jsonl')).mode & 0o777).toBe(0o600)
  })

  test.skipIf(!canBeBound)(
    'in a folder that may only be read is an error that names the folder',
    async () => {
      const folder = await sampleFolder()
      const locked = join(folder, 'locked')
      mkdirSync(locked, { mode: 0o555 })
      const [program, ...args] = boundByPermissions(BINARY, 'export', 'audit.db', '-o', 'locked/out.csv')
      const { exitCode, output, errors } = await outcomeOf(spawn(program, args, { cwd: folder }))
      expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' })
      expect(errors).toContain(`the folder ${realpathSync(locked)};`)
      expect(errors).not.toMatch(/EACCES|\.out\.csv/)
    },
  )

  test('that is the log itself is never replaced', async () => {
    const folder = await sampleFolder()
    for (const log of ['audit.jsonl', 'audit.db']) {
      const before = readFileSync(join(folder, log))
      expect(await runBinary(['export', log, '-o', `./${log}`, '--force'], { cwd: folder })).toMatchObject({
        exitCode: 2,
      })
      expect(readFileSync(join(folder, log))).toEqual(before)
    }
  })

  test.each([
    ['in a folder that is not there', 'missing/out.csv'],
    ['that is a folder', 'folder'],
  ])('%s is an error, and leaves nothing', async (_, output) => {
    const folder = await sampleFolder()
    mkdirSync(join(folder, 'folder'))
    const before = readdirSync(folder).toSorted()
    const { exitCode } = await runBinary(['export', 'audit.db', '-o', output, '--force'], { cwd: folder })
    expect(exitCode).toBe(2)
    expect(readdirSync(folder).toSorted()).toEqual(before)
    expect(readdirSync(join(folder, 'folder'))).toEqual([])
  })

  // Devices of its own, since a fault here would replace those of the machine; root alone can make them.
  test.skipIf(!isRoot || process.platform !== 'linux')(
    'that is a device is written to, and never replaced',
    async ({ skip }) => {
      const folder = await sampleFolder()
      const made = [
        ['full', '7'],
        ['null', '3'],
      ].map(([name = '', minor = '']) => spawnSync('mknod', [join(folder, name), 'c', '1', minor]).status)
      if (made.some(status => status !== 0)) skip('devices cannot be made here')
      const full = await runBinary(['export', 'audit.db', '-o', 'full', '--force'], { cwd: folder })
      expect(full).toMatchObject({ exitCode: 2, output: '' })
      expect(await runBinary(['export', 'audit.db', '-o', 'null'], { cwd: folder })).toMatchObject({
        exitCode: 0,
      })
      for (const name of ['full', 'null']) expect(statSync(join(folder, name)).isCharacterDevice()).toBe(true)
    },
  )

  test('is not there after Ctrl-C, nor is half of it', async () => {
    const folder = temporaryFolder()
    await largeLog(folder, 60)
    const before = readdirSync(folder).toSorted()
    const child = startBinary(['export', 'large.db', '-f', 'parquet', '-o', 'out.parquet'], { cwd: folder })
    const outcome = outcomeOf(child)
    const watcher = watch(folder, (_, name) => {
      if (name?.includes('out.parquet')) child.kill('SIGINT')
    })
    const { exitCode } = await outcome
    watcher.close()
    expect(exitCode).toBe(130)
    expect(readdirSync(folder).toSorted()).toEqual(before)
  })

  // A disk of its own can be mounted by root alone, and on Linux.
  test.skipIf(!isRoot || process.platform !== 'linux')(
    'is not there when the disk is full, nor is half of it',
    async ({ skip }) => {
      const folder = await sampleFolder()
      await largeLog(folder, 2)
      const disk = join(folder, 'disk')
      mkdirSync(disk)
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]).status !== 0)
        skip('mounting is not allowed')
      onTestFinished(() => void spawnSync('umount', [disk]))
      for (const format of FORMATS) {
        const { exitCode, output } = await runBinary(
          ['export', 'large.db', '-f', format, '-o', `disk/out.${format}`],
          { cwd: folder },
        )
        expect({ format, exitCode, output }).toEqual({ format, exitCode: 2, output: '' })
        expect(readdirSync(disk)).toEqual([])
      }
    },
  )
})

describe('a pipe', () => {
  async function shell(cwd: string, line: string) {
    return outcomeOf(
      spawn('bash', ['-c', line], { cwd, env: { ...process.env, AUDIT: BINARY, NODE: process.execPath } }),
    )
  }

  test('that nobody reads any more ends it quietly', async () => {
    const folder = temporaryFolder()
    await largeLog(folder, 4)
    const { output, errors } = await shell(
      folder,
      'set -o pipefail; "$NODE" "$AUDIT" export large.db | head -c 10 >/dev/null; echo $?',
    )
    expect(output).toBe('0\n')
    expect(errors).not.toMatch(/exported|EPIPE/)
  })

  test.skipIf(!existsSync('/dev/full'))('that is full is an error', async () => {
    const folder = await sampleFolder()
    const { output, errors } = await shell(folder, '"$NODE" "$AUDIT" export audit.db >/dev/full; echo $?')
    expect(output).toBe('2\n')
    expect(errors).not.toMatch(/exported/)
  })
})

test('a terminal gets no binary, and everything else', async () => {
  const folder = await sampleFolder()
  const refused = await runHere(['export', 'audit.db', '-f', 'parquet'], { cwd: folder, columns: 80 })
  expect(refused).toMatchObject({ exitCode: 2, stdout: '' })
  const shown = await runHere(['export', 'audit.db', '-f', 'csv'], { cwd: folder, columns: 80 })
  expect(shown.exitCode).toBe(0)
})

test.each([
  ['an unknown format', ['export', 'audit.db', '-f', 'xml']],
  ['a log that is not there', ['export', 'missing.db']],
  ['no log at all', ['export']],
])('%s is an error', async (_, args) => {
  expect(await runBinary(args, { cwd: await sampleFolder() })).toMatchObject({ exitCode: 2, output: '' })
})

test.each([
  ['all of it', []],
  ['with a filter', ['--model', 'm']],
])('beside a writer, it is the log as it was at its checkpoint: %s', async (_, filter) => {
  const folder = temporaryFolder()
  const path = join(folder, 'audit.db')
  const log = new AuditLog({ backend: new SqliteBackend({ path }) })
  await log.record({ model: 'm', inputText: 'the first', outputText: '' })
  let isWriting = true
  const writing = (async () => {
    while (isWriting) await log.record({ model: 'm', inputText: 'more', outputText: 'x'.repeat(2000) })
  })()
  const args = ['export', 'audit.db', '-o', 'out.jsonl', ...filter]
  const { exitCode, errors } = await runBinary(args, { cwd: folder })
  isWriting = false
  await writing
  await log.close()
  expect(exitCode).toBe(0)
  const { size, root } = await headOf(join(folder, 'out.jsonl'))
  expect(errors).toContain(`size ${size}, root ${root}`)
})
