import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { TemporaryFolder } from '@audit/harness'
import { FILE_BACKENDS, type FileBackendId, openLog } from './backends.ts'
import { exchangeOf } from './exchange.ts'

const PROGRAM = fileURLToPath(new URL('programs/record-through-fault.ts', import.meta.url))
const ENTRIES = 20
/** What takes longer hangs. */
const HANG_MS = 120_000
/** What a fault of the disk may be called. That the file is no log would be wrong. */
const CODES = ['AUDIT_OPEN_FAILED', 'AUDIT_WRITE_FAILED', 'AUDIT_READ_FAILED', 'AUDIT_BUSY']
/** SQLite takes bytes that cannot be read for damage. */
const UNREADABLE_CODES = [...CODES, 'AUDIT_CORRUPT']

/**
 * The system calls that the backends make on their files and folder, and how they fail. The locks are not among them:
 * on a local disk they are in the kernel's memory, and there is no letting go of one that could fail.
 */
const FAULTS = [
  ['openat', 'EIO'],
  ['statx', 'EIO'],
  ['read', 'EIO'],
  ['pread64', 'EIO'],
  ['write', 'ENOSPC'],
  ['write', 'EIO'],
  ['pwrite64', 'ENOSPC'],
  ['pwrite64', 'EIO'],
  ['fsync', 'EIO'],
  ['fdatasync', 'EIO'],
  ['ftruncate', 'EIO'],
  ['fallocate', 'ENOSPC'],
  ['fchmod', 'EIO'],
  ['mmap', 'ENOMEM'],
  ['link', 'EIO'],
  ['unlink', 'EIO'],
] as const

export interface FaultFigures {
  /** Runs of which a system call failed. */
  readonly faults: number
  /** Calls of the log that failed because of it, and succeeded when they were made again. */
  readonly failedCalls: number
  readonly acknowledged: number
  readonly lost: number
}

/**
 * Lets each system call that a backend makes fail, one in each run: the calls of the log that it hits reject with the
 * right code, what they should have recorded is nowhere, and made again they succeed, without a duplicate.
 *
 * @param most how many calls of a kind are tried, from the first one on.
 * @throws AssertionError at the first thing that is not so.
 */
export async function faults(
  id: FileBackendId,
  most: number,
  onProgress: (fault: string) => void,
): Promise<FaultFigures> {
  let [tried, failedCalls, acknowledged, kept] = [0, 0, 0, 0]
  for (const [call, error] of FAULTS) {
    for (let nth = 1; nth <= most; nth++) {
      const fault = `inject=${call}:error=${error}:when=${nth}`
      const run = await recordThrough(id, fault)
      if (!run) break // no such call any more
      tried++
      failedCalls += run.failures.length
      acknowledged += run.acknowledged
      kept += run.kept
    }
    onProgress(`${call} ${error}`)
  }
  return { faults: tried, failedCalls, acknowledged, lost: acknowledged - kept }
}

interface FaultRun {
  readonly failures: readonly string[]
  readonly acknowledged: number
  readonly kept: number
}

async function recordThrough(id: FileBackendId, fault: string): Promise<FaultRun | undefined> {
  using folder = new TemporaryFolder()
  using records = new TemporaryFolder()
  const path = folder.file(FILE_BACKENDS[id].fileName)
  const trace = records.file('trace')
  const files = [folder.path, path, ...['-wal', '-shm', '-journal'].map(ending => path + ending)]
  const args = ['-f', '-qq', '-o', trace, '-e', fault, ...files.flatMap(file => ['-P', file])]
  const program = [process.execPath, PROGRAM, id, path, `${ENTRIES}`]
  const { stdout } = await promisify(execFile)('strace', [...args, ...program], { timeout: HANG_MS })
  if (!readFileSync(trace, 'utf8').includes('(INJECTED)')) return undefined

  const { failures, acknowledged }: Omit<FaultRun, 'kept'> = JSON.parse(stdout) // what the program prints
  const allowed = fault.startsWith('inject=pread64') ? UNREADABLE_CODES : CODES
  for (const code of failures) assert.ok(allowed.includes(code), `${fault} was reported as ${code}`)
  return { failures, acknowledged, kept: await countKept(id, path, fault) }
}

/** Every interaction is there once, to the letter: callers that tried again came in another order. */
async function countKept(id: FileBackendId, path: string, fault: string): Promise<number> {
  await using log = openLog(id, path)
  const numbers = new Set<unknown>()
  for await (const { entryId: _id, timestamp: _time, index: _index, ...fields } of log.entries()) {
    const { n } = fields.metadata
    assert.deepEqual(fields, exchangeOf(Number(n)), fault)
    assert.ok(!numbers.has(n), `${fault}: entry ${n} is there twice`)
    numbers.add(n)
  }
  assert.deepEqual((await log.verify()).findings, [], fault)
  return numbers.size
}
