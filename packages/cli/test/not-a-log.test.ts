import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { generateKey } from '@audit/core'
import { TemporaryFolder } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runBinary } from './binary.ts'
import { runHere } from './in-process.ts'
import { writeSampleLogs } from './sample-log.ts'

let folder: TemporaryFolder
beforeAll(async () => {
  folder = new TemporaryFolder()
  await writeSampleLogs(folder.path)
})
afterAll(() => folder[Symbol.dispose]())

const write = (content: string | Uint8Array) => (path: string) => writeFileSync(path, content)

/** What is no log, by how it is made. */
const NOT_A_LOG: Readonly<Record<string, (path: string) => void>> = {
  nothing: () => {},
  'an empty file': write(''),
  'a folder': path => mkdirSync(path),
  'a link to nothing': path => symlinkSync('nowhere', path),
  'a link to itself': path => symlinkSync('a-link-to-itself', path),
  'a text': write('Dear Sir or Madam,\n'),
  'a CSV file': write('user,model\nalice,m\n'),
  'a JSON array': write('[\n{"user":"alice"}\n]'),
  'one byte': write('S'),
  'the beginning of an SQLite file': write('SQLite form'),
  'the header of an SQLite file alone': write('SQLite format 3\0'),
  'an SQLite file of something else': path => {
    const database = new Database(path)
    database.exec('CREATE TABLE notes (text)')
    database.close()
  },
  'a compressed log': path => writeFileSync(path, gzipSync(readFileSync(folder.file('audit.jsonl')))),
  zeros: write(Buffer.alloc(4096)),
  'a PNG image': write(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])),
}

test.each(Object.entries(NOT_A_LOG))('%s is refused with one sentence and 2', async (name, make) => {
  const file = name.replaceAll(' ', '-')
  make(folder.file(file))
  const { exitCode, output, errors } = await runBinary(['query', file], { cwd: folder.path })
  expect({ exitCode, output }, errors).toEqual({ exitCode: 2, output: '' })
  expect(errors).toMatch(/^audit: [^\n]+\n$/)
})

test('an SQLite file that was cut is damage, and ends with 1', async () => {
  copyFileSync(folder.file('audit.db'), folder.file('cut.db'))
  truncateSync(folder.file('cut.db'), 5000)
  const { exitCode, output, errors } = await runBinary(['query', 'cut.db'], { cwd: folder.path })
  expect({ exitCode, output }, errors).toEqual({ exitCode: 1, output: '' })
  expect(errors).toMatch(/^audit: [^\n]+\n$/)
})

test.skipIf(process.platform === 'win32')('a FIFO and a device do not make it wait', async () => {
  execFileSync('mkfifo', [folder.file('fifo')])
  for (const path of ['fifo', '/dev/zero']) {
    const { exitCode, errors } = await runBinary(['query', path], { cwd: folder.path })
    expect({ exitCode }, errors).toEqual({ exitCode: 2 })
  }
})

test('lines that are damaged are left out, and said to be', async () => {
  const log = readFileSync(folder.file('audit.jsonl'))
  const damaged = Buffer.concat([
    Buffer.from('no entry\n'),
    log,
    Buffer.from([0xff, 0xfe, 0x0a]),
    log.subarray(0, 50),
  ])
  writeFileSync(folder.file('damaged.jsonl'), damaged)
  const { exitCode, output, errors } = await runBinary(['query', 'damaged.jsonl'], { cwd: folder.path })
  expect({ exitCode, lines: output.split('\n').length - 1 }).toEqual({ exitCode: 0, lines: 48 })
  expect(errors).toMatch(/^3 lines of damaged\.jsonl /)
})

test('a password in an argument is refused, and not repeated', async () => {
  for (const address of ['postgres://u:hunter2@localhost/db', 'postgres://u@localhost/db?password=hunter2']) {
    const { exitCode, output, errors } = await runBinary(['query', address], { cwd: folder.path })
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' })
    expect(errors).not.toContain('hunter2')
    expect(errors).toContain('--connection')
  }
})

test('a server that cannot be reached is one sentence, without the password', async () => {
  const env = { AUDIT_POSTGRES_URL: 'postgres://u:hunter2@127.0.0.1:1/db' }
  const { exitCode, errors } = await runBinary(['query', 'postgres://'], { cwd: folder.path, env })
  expect({ exitCode }, errors).toEqual({ exitCode: 2 })
  expect(errors).toMatch(/^audit: [^\n]+\n$/)
  expect(errors).not.toContain('hunter2')
})

test.skipIf(process.platform === 'win32')('messages say what is there instead, and what to do', async () => {
  const folder = temporaryFolder()
  const run = async (...args: readonly string[]) => {
    const { exitCode, stderr } = await runHere(args, { cwd: folder })
    expect(exitCode).toBe(2)
    return stderr
  }
  await writeSampleLogs(folder)
  symlinkSync('loop', join(folder, 'loop'))
  symlinkSync('nowhere', join(folder, 'link'))
  writeFileSync(join(folder, 'log.gz'), gzipSync(readFileSync(join(folder, 'audit.jsonl'))))
  writeFileSync(join(folder, 'empty.txt'), '')
  const { publicKey } = generateKey('example.com/audit')
  writeFileSync(join(folder, 'audit.pub'), `${publicKey}\n`)
  expect(await run('query', 'loop')).toMatch(/symbolic link/)
  expect(await run('query', 'link')).toMatch(/symbolic link to nothing/)
  expect(await run('query', 'log.gz')).toMatch(/gunzip/)
  expect(await run('verify', 'audit.db', '--checkpoint', 'empty.txt', '--key', publicKey)).toMatch(/is empty/)
  const prove = await run('prove', 'audit.db', '1', '--key', 'audit.pub')
  expect(prove).toMatch(/public key/)
  expect(prove).not.toMatch(/chmod/)
  const convert = await run('convert', 'audit.db', 'missing/x.db')
  expect(convert).toMatch(/folder of missing\/x\.db/)
  expect(convert).not.toMatch(/partial/)
})

test('a JSONL log is empty before anything is recorded', async () => {
  writeFileSync(folder.file('new.jsonl'), '')
  const outcome = async (...args: readonly string[]) => runBinary(args, { cwd: folder.path })
  expect(await outcome('query', 'new.jsonl')).toMatchObject({ exitCode: 0, output: '', errors: '' })
  expect(await outcome('verify', 'new.jsonl')).toMatchObject({ exitCode: 3 })
})
