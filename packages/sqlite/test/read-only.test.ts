import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { AuditLog, createSigner, generateKey } from '@audit/core'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend } from '@audit/sqlite'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { input, openLog } from './open-log.ts'
import { runBoundByPermissions } from './run-program.ts'
import { copyLog, killedLog } from './stored-log.ts'

const signer = createSigner(generateKey('example.com/audit').privateKey)

function readOnly(path: string): AuditLog {
  const log = new AuditLog({ backend: new SqliteBackend({ path, readOnly: true }), signer })
  onTestFinished(() => log.close())
  return log
}

async function closedLog(folder: string, count: number): Promise<string> {
  const path = join(folder, 'audit.db')
  const log = openLog(path)
  await Promise.all(Array.from({ length: count }, (_, i) => log.record(input(`${i}`))))
  await log.close()
  return path
}

/** All that a folder says of its files and itself, but for when they were read. */
function stateOf(folder: string): unknown {
  return ['.', ...readdirSync(folder).sort()].map(name => {
    const { ino, size, mode, nlink, mtimeNs, ctimeNs } = lstatSync(join(folder, name), { bigint: true })
    return { name, ino, size, mode, nlink, mtimeNs, ctimeNs }
  })
}

/** Uses everything that only reads. */
async function readAll(log: AuditLog, size: number): Promise<void> {
  expect(await log.count()).toBe(size)
  expect(await log.count({ user: 'nobody', metadata: { a: 1 } })).toBe(0)
  expect(await log.query({ limit: 5 })).toHaveLength(Math.min(5, size))
  let streamed = 0
  for await (const _ of log.stream({ order: 'desc' })) streamed++
  expect(streamed).toBe(size)
  const checkpoint = await log.checkpoint()
  expect(await log.verify({ checkpoint })).toMatchObject({ ok: true, size })
  await expect(log.record(input())).rejects.toMatchObject({ code: 'AUDIT_READ_ONLY' })
}

test('a log that was closed is read, and nothing changes on the disk', async () => {
  const folder = temporaryFolder()
  const path = await closedLog(folder, 600)
  const before = stateOf(folder)
  const log = readOnly(path)
  await readAll(log, 600)
  await log.close()
  expect(stateOf(folder)).toEqual(before)
})

test('a log whose process was killed is read with its -wal, and nothing changes on the disk', async () => {
  const folder = temporaryFolder()
  const path = await killedLog(folder, 600)
  for (const ending of ['-shm', '']) {
    if (ending) rmSync(path + ending) // as in a copy of the two others
    const before = stateOf(folder)
    const log = readOnly(path)
    await readAll(log, 600)
    await log.close()
    expect(stateOf(folder)).toEqual(before)
  }
})

test('texts of any kind are read as they were recorded', async () => {
  const folder = temporaryFolder()
  const log = openLog(join(folder, 'audit.db'))
  for (const text of ['a\0b', '\ufffd', 'ünï\u{1f600}', '\ufeffbom', 'x'.repeat(3_000_000)])
    await log.record({ ...input(text), metadata: { text }, costUsd: 5, latencyMs: 1.5 })
  const entries = await log.query()
  await log.close()
  const reader = readOnly(join(folder, 'audit.db'))
  expect(await reader.query()).toEqual(entries)
  expect(await reader.count({ metadata: { text: 'a\0b' } })).toBe(1)
  expect(await reader.count({ metadata: { text: '\ufffd' } })).toBe(1)
})

test('beside a running writer, new entries are seen at once', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const writer = openLog(path)
  await writer.record(input())
  const log = readOnly(path)
  for (let size = 1; size < 10; size++) {
    expect(await log.count()).toBe(size)
    await writer.record(input())
  }
  await writer.close()
  await readAll(log, 10)
})

test('a writer that begins later, or ends, is noticed', async () => {
  const folder = temporaryFolder()
  const path = await closedLog(folder, 3)
  const log = readOnly(path)
  expect(await log.count()).toBe(3)
  for (const size of [4, 5, 6]) {
    const writer = openLog(path)
    await writer.record(input())
    expect(await log.count()).toBe(size)
    await writer.close()
    expect(await log.count()).toBe(size)
  }
  expect(await log.verify()).toMatchObject({ ok: true, size: 6 })
})

