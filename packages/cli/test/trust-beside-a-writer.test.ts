import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { generateKey } from '@audit/core'
import { serverUrl } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { expect, onTestFinished, test } from 'vitest'
import { runBinary } from './binary.ts'

const RECORDER = fileURLToPath(new URL('record-until-killed.ts', import.meta.url))

/** A process that records into a log until the test has finished. Resolves once it has recorded something. */
async function startRecorder(args: readonly string[]): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [RECORDER, ...args], { stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGKILL'))
  if (!child.stdout) throw new Error('the output is not a pipe')
  const lines = createInterface({ input: child.stdout })
  await Promise.race([once(lines, 'line'), once(child, 'exit')])
  expect(child.exitCode).toBeNull()
}

test.each(['sqlite', 'jsonl', 'postgres'])(
  '%s: a log is verified, signed, proved, examined and converted while a process records at full speed',
  async kind => {
    const folder = temporaryFolder()
    const { privateKey, publicKey } = generateKey('example.com/audit')
    writeFileSync(join(folder, 'audit.key'), privateKey, { mode: 0o600 })
    writeFileSync(join(folder, 'audit.pub'), publicKey)
    const name = `trust ${randomUUID()}`
    const env = kind === 'postgres' ? { AUDIT_POSTGRES_URL: serverUrl().href } : {}
    const place = kind === 'postgres' ? [serverUrl().href, name] : [join(folder, 'audit.log')]
    await startRecorder([kind, ...place])
    const log = kind === 'postgres' ? ['postgres://', '--log', name] : ['audit.log']
    const [address = '', ...options] = log
    const run = async (exitCode: number, command: string, ...args: readonly string[]) => {
      const ended = await runBinary([command, address, ...args, ...options], { cwd: folder, env })
      expect({ command, exitCode: ended.exitCode }, ended.output + ended.errors).toEqual({
        command,
        exitCode,
      })
      return ended
    }
    const sign = () => run(0, 'checkpoint', '--key', 'audit.key', '-o', 'checkpoint.txt')
    // At once, since the log grows meanwhile, and each of them reads all of it.
    const convert = run(0, 'convert', kind === 'jsonl' ? 'copy.db' : 'copy.jsonl')
    await Promise.all([run(3, 'verify'), run(0, 'doctor'), convert, sign()])
    await run(0, 'verify', '--checkpoint', 'checkpoint.txt', '--key', 'audit.pub')
    await sign()
    const { output } = await run(0, 'prove', '7', '--checkpoint', 'checkpoint.txt')
    expect(
      (await runBinary(['check', '-', '--key', 'audit.pub'], { cwd: folder, stdin: output })).exitCode,
    ).toBe(0)
  },
)
