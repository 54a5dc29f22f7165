import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AuditLog, createSigner, generateKey } from '@audit/core'
import { PostgresServer, type ServerOptions } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { PostgresBackend } from '@audit/postgres'
import { expect, onTestFinished, test } from 'vitest'
import { input, newPool } from './place.ts'
import { RecordingCallers } from './recording-callers.ts'

// Servers of their own, since they are killed.

async function startServer(options?: ServerOptions): Promise<PostgresServer> {
  const server = await PostgresServer.start(options)
  onTestFinished(() => server.stop())
  return server
}

async function newLog(server: PostgresServer): Promise<AuditLog> {
  const backend = new PostgresBackend({ pool: newPool({ connectionString: server.url }) })
  await backend.migrate()
  return new AuditLog({ backend, signer: createSigner(generateKey('example.com/log').privateKey) })
}

test('a server that is killed and restarted has everything that was acknowledged, and the log continues', async () => {
  const server = await startServer()
  await using log = await newLog(server)
  const callers = new RecordingCallers(log, 8)
  for (let kills = 0; kills < 4; kills++) {
    await callers.recordMore(50)
    const checkpoint = await log.checkpoint()
    await server.kill()
    await server.restart()
    await callers.recordMore(1)
    expect((await log.verify({ checkpoint })).findings).toEqual([])
  }
  await callers.stop()
  await callers.expectAllKept(log)
})

const why = canMakeDisks() ? '' : ' (skipped: only root on Linux can make a small disk)'
/** A mebibyte that cannot be compressed. */
const mebibyte = () => randomBytes(768 * 1024).toString('base64')

test.skipIf(why)(
  `tables on a full disk: entries are refused, and the log continues when there is room${why}`,
  async () => {
    const disk = makeDisk(16)
    const server = await startServer()
    server.own(disk.folder)
    const superuser = newPool({ connectionString: server.url })
    await superuser.query(`CREATE TABLESPACE small LOCATION '${disk.folder}'`)
    await server.restart({ default_tablespace: 'small' })
    await using log = await newLog(server)
    const error = await recordUntilRefused(log)
    expect(error).toMatchObject({ code: 'AUDIT_WRITE_FAILED', cause: { code: '53100' } }) // disk_full
    const checkpoint = await log.checkpoint()
    const size = await log.count()
    disk.enlarge(64)
    expect(await log.record(input('after'))).toMatchObject({ index: size })
    expect((await log.verify({ checkpoint })).findings).toEqual([])
  },
)

test.skipIf(why)(
  `a disk too full for the write-ahead log: the server ends, and nothing is lost${why}`,
  async () => {
    const disk = makeDisk(110)
    const settings = { min_wal_size: '32MB', max_wal_size: '2GB' }
    const server = await startServer({ data: join(disk.folder, 'data'), settings })
    await using log = await newLog(server)
    const callers = new RecordingCallers(log, 4, mebibyte)
    await expect.poll(() => callers.refused > 0 || !server.isRunning, { timeout: 90_000 }).toBe(true)
    disk.enlarge(1000)
    await server.restart()
    await callers.recordMore(20)
    await callers.stop()
    await callers.expectAllKept(log)
  },
)

async function recordUntilRefused(log: AuditLog): Promise<unknown> {
  for (let i = 0; i < 100; i++) {
    try {
      await log.record({ ...input(`${i}`), outputText: mebibyte() })
    } catch (error) {
      return error
    }
  }
  throw new Error('the disk did not fill up')
}

/** A file system of so many mebibytes. */
function makeDisk(size: number) {
  const folder = temporaryFolder()
  const mount = (...options: readonly string[]) =>
    execFileSync('mount', ['-t', 'tmpfs', '-o', options.join(','), 'tmpfs', folder])
  mount(`size=${size}m`)
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder])) // before the folder is removed
  return { folder, enlarge: (to: number) => mount('remount', `size=${to}m`) }
}

function canMakeDisks(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const tried = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()])
  return tried.status === 0
}
