import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AuditLog, createSigner, createVerifier, verifyCheckpoint, verifyProof } from '@audit/core'
import { TemporaryFolder } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend } from '@audit/sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FORGED_KEY, OWN_KEY, writeAttackedLogs } from './attacked-logs.ts'
import { runBinary } from './binary.ts'
import { runHere } from './in-process.ts'
import { sampleId } from './sample-log.ts'

let folder: TemporaryFolder
beforeAll(async () => {
  folder = new TemporaryFolder()
  await writeAttackedLogs(folder.path)
})
afterAll(() => folder[Symbol.dispose]())

const run = (...args: readonly string[]) => runBinary(args, { cwd: folder.path })

describe('keygen', () => {
  test('writes a private key for its owner alone, and prints the public one', async () => {
    const cwd = temporaryFolder()
    const { exitCode, output, errors } = await runBinary(['keygen', 'example.com/audit'], { cwd })
    expect(exitCode).toBe(0)
    const key = readFileSync(join(cwd, 'audit.key'), 'utf8')
    expect(createSigner(key).publicKey).toBe(output.trim())
    expect(createVerifier(output)).toMatchObject({ name: 'example.com/audit' })
    expect(output + errors).not.toContain('PRIVATE')
    if (process.platform !== 'win32') expect(statSync(join(cwd, 'audit.key')).mode & 0o777).toBe(0o600)
    expect(readdirSync(cwd)).toEqual(['audit.key'])
  })

  test('never overwrites a key', async () => {
    const cwd = temporaryFolder()
    await runBinary(['keygen', 'a', '-o', 'my.key'], { cwd })
    const key = readFileSync(join(cwd, 'my.key'), 'utf8')
    const { exitCode, output } = await runBinary(['keygen', 'b', '-o', 'my.key'], { cwd })
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' })
    expect(readFileSync(join(cwd, 'my.key'), 'utf8')).toBe(key)
  })

  test.each([
    ['no name', []],
    ['a name with a blank', ['my log']],
    ['an empty name', ['']],
    ['standard output', ['example.com/audit', '-o', '-']],
    ['a folder that does not exist', ['example.com/audit', '-o', 'no/such/folder.key']],
  ])('refuses %s, and leaves nothing', async (_, args) => {
    const cwd = temporaryFolder()
    const { exitCode, output } = await runBinary(['keygen', ...args], { cwd })
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' })
    expect(readdirSync(cwd)).toEqual([])
  })
})

describe('checkpoint', () => {
  test('signs what the log is, without changing anything in its folder', async () => {
    const before = readdirSync(folder.path).toSorted()
    const { exitCode, output } = await run('checkpoint', 'audit.db', '--key', 'audit.key')
    expect(exitCode).toBe(0)
    const verified = verifyCheckpoint({ checkpoint: output, verifier: createVerifier(OWN_KEY.publicKey) })
    expect(verified.size).toBe(48)
    expect(readdirSync(folder.path).toSorted()).toEqual(before)
  })

  test('replaces its last one only by one that continues it', async () => {
    const cwd = temporaryFolder()
    await writeAttackedLogs(cwd)
    const path = join(cwd, 'audit.db')
    const runThere = (...args: readonly string[]) => runBinary(args, { cwd })
    await using log = new AuditLog({ backend: new SqliteBackend({ path }) })
    await log.record({ model: 'm', inputText: '', outputText: '' })
    const first = await runThere('checkpoint', 'audit.db', '--key', 'audit.key', '-o', 'checkpoint.txt')
    expect(first.exitCode, first.errors).toBe(0)
    const newest = readFileSync(join(cwd, 'checkpoint.txt'), 'utf8')
    expect(newest.split('\n')[1]).toBe('49')
    for (const name of ['cut.db', 'changed.db', 'changed.jsonl', 'hole.db']) {
      const { exitCode, output } = await runThere(
        'checkpoint',
        name,
        '--key',
        'audit.key',
        '-o',
        'checkpoint.txt',
      )
      expect({ name, exitCode, output }).toEqual({ name, exitCode: 1, output: '' })
    }
    expect(readFileSync(join(cwd, 'checkpoint.txt'), 'utf8')).toBe(newest)
  })

  test('does not write over what is no checkpoint of its key', async () => {
    for (const [name, expected] of [
      ['forged.txt', 1],
      ['other-log.txt', 1],
      ['no-checkpoint.txt', 2],
      ['audit.key', 2],
    ] as const) {
      const content = readFileSync(folder.file(name))
      expect((await run('checkpoint', 'audit.db', '--key', 'audit.key', '-o', name)).exitCode).toBe(expected)
      expect(readFileSync(folder.file(name))).toEqual(content)
    }
  })

  test.each([
    ['no key', ['audit.db']],
    ['the key in the argument', ['audit.db', '--key', OWN_KEY.privateKey]],
    ['a public key', ['audit.db', '--key', 'audit.pub']],
    ['a missing key', ['audit.db', '--key', 'missing.key']],
    ['a missing log', ['missing.db', '--key', 'audit.key']],
  ])('refuses %s', async (_, args) => {
    const { exitCode, output, errors } = await run('checkpoint', ...args)
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' })
    expect(errors).not.toContain(OWN_KEY.privateKey.slice(-20))
  })
})

