import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { AuditLog } from '@audit/core'
import { boundByPermissions, canBeBound, outcomeOf, TemporaryFolder } from '@audit/harness'
import { SqliteBackend } from '@audit/sqlite'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { FORGED_KEY, OWN_KEY, writeAttackedLogs } from './attacked-logs.ts'
import { BINARY, runBinary, startBinary } from './binary.ts'
import { runHere } from './in-process.ts'

/** Whether a process has a file of this name open. Only Linux can say so. */
function isOpenIn({ pid }: ChildProcess, name: string): boolean {
  try {
    const open = readdirSync(`/proc/${pid}/fd`).map(each => readlinkSync(`/proc/${pid}/fd/${each}`))
    return open.some(path => path.endsWith(name))
  } catch {
    return false // a descriptor was closed meanwhile
  }
}

let folder: TemporaryFolder
beforeAll(async () => {
  folder = new TemporaryFolder()
  await writeAttackedLogs(folder.path)
})
afterAll(() => folder[Symbol.dispose]())

const ANCHORED = ['--checkpoint', 'checkpoint.txt', '--key', 'audit.pub']
const WHOLE = /is whole, and continues every checkpoint/
const UNANCHORED = /is whole as far as it can tell by itself/
const FOUND = /is not as it should be: \d+ findings?/
const ONE_ERROR = /^audit: [^\n]+\n$/

test.each([
  // what is whole
  ['a log with its checkpoint', ['audit.db', ...ANCHORED], 0, WHOLE, ''],
  ['a JSONL log with the checkpoint of the same entries', ['audit.jsonl', ...ANCHORED], 0, WHOLE, ''],
  [
    'the key in the argument',
    ['audit.db', '--checkpoint', 'checkpoint.txt', '--key', OWN_KEY.publicKey],
    0,
    WHOLE,
    '',
  ],
  ['a checkpoint twice', ['audit.db', ...ANCHORED, '--checkpoint', 'checkpoint.txt'], 0, WHOLE, ''],
  ['no checkpoint', ['audit.db'], 3, UNANCHORED, ''],
  ['no checkpoint, JSONL', ['audit.jsonl'], 3, UNANCHORED, ''],
  // what is not
  ['a changed entry', ['changed.db'], 1, FOUND, ''],
  ['a changed entry, with a checkpoint', ['changed.db', ...ANCHORED], 1, /checkpoint-inconsistent/, ''],
  ['a changed line, which JSONL alone cannot show', ['changed.jsonl'], 3, UNANCHORED, ''],
  ['a changed line, with a checkpoint', ['changed.jsonl', ...ANCHORED], 1, /checkpoint-inconsistent/, ''],
  ['a checkpoint from before the end was cut off', ['cut.db', ...ANCHORED], 1, /tail-missing/, ''],
  ['the same in JSONL', ['cut.jsonl', ...ANCHORED], 1, /tail-missing/, ''],
  ['a missing entry', ['hole.db'], 1, /entry-missing/, ''],
  ['missing triggers', ['no-triggers.db', ...ANCHORED], 1, /damaged/, ''],
  ['a torn line', ['torn.jsonl', ...ANCHORED], 1, /found {7}damaged: line 48/, ''],
  ['a file without any entry', ['garbage.jsonl'], 1, /damaged/, ''],
  // checkpoints that are not to be trusted
  [
    'a changed checkpoint',
    ['audit.db', '--checkpoint', 'changed.txt', '--key', 'audit.pub'],
    1,
    /signature-bad: changed\.txt/,
    '',
  ],
  [
    'a forged checkpoint',
    ['audit.db', '--checkpoint', 'forged.txt', '--key', 'audit.pub'],
    1,
    /signature-bad: forged\.txt/,
    '',
  ],
  [
    'the checkpoint of another log',
    ['audit.db', '--checkpoint', 'other-log.txt', '--key', 'audit.pub'],
    1,
    /signature-bad: other-log\.txt/,
    '',
  ],
  [
    'a good and a forged checkpoint',
    ['audit.db', ...ANCHORED, '--checkpoint', 'forged.txt'],
    1,
    /signature-bad: forged\.txt/,
    '',
  ],
  // what cannot be done
  ['a checkpoint without a key', ['audit.db', '--checkpoint', 'checkpoint.txt'], 2, '', /--key/],
  ['a key without a checkpoint', ['audit.db', '--key', 'audit.pub'], 2, '', /--checkpoint/],
  [
    'a private key in place of the public one',
    ['audit.db', '--checkpoint', 'checkpoint.txt', '--key', 'audit.key'],
    2,
    '',
    /private key/,
  ],
  [
    'a private key in the argument',
    ['audit.db', '--checkpoint', 'checkpoint.txt', '--key', OWN_KEY.privateKey],
    2,
    '',
    ONE_ERROR,
  ],
  ['a checkpoint with CRLF', ['audit.db', '--checkpoint', 'crlf.txt', '--key', 'audit.pub'], 2, '', /CRLF/],
  [
    'a checkpoint with a byte-order mark',
    ['audit.db', '--checkpoint', 'bom.txt', '--key', 'audit.pub'],
    2,
    '',
    /byte-order mark/,
  ],
  [
    'a letter as the checkpoint',
    ['audit.db', '--checkpoint', 'no-checkpoint.txt', '--key', 'audit.pub'],
    2,
    '',
    ONE_ERROR,
  ],
  [
    'a checkpoint that is not UTF-8',
    ['audit.db', '--checkpoint', 'latin1.txt', '--key', 'audit.pub'],
    2,
    '',
    /UTF-8/,
  ],
  [
    'a missing checkpoint',
    ['audit.db', '--checkpoint', 'missing.txt', '--key', 'audit.pub'],
    2,
    '',
    /missing\.txt does not exist/,
  ],
  ['a folder as the checkpoint', ['audit.db', '--checkpoint', '.', '--key', 'audit.pub'], 2, '', ONE_ERROR],
  [
    'a log as the checkpoint',
    ['audit.db', '--checkpoint', 'audit.db', '--key', 'audit.pub'],
    2,
    '',
    ONE_ERROR,
  ],
  ['a checkpoint as the log', ['checkpoint.txt'], 2, '', ONE_ERROR],
  ['a missing log', ['missing.db'], 2, '', /missing\.db does not exist/],
  ['no log', [], 2, '', /log/],
] as const)('verify: %s', async (_, args, exitCode, stdout, stderr) => {
  const ended = await runBinary(['verify', ...args], { cwd: folder.path })
  expect(ended.exitCode, ended.output + ended.errors).toBe(exitCode)
  expect(ended.errors).not.toContain(OWN_KEY.privateKey)
  for (const [text, expected] of [
    [ended.output, stdout],
    [ended.errors, stderr],
  ] as const) {
    if (expected === '') expect(text).toBe('')
    else expect(text).toMatch(expected)
  }
})

