import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@audit/harness/vitest'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runBinary, startBinary } from './binary.ts'
import { writeSampleLogs } from './sample-log.ts'

/** A folder with the sample logs and a FIFO that nobody writes to or reads. */
async function folderWithPipe(): Promise<string> {
  const folder = temporaryFolder()
  spawnSync('mkfifo', [join(folder, 'pipe')])
  await writeSampleLogs(folder)
  return folder
}

/** Starts the binary, and kills it at the end of the test: one that hangs in the file system obeys no other signal. */
function start(args: readonly string[], cwd: string) {
  const child = startBinary(args, { cwd })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

describe.skipIf(process.platform === 'win32')('a FIFO', () => {
  test.each([
    ['proxy new.db --port 0 --keys pipe'],
    ['proxy new.db --port 0 --token-file pipe'],
    ['query postgres:// --connection pipe'],
    ['verify audit.db --checkpoint pipe --key pipe'],
    ['verify audit.db --checkpoint pipe --policy pipe'],
  ])('is no file to read, and no reason to hang: %s', async line => {
    const folder = await folderWithPipe()
    const [exitCode] = await once(start(line.split(' '), folder), 'exit')
    expect(exitCode).toBe(2)
    expect(readdirSync(folder)).not.toContain('new.db')
  })

  test('is written to once somebody reads it', async () => {
    const folder = await folderWithPipe()
    const child = start(['export', 'audit.jsonl', '-o', 'pipe'], folder)
    const [text, [exitCode]] = await Promise.all([
      readFile(join(folder, 'pipe'), 'utf8'),
      once(child, 'exit'),
    ])
    const { output } = await runBinary(['export', 'audit.jsonl'], { cwd: folder })
    expect({ exitCode, text }).toEqual({ exitCode: 0, text: output })
  })

  test('that nobody reads is waited for until Ctrl-C', async () => {
    const folder = await folderWithPipe()
    const child = start(['export', 'audit.jsonl', '-o', 'pipe'], folder)
    if (child.stderr) await once(child.stderr, 'data') // it says that it waits
    child.kill('SIGINT')
    const [exitCode] = await once(child, 'exit')
    expect(exitCode).toBe(130)
  })
})