describe('prove and check', () => {
  const proved = async (...args: readonly string[]) => {
    const { exitCode, output, errors } = await run('prove', ...args)
    expect(exitCode, errors).toBe(0)
    return output
  }

  test('a receipt from a checkpoint needs no private key', async () => {
    const receipt = await proved('audit.db', '17', '--checkpoint', 'checkpoint.txt')
    const { entry, proof } = JSON.parse(receipt)
    expect(entry.entryId).toBe(sampleId(17))
    expect(verifyProof({ entry, proof, verifier: createVerifier(OWN_KEY.publicKey) }).size).toBe(48)
  })

  test('a receipt with a new checkpoint, of a JSONL log, by id', async () => {
    const receipt = await proved('audit.jsonl', sampleId(3), '--key', 'audit.key')
    const { entry, proof } = JSON.parse(receipt)
    expect(verifyProof({ entry, proof, verifier: createVerifier(OWN_KEY.publicKey) }).size).toBe(48)
  })

  test.each([
    ['neither a key nor a checkpoint', ['audit.db', '17'], 2],
    ['both', ['audit.db', '17', '--key', 'audit.key', '--checkpoint', 'checkpoint.txt'], 2],
    ['an entry that is not there', ['audit.db', '48', '--key', 'audit.key'], 2],
    ['a letter as the checkpoint', ['audit.db', '17', '--checkpoint', 'no-checkpoint.txt'], 2],
    ['a changed entry', ['changed.db', '7', '--key', 'audit.key'], 1],
    [
      'a checkpoint that the log does not continue',
      ['changed.jsonl', '3', '--checkpoint', 'checkpoint.txt'],
      1,
    ],
    ['a checkpoint from before the end was cut off', ['cut.db', '3', '--checkpoint', 'checkpoint.txt'], 1],
  ])('prove: %s', async (_, args, expected) => {
    const { exitCode, output, errors } = await run('prove', ...args, '-o', 'no-receipt.json')
    expect({ exitCode, output }, errors).toEqual({ exitCode: expected, output: '' })
    expect(existsSync(folder.file('no-receipt.json'))).toBe(false)
  })

  test('a receipt is checked without the log', async () => {
    const receipt = await proved('audit.db', '17', '--checkpoint', 'checkpoint.txt')
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'receipt.json'), receipt)
    const { exitCode, output } = await runBinary(['check', 'receipt.json', '--key', OWN_KEY.publicKey], {
      cwd,
    })
    expect(exitCode).toBe(0)
    expect(output).toMatch(/^GOOD: example\.com\/audit had this as entry 17 when it had 48 entries\n/)
    const json = await runBinary(['check', '-', '--key', OWN_KEY.publicKey, '--json'], {
      cwd,
      stdin: receipt,
    })
    expect(JSON.parse(json.output)).toMatchObject({
      verdict: 'good',
      entry: { index: 17 },
      checkpoint: { size: 48 },
    })
  })

  /** Receipts that are not right, by how they are made from one that is. */
  const RECEIPTS: readonly (readonly [string, (receipt: string) => string, number, RegExp])[] = [
    ['another user', text => text.replace(/"user":"[a-z]+"/, '"user":"eve"'), 1, /^BAD/],
    ['another index', text => text.replace('"index":17', '"index":18'), 1, /^BAD/],
    [
      'a further key in the entry',
      text => text.replace('"index":17', '"index":17,"note":"paid"'),
      1,
      /^BAD: [^\n]*"note"/,
    ],
    ['a further key beside the entry', text => text.replace('{', '{"index":7,'), 1, /^BAD: [^\n]*"index"/],
    [
      'a further key behind the proof',
      text => text.replace(/\}\s*$/, ',"note":"approved by CFO"}'),
      1,
      /^BAD: [^\n]*"note"/,
    ],
    ['a key that stands twice', text => text.replace('"user":', '"user":"eve","user":'), 1, /^BAD/],
    [
      'more digits than a number holds',
      text => text.replace(/"latencyMs":(\d+)/, '"latencyMs":$1.00000000000000001'),
      1,
      /^BAD/,
    ],
    ['a changed size', text => text.replace('\\n48\\n', '\\n49\\n'), 1, /^BAD/],
    ['a byte-order mark before it', text => `\uFEFF${text}`, 0, /^GOOD/],
    ['blanks and line breaks in its JSON', text => JSON.stringify(JSON.parse(text), null, 2), 0, /^GOOD/],
    ['CRLF in its proof', text => text.replaceAll('\\n', '\\r\\n'), 2, /^CANNOT TELL/],
    ['no proof', text => JSON.stringify({ entry: JSON.parse(text).entry }), 2, /^CANNOT TELL/],
    ['half of it', text => text.slice(0, 300), 2, /^CANNOT TELL/],
    ['nothing', () => '', 2, /^CANNOT TELL/],
    [
      'a depth that no program reads',
      text => text.replace('{', `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},`),
      1,
      /^BAD/,
    ],
    ['a list', () => '[]', 2, /^CANNOT TELL/],
    [
      'a proof that is cut off',
      text => text.replace(/"proof":"(.*?)\\n\\n.*"/, '"proof":"$1"'),
      2,
      /^CANNOT TELL/,
    ],
  ]

  test.each(RECEIPTS)('check: %s', async (_, change, exitCode, expected) => {
    const receipt = await proved('audit.db', '17', '--checkpoint', 'checkpoint.txt')
    const ended = await runBinary(['check', '-', '--key', 'audit.pub'], {
      cwd: folder.path,
      stdin: change(receipt),
    })
    expect(ended.exitCode, ended.output + ended.errors).toBe(exitCode)
    expect(ended.output).toMatch(expected)
  })

  test('a receipt that somebody else signed under the same name is BAD', async () => {
    writeFileSync(folder.file('forged.key'), FORGED_KEY.privateKey)
    const receipt = await proved('audit.db', '17', '--key', 'forged.key')
    const { exitCode, output } = await runBinary(['check', '-', '--key', 'audit.pub'], {
      cwd: folder.path,
      stdin: receipt,
    })
    expect(exitCode).toBe(1)
    expect(output).toMatch(/^BAD/)
  })

  test.each([
    ['no key', ['checkpoint.txt']],
    ['a missing receipt', ['missing.json', '--key', 'audit.pub']],
    ['a folder', ['.', '--key', 'audit.pub']],
    ['no receipt', []],
  ])('check: %s ends with 2', async (_, args) => {
    const { exitCode, output, errors } = await run('check', ...args)
    expect({ exitCode, output }, errors).toEqual({ exitCode: 2, output: '' })
  })

  test('-o never writes over a file, the log among them', async () => {
    for (const name of ['audit.db', 'audit.jsonl', 'checkpoint.txt']) {
      const before = readFileSync(folder.file(name))
      expect(
        (
          await run(
            'prove',
            name === 'audit.db' ? name : 'audit.jsonl',
            '0',
            '--key',
            'audit.key',
            '-o',
            name,
          )
        ).exitCode,
      ).toBe(2)
      expect(readFileSync(folder.file(name))).toEqual(before)
    }
  })

  test('-o writes the receipt whole, in a folder that exists', async () => {
    mkdirSync(folder.file('receipts'), { recursive: true })
    await run('prove', 'audit.db', '0', '--key', 'audit.key', '-o', 'receipts/0.json')
    expect(readdirSync(folder.file('receipts'))).toEqual(['0.json'])
    expect((await run('check', 'receipts/0.json', '--key', 'audit.pub')).exitCode).toBe(0)
  })
})