test('--json is one object with all that was found, and what was not looked at', async () => {
  const { exitCode, output } = await runBinary(['verify', 'changed.db', ...ANCHORED, '--json'], {
    cwd: folder.path,
  })
  expect(exitCode).toBe(1)
  const verdict = JSON.parse(output)
  expect(verdict).toMatchObject({
    verdict: 'findings',
    log: 'changed.db',
    size: 48,
    root: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
    checkpoints: [{ file: 'checkpoint.txt', origin: 'example.com/audit', size: 48, isConsistent: false }],
  })
  expect(verdict.findings).toContainEqual(expect.objectContaining({ kind: 'damaged', index: 7 }))
  expect(verdict.unchecked.length).toBeGreaterThan(0)
})

test('the root of a verdict is that of the checkpoint', async () => {
  const { output } = await runBinary(['verify', 'audit.db', ...ANCHORED, '--json'], { cwd: folder.path })
  const [, , root] = readFileSync(folder.file('checkpoint.txt'), 'utf8').split('\n')
  expect(JSON.parse(output)).toMatchObject({ verdict: 'anchored', root, findings: [] })
})

test('entries behind the checkpoint are named as not looked at', async () => {
  copyFileSync(folder.file('audit.db'), folder.file('grown.db'))
  await using log = new AuditLog({ backend: new SqliteBackend({ path: folder.file('grown.db') }) })
  await log.record({ model: 'm', inputText: '', outputText: '' })
  const { exitCode, output } = await runBinary(['verify', 'grown.db', ...ANCHORED, '--json'], {
    cwd: folder.path,
  })
  expect(exitCode).toBe(0)
  expect(JSON.parse(output).unchecked).toContainEqual(expect.stringContaining('1 entry'))
})

