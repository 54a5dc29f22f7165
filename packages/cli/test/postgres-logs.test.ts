import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { serverUrl } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { expect, test } from 'vitest'
import { lockLog } from '../src/log/log-lock.ts'
import { writeAttackedLogs } from './attacked-logs.ts'
import { runBinary } from './binary.ts'
import { SAMPLE_SIZE } from './sample-log.ts'
import { synapseKitEntries, writeSynapseKitDatabase } from './synapsekit-files.ts'

async function place() {
  const folder = temporaryFolder()
  await writeAttackedLogs(folder)
  const env = { AUDIT_POSTGRES_URL: serverUrl().href }
  return {
    file: (name: string) => join(folder, name),
    run: (...args: readonly string[]) => runBinary(args, { cwd: folder, env }),
  }
}

test('a log goes to PostgreSQL and back with the same root, and its checkpoint stays good', async () => {
  const { file, run } = await place()
  const name = `convert ${randomUUID()}`
  const there = await run('convert', 'audit.db', 'postgres://', '--to-log', name)
  expect(there.exitCode, there.errors).toBe(0)
  const verified = await run(
    'verify',
    'postgres://',
    '--log',
    name,
    '--checkpoint',
    'checkpoint.txt',
    '--key',
    'audit.pub',
  )
  expect(verified.exitCode, verified.output + verified.errors).toBe(0)
  const back = await run('convert', 'postgres://', 'copy.jsonl', '--log', name)
  expect(back.exitCode, back.errors).toBe(0)
  expect(readFileSync(file('copy.jsonl'))).toEqual(readFileSync(file('audit.jsonl')))
})

test('a copy in PostgreSQL goes on with the part that is there, and not with another log', async () => {
  const { run } = await place()
  const name = `resume ${randomUUID()}`
  expect((await run('convert', 'cut.jsonl', 'postgres://', '--to-log', name)).exitCode).toBe(0)
  const { exitCode, output } = await run('convert', 'audit.db', 'postgres://', '--to-log', name, '--json')
  expect({ exitCode, entries: JSON.parse(output).entries }).toEqual({ exitCode: 0, entries: SAMPLE_SIZE })
  const again = await run('convert', 'audit.db', 'postgres://', '--to-log', name)
  expect(again.exitCode, again.errors).toBe(0)
  expect((await run('convert', 'changed.jsonl', 'postgres://', '--to-log', name)).exitCode).toBe(2)
})

test("SynapseKit's files are imported into PostgreSQL, and a log of it into a file", async () => {
  const { file, run } = await place()
  const name = `import ${randomUUID()}`
  writeSynapseKitDatabase(file('audit_log.db'), synapseKitEntries(300))
  const imported = await run('import', 'audit_log.db', 'postgres://', '--log', name, '--json')
  expect(imported.exitCode, imported.errors).toBe(0)
  expect(JSON.parse(imported.output)).toMatchObject({ mode: 'kept', entries: 300 })
  const verified = await run('verify', 'postgres://', '--log', name, '--json')
  expect(JSON.parse(verified.output)).toMatchObject({ findings: [], imported: { entries: 300 } })
  const copied = await run('import', 'postgres://', 'again.db', '--from', name, '--json')
  expect(JSON.parse(copied.output)).toMatchObject({ mode: 'kept', format: 'log', entries: 301 })
})

test('a locked log of a database is written by no other import or convert', async () => {
  const { file, run } = await place()
  const log = `locked ${randomUUID()}`
  writeSynapseKitDatabase(file('audit_log.db'), synapseKitEntries(3))
  const location = { kind: 'postgres', connectionString: serverUrl().href, log, name: log } as const
  {
    await using lock = await lockLog(location, new AbortController().signal)
    expect((await run('import', 'audit_log.db', 'postgres://', '--log', log)).exitCode).toBe(2)
    expect((await run('convert', 'audit.db', 'postgres://', '--to-log', log)).exitCode).toBe(2)
    expect((await run('import', 'audit_log.db', 'postgres://', '--log', `${log} 2`)).exitCode).toBe(0)
    lock.assertHeld()
  }
  const { exitCode, output } = await run('import', 'audit_log.db', 'postgres://', '--log', log, '--json')
  expect({ exitCode, added: JSON.parse(output).added }).toEqual({ exitCode: 0, added: 3 })
})

test('the log of a database is examined', async () => {
  const { run } = await place()
  const name = `doctor ${randomUUID()}`
  await run('convert', 'audit.db', 'postgres://', '--to-log', name)
  const whole = await run('doctor', 'postgres://', '--log', name, '--json')
  expect(whole.exitCode, whole.output + whole.errors).toBe(0)
  const missing = await run('doctor', 'postgres://', '--log', 'no such log', '--json')
  expect({ exitCode: missing.exitCode, verdict: JSON.parse(missing.output).verdict }).toEqual({
    exitCode: 1,
    verdict: 'problem',
  })
})