test('a receipt holds no character that a terminal obeys, and is good', async () => {
  {
    await using log = new AuditLog({ backend: new SqliteBackend({ path: folder.file('hostile.db') }) })
    await log.record({ model: 'm', inputText: 'a\u009b31mred', outputText: 'o\u202e', metadata: {} })
  }
  const options = { cwd: folder.path, columns: 80 }
  const { exitCode, stdout } = await runHere(['prove', 'hostile.db', '0', '--key', 'audit.key'], options)
  expect(exitCode).toBe(0)
  expect(stdout).not.toMatch(/[\u0080-\u009f\u202e]/)
  expect(JSON.parse(stdout).entry).toMatchObject({ inputText: 'a\u009b31mred', outputText: 'o\u202e' })
  const checked = await runHere(['check', '-', '--key', 'audit.pub'], { ...options, stdin: stdout })
  expect(checked.exitCode, checked.both).toBe(0)
})

test('check shows all that a receipt has, and says what it cuts', async () => {
  {
    await using log = new AuditLog({ backend: new SqliteBackend({ path: folder.file('full.db') }) })
    const metadata = { 'audit.status': 'error', 'error.type': '503' }
    await log.record({
      model: 'm',
      inputText: 'x'.repeat(5000),
      outputText: '',
      costUsd: 0.25,
      latencyMs: 7,
      metadata,
    })
  }
  const options = { cwd: folder.path, columns: 80 }
  const { stdout: stdin } = await runHere(['prove', 'full.db', '0', '--key', 'audit.key'], options)
  const { stdout } = await runHere(['check', '-', '--key', 'audit.pub'], { ...options, stdin })
  for (const shown of ['"audit.status":"error"', '"error.type":"503"', '$0.25', '7 ms', '5,000 characters'])
    expect(stdout).toContain(shown)
})