test('entries that may be gone from behind the checkpoint are named as not looked at', async () => {
  // A log that was rolled back to its checkpoint is, to the byte, the log of that time.
  for (const options of [[], ['--json']]) {
    const args = ['verify', 'audit.db', ...ANCHORED, ...options]
    const { exitCode, stdout } = await runHere(args, { cwd: folder.path })
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/recorded after the newest checkpoint, which has 48 entries, have been removed/)
  }
})

test('a checkpoint of the log when it was empty anchors nothing', async () => {
  const { AuditLog: Log, createSigner } = await import('@audit/core')
  writeFileSync(
    folder.file('empty.txt'),
    await new Log({ signer: createSigner(OWN_KEY.privateKey) }).checkpoint(),
  )
  const args = ['verify', 'audit.db', '--checkpoint', 'empty.txt', '--key', 'audit.pub']
  const { exitCode, output } = await runBinary(args, { cwd: folder.path })
  expect(exitCode, output).toBe(3)
})

test('a checkpoint can come from standard input', async () => {
  const stdin = readFileSync(folder.file('checkpoint.txt'), 'utf8')
  const args = ['verify', 'audit.db', '--checkpoint', '-', '--key', 'audit.pub']
  expect((await runBinary(args, { cwd: folder.path, stdin })).exitCode).toBe(0)
  expect((await runBinary([...args, '--checkpoint', '-'], { cwd: folder.path, stdin })).exitCode).toBe(2)
})

test('a log can come from standard input, and not together with a checkpoint', async () => {
  const stdin = readFileSync(folder.file('audit.db'))
  const there = await runBinary(['verify', '-', ...ANCHORED], { cwd: folder.path, stdin })
  expect(there.exitCode, there.errors).toBe(0)
  const args = ['verify', '-', '--checkpoint', '-', '--key', 'audit.pub']
  expect((await runBinary(args, { cwd: folder.path, stdin })).exitCode).toBe(2)
})

test('two checkpoints of one size that contradict each other are a finding of their own', async () => {
  const signed = readFileSync(folder.file('checkpoint.txt'), 'utf8')
  const { AuditLog: Log, createSigner } = await import('@audit/core')
  const other = new Log({ signer: createSigner(OWN_KEY.privateKey) })
  for (let i = 0; i < 48; i++) await other.record({ model: 'm', inputText: '', outputText: '' })
  writeFileSync(folder.file('second-history.txt'), await other.checkpoint())
  expect(signed).toContain('\n48\n')
  const args = ['verify', 'audit.db', ...ANCHORED, '--checkpoint', 'second-history.txt']
  const { exitCode, output } = await runBinary(args, { cwd: folder.path })
  expect(exitCode).toBe(1)
  expect(output).toMatch(/contradict each other/)
})

test.skipIf(process.platform === 'win32')(
  'a FIFO as the log, the checkpoint or the key does not make it wait',
  async () => {
    execFileSync('mkfifo', [folder.file('fifo')])
    for (const args of [
      ['fifo'],
      ['audit.db', '--checkpoint', 'fifo', '--key', 'audit.pub'],
      ['audit.db', '--checkpoint', 'checkpoint.txt', '--key', 'fifo'],
    ]) {
      expect((await runBinary(['verify', ...args], { cwd: folder.path })).exitCode).toBe(2)
    }
  },
)

test('an SQLite file that was cut in the middle never passes', async () => {
  const whole = readFileSync(folder.file('audit.db'))
  for (const bytes of [100, 600, 4096, 10_000, whole.length - 4096]) {
    writeFileSync(folder.file('truncated.db'), whole.subarray(0, bytes))
    const { exitCode } = await runBinary(['verify', 'truncated.db'], { cwd: folder.path })
    expect([1, 2]).toContain(exitCode)
  }
})