test('a missing log is not created', async () => {
  const folder = temporaryFolder()
  await expect(readOnly(join(folder, 'audit.db')).count()).rejects.toMatchObject({
    code: 'AUDIT_OPEN_FAILED',
  })
  await expect(readOnly(join(folder, 'no', 'audit.db')).verify()).rejects.toMatchObject({
    code: 'AUDIT_OPEN_FAILED',
  })
  expect(readdirSync(folder)).toEqual([])
  writeFileSync(join(folder, 'empty.db'), '')
  await expect(readOnly(join(folder, 'empty.db')).count()).rejects.toMatchObject({
    code: 'AUDIT_OPEN_FAILED',
  })
  for (const content of ['text\n', Buffer.alloc(8192)]) {
    writeFileSync(join(folder, 'other.db'), content)
    await expect(readOnly(join(folder, 'other.db')).count()).rejects.toMatchObject({
      code: 'AUDIT_UNSUPPORTED_FORMAT',
    })
  }
  expect(readdirSync(folder).sort()).toEqual(['empty.db', 'other.db'])
})

test('a file that is taken away, or replaced, is not read any more', async () => {
  const folder = temporaryFolder()
  const path = await closedLog(folder, 3)
  const log = readOnly(path)
  expect(await log.count()).toBe(3)
  renameSync(path, `${path}.away`)
  await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_READ_FAILED' })
  copyFileSync(`${path}.away`, path)
  await expect(log.query()).rejects.toMatchObject({ code: 'AUDIT_READ_FAILED' })
})

test('a -wal that is not of the file is refused, and one that is gone is named', async () => {
  const folder = temporaryFolder()
  const path = await killedLog(folder, 300)
  const copy = copyLog(path, join(folder, 'copy.db'), ['', '-shm'])
  const report = await readOnly(copy)
    .verify()
    .catch(error => error)
  expect(JSON.stringify([report.findings, report.message])).toContain('-wal')
  const other = await killedLog(folder, 20, 'other.db')
  await closedLog(temporaryFolder(), 1)
  const own = await closedLog(temporaryFolder(), 300)
  copyFileSync(`${other}-wal`, `${own}-wal`)
  await expect(readOnly(own).count()).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})

test('a changed entry has nothing to do with the -wal', async () => {
  const path = await closedLog(temporaryFolder(), 3)
  const file = new Database(path)
  file.exec(`DROP TRIGGER audit_log_no_update; UPDATE audit_log SET output_text = 'changed'`).close()
  const { findings } = await readOnly(path).verify()
  expect(findings.length).toBeGreaterThanOrEqual(3)
  expect(JSON.stringify(findings)).not.toContain('-wal')
})

test('nothing is left in the folder for temporary files', async () => {
  const folder = temporaryFolder()
  const path = await killedLog(folder, 10)
  const temporary = temporaryFolder()
  const before = process.env.TMPDIR
  process.env.TMPDIR = temporary
  onTestFinished(() => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  })
  const log = readOnly(path)
  expect(await log.count()).toBe(10)
  expect(readdirSync(temporary)).toHaveLength(1)
  await log.close()
  expect(readdirSync(temporary)).toEqual([])
})

test('a schema that was changed is found by verify', async () => {
  const path = await closedLog(temporaryFolder(), 3)
  new Database(path).exec('DROP TRIGGER audit_log_no_delete').close()
  expect((await readOnly(path).verify()).findings).toMatchObject([{ kind: 'damaged' }])
})

test.skipIf(process.platform === 'win32')('files and folders without write permission', async () => {
  const folder = temporaryFolder()
  const path = await killedLog(folder, 300)
  onTestFinished(() => chmodSync(folder, 0o755))
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o444)
  chmodSync(folder, 0o555)
  const before = stateOf(folder)
  expect(await runBoundByPermissions('verify-read-only', path)).toMatchObject({
    errors: '',
    lines: [300, true, 'AUDIT_READ_ONLY'],
  })
  expect(stateOf(folder)).toEqual(before)
  chmodSync(folder, 0o755)
  for (const ending of ['-wal', '-shm']) rmSync(path + ending)
  const closed = await closedLog(temporaryFolder(), 20)
  chmodSync(path, 0o644)
  copyFileSync(closed, path)
  chmodSync(path, 0o444)
  chmodSync(folder, 0o555)
  expect(await runBoundByPermissions('verify-read-only', path)).toMatchObject({
    errors: '',
    lines: [20, true, 'AUDIT_READ_ONLY'],
  })
  expect(existsSync(`${path}-wal`)).toBe(false)
  expect(statSync(path).size).toBeGreaterThan(0)
})