test.skipIf(!canBeBound)(
  'a log in a folder that may only be read is verified, and nothing changes there',
  async () => {
    using locked = new TemporaryFolder()
    await writeAttackedLogs(locked.path)
    const names = readdirSync(locked.path).toSorted()
    for (const name of names) chmodSync(locked.file(name), 0o444)
    chmodSync(locked.path, 0o555)
    for (const [name, expected] of [
      ['audit.db', 0],
      ['audit.jsonl', 0],
      ['changed.db', 1],
    ] as const) {
      const [program, ...args] = boundByPermissions(BINARY, 'verify', name, ...ANCHORED)
      const { exitCode, output, errors } = await outcomeOf(spawn(program, args, { cwd: locked.path }))
      expect({ name, exitCode }, output + errors).toEqual({ name, exitCode: expected })
    }
    expect(readdirSync(locked.path).toSorted()).toEqual(names)
    chmodSync(locked.path, 0o755)
  },
)

test.skipIf(process.platform !== 'linux')('Ctrl-C ends it with 130, and without a verdict', async () => {
  await using log = new AuditLog({ backend: new SqliteBackend({ path: folder.file('long.db') }) })
  await Promise.all(
    Array.from({ length: 30_000 }, (_, i) => log.record({ model: 'm', inputText: `${i}`, outputText: '' })),
  )
  const child = startBinary(['verify', 'long.db'], { cwd: folder.path })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = outcomeOf(child)
  // It has opened the log once its handlers are there: a signal before that would end it by itself, with no exit code.
  while (child.exitCode === null && !isOpenIn(child, 'long.db'))
    await new Promise(resolve => setTimeout(resolve, 1))
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ exitCode: 130, output: '' })
})

test('a verdict that nobody reads still decides how the command ends', () => {
  const line = `"${process.execPath}" "${BINARY}" verify changed.db | true; echo \${PIPESTATUS[0]}`
  const output = execFileSync('bash', ['-c', line], { cwd: folder.path, encoding: 'utf8' })
  expect(output.trim()).toBe('1')
})

test('what a log says about itself is shown safely', async () => {
  writeFileSync(folder.file('hostile\u001b[2J.jsonl'), '{"entry_id":"","\u202e":1}\n')
  const { exitCode, both } = await runHere(['verify', 'hostile\u001b[2J.jsonl'], {
    cwd: folder.path,
    columns: 80,
  })
  expect(exitCode).toBe(1)
  for (const character of ['\u001b[2J', '\u202e']) expect(both).not.toContain(character)
})

test('a key or a checkpoint that is wrong is not blamed on the log', async () => {
  for (const [checkpoint, key] of [
    ['forged.txt', 'audit.pub'],
    ['changed.txt', 'audit.pub'],
    ['checkpoint.txt', FORGED_KEY.publicKey],
  ] as const) {
    const args = ['verify', 'audit.db', '--checkpoint', checkpoint, '--key', key]
    const { exitCode, stdout } = await runHere(args, { cwd: folder.path })
    expect(exitCode).toBe(1)
    expect(stdout).not.toMatch(/audit\.db is not as it should be/)
    expect(stdout).not.toContain('with --checkpoint and --key') // they were given
  }
})

test('findings are told to people who write no program, and once', async () => {
  for (const name of ['changed.db', 'no-triggers.db', 'hole.db']) {
    const { stdout } = await runHere(['verify', name, ...ANCHORED], { cwd: folder.path })
    expect(stdout).not.toMatch(/log\.verify|verify\(\{|PRAGMA|run audit verify/)
    for (const line of stdout.split('\n')) expect(line.match(/entry 7\b/g)?.length ?? 0).toBeLessThan(2)
  }
})

test('damage ends every command alike', async () => {
  for (const args of [
    ['show', 'changed.db', '7'],
    ['export', 'changed.db', '-o', 'damaged.jsonl'],
    ['prove', 'changed.db', '7', '--key', 'audit.key'],
    ['convert', 'changed.db', 'converted.jsonl'],
  ]) {
    const { exitCode, stderr } = await runHere(args, { cwd: folder.path })
    expect({ args, exitCode }).toEqual({ args, exitCode: 1 })
    expect(stderr).not.toMatch(/log\.verify|PRAGMA/)
  }
})
