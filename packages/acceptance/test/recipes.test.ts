import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { AuditLog, createVerifier } from '@audit/core'
import { outcomeOf, runCommand, runNode, TemporaryFolder } from '@audit/harness'
import { JsonlBackend } from '@audit/jsonl'
import { SqliteBackend } from '@audit/sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { codeOf, commandsOf, folderWith, save } from './recipe-folder.ts'

// The recipes of the documents, done with the blocks and the commands that stand there.

function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8' })
}

/** A repository that pushes to another one. */
function makeRepository(folder: string): void {
  const remote = new TemporaryFolder()
  onTestFinished(() => remote[Symbol.dispose]())
  git(remote.path, 'init', '--bare', '--quiet')
  git(folder, 'init', '--quiet')
  git(folder, 'config', 'user.name', 'auditor')
  git(folder, 'config', 'user.email', 'auditor@example.com')
  git(folder, 'config', 'commit.gpgsign', 'false')
  git(folder, 'remote', 'add', 'origin', remote.path)
}

/** Runs the shell commands that stand in the documents under this name. */
async function runShell(folder: string, name: string): Promise<void> {
  const commands = commandsOf('docs/tamper-evidence.md', 'sh', name)
  writeFileSync(join(folder, name), `PATH='${dirname(process.execPath)}':"$PATH"\n${commands}`)
  await runCommand(folder, 'sh', [name])
}

test.skipIf(process.platform === 'win32')(
  'checkpoints are kept in git until the log was changed (the commands are those of a POSIX shell)',
  async () => {
    const folder = folderWith('core', 'sqlite')
    makeRepository(folder)
    save(folder, 'generate-key.ts', 'checkpoint.ts', 'receipt.ts')
    await runNode(folder, 'generate-key.ts')
    const record = () => runNode(folder, 'receipt.ts')
    await record()
    await runShell(folder, 'keep-checkpoint.sh')
    copyFileSync(join(folder, 'audit.db'), join(folder, 'older.db'))
    await record()
    await runShell(folder, 'keep-checkpoint.sh')
    await runShell(folder, 'keep-checkpoint.sh') // with nothing new since, there is nothing to keep
    const messages = () => git(folder, 'log', '--format=%s').trim().split('\n')
    expect(messages()).toEqual(['Audit log: 2 entries', 'Audit log: 1 entries'])

    copyFileSync(join(folder, 'older.db'), join(folder, 'audit.db'))
    await expect(runShell(folder, 'keep-checkpoint.sh')).rejects.toThrow('tail-missing')
    expect(messages()).toHaveLength(2)
  },
)

/** Runs `checkpoint.ts` and returns what it printed, and whether it kept a checkpoint. */
async function takeCheckpoint(
  folder: string,
): Promise<{ readonly isKept: boolean; readonly lines: readonly string[] }> {
  const { exitCode, errors } = await outcomeOf(
    spawn(process.execPath, ['--no-warnings', 'checkpoint.ts'], { cwd: folder }),
  )
  return { isKept: exitCode === 0, lines: errors.split('\n').filter(line => line !== '') }
}

test('after a torn line, checkpoints are kept again once its finding was accepted, and only with that finding', async () => {
  const folder = folderWith('core', 'jsonl')
  const file = (name: string) => join(folder, name)
  save(folder, 'generate-key.ts', 'checkpoint.ts')
  const recipe = readFileSync(file('checkpoint.ts'), 'utf8')
  const forJsonl = [
    ['SqliteBackend', 'JsonlBackend'],
    ['@audit/sqlite', '@audit/jsonl'],
    ['audit.db', 'audit.jsonl'],
  ] as const
  writeFileSync(
    file('checkpoint.ts'),
    forJsonl.reduce((code, [from, to]) => code.replaceAll(from, to), recipe),
  )
  await runNode(folder, 'generate-key.ts')
  const record = async (inputText: string) => {
    await using log = new AuditLog({
      backend: new JsonlBackend({ path: file('audit.jsonl'), onDamage: () => {} }),
    })
    await log.record({ model: 'm', inputText, outputText: '' })
  }
  const sizeKept = () => readFileSync(file('checkpoint.txt'), 'utf8').split('\n')[1]

  await record('first')
  expect(await takeCheckpoint(folder)).toEqual({ isKept: true, lines: [] })
  appendFileSync(file('audit.jsonl'), '{"cost_usd":null,"ent')
  await record('second')
  const {
    isKept,
    lines: [torn = '', ...others],
  } = await takeCheckpoint(folder)
  expect({ isKept, others, size: sizeKept() }).toEqual({ isKept: false, others: [], size: '1' })
  expect(torn).toMatch(/^damaged: /)

  writeFileSync(file('accepted-findings.txt'), `${torn}\r\n`)
  expect(await takeCheckpoint(folder)).toEqual({ isKept: true, lines: [] })
  expect(sizeKept()).toBe('2')
  await record('third')
  expect(await takeCheckpoint(folder)).toEqual({ isKept: true, lines: [] })

  const whole = readFileSync(file('audit.jsonl'), 'utf8')
  appendFileSync(file('audit.jsonl'), 'no entry\n')
  const another = await takeCheckpoint(folder)
  expect(another).toEqual({ isKept: false, lines: [expect.stringMatching(/^damaged: line 5/)] })

  // What contradicts the checkpoint is not accepted, not even in writing.
  writeFileSync(file('audit.jsonl'), whole.replace('first', 'other'))
  const changed = await takeCheckpoint(folder)
  expect(changed).toEqual({ isKept: false, lines: [expect.stringMatching(/^checkpoint-inconsistent: /)] })
  appendFileSync(file('accepted-findings.txt'), changed.lines.join('\n'))
  expect(await takeCheckpoint(folder)).toEqual(changed)
  expect(sizeKept()).toBe('3')
})

test('a restored backup keeps its name only if it continues the newest checkpoint', async () => {
  const folder = folderWith('core', 'sqlite')
  const file = (name: string) => join(folder, name)
  save(folder, 'generate-key.ts', 'receipt.ts', 'checkpoint.ts', 'after-restore.ts')
  await runNode(folder, 'generate-key.ts')
  await runNode(folder, 'receipt.ts')
  copyFileSync(file('audit.db'), file('backup.db'))
  await runNode(folder, 'checkpoint.ts')
  const early = readFileSync(file('checkpoint.txt'), 'utf8')
  expect(await runNode(folder, 'after-restore.ts')).toContain('go on')
  expect(await countIn(folder)).toBe(1)

  await runNode(folder, 'receipt.ts')
  await runNode(folder, 'checkpoint.ts')
  copyFileSync(file('backup.db'), file('audit.db'))
  expect(await runNode(folder, 'after-restore.ts')).toContain('audit-2.key')

  renameSync(file('checkpoint.txt'), file('checkpoint-1.txt'))
  writeFileSync(
    file('checkpoint.ts'),
    readFileSync(file('checkpoint.ts'), 'utf8').replace('audit.key', 'audit-2.key'),
  )
  expect(await takeCheckpoint(folder)).toEqual({ isKept: true, lines: [] })
  await using log = new AuditLog({ backend: new SqliteBackend({ path: file('audit.db'), readOnly: true }) })
  const isContinued = async (checkpoint: string, key: string) => {
    const verifiers = [createVerifier(readFileSync(file(key), 'utf8'))]
    return (await log.verify({ checkpoint, verifiers })).checkpoints.map(({ isConsistent }) => isConsistent)
  }
  const lost = readFileSync(file('checkpoint-1.txt'), 'utf8')
  expect(await isContinued(readFileSync(file('checkpoint.txt'), 'utf8'), 'audit-2.pub')).toEqual([true])
  expect(await isContinued(early, 'audit.pub')).toEqual([true])
  expect(await isContinued(lost, 'audit.pub')).toEqual([false])
  expect((await log.query()).map(({ inputText }) => inputText.includes(lost))).toEqual([false, true])
})

test('no cell of the CSV begins with what a spreadsheet runs, also behind what it does not show', async () => {
  const folder = folderWith('core')
  const starts = ['', '\n', '\r', '\t', ' ', '\u00a0', '\0', '\ufeff', '\u200b']
  const texts = starts.flatMap(start => Array.from('=+-@＝＋－＠', sign => `${start}${sign}1`))
  const records = `for (const inputText of ${JSON.stringify(texts)}) await log.record({ model: 'm', inputText, outputText: '' })`
  const recipe = codeOf('export-csv.ts').replace(/^await log\.record\([\s\S]*?^\}\)$/m, () => records)
  writeFileSync(join(folder, 'export-csv.ts'), recipe)
  const csv = await runNode(folder, 'export-csv.ts')
  for (const text of texts) expect(csv).toContain(`,"'${text}",`)
})

test('a line of SynapseKit gives the two findings that the document on migrating names', async () => {
  const folder = folderWith()
  const [, line = ''] = /^ {2}'(\{"entry_id".*\})\\n',$/m.exec(codeOf('import-synapsekit.ts')) ?? []
  const json = line.replaceAll('\\\\', '\\').replace('NaN', 'null')
  writeFileSync(join(folder, 'audit.jsonl'), `${json}\n`)
  await using log = new AuditLog({
    backend: new JsonlBackend({ path: join(folder, 'audit.jsonl'), readOnly: true }),
  })
  const { findings } = await log.verify()
  expect(findings.map(({ kind, index }) => [kind, index])).toEqual([
    ['foreign-entry', 0],
    ['foreign-entry', 0],
  ])
})

test('a receipt is checked in another place, with the public key alone', async () => {
  const folder = folderWith('core', 'sqlite')
  save(folder, 'generate-key.ts', 'receipt.ts')
  await runNode(folder, 'generate-key.ts')
  await runNode(folder, 'receipt.ts')

  const elsewhere = folderWith('core')
  save(elsewhere, 'check-receipt.ts')
  for (const file of ['receipt.json', 'audit.pub']) copyFileSync(join(folder, file), join(elsewhere, file))
  expect(await runNode(elsewhere, 'check-receipt.ts')).toBe(
    'example.com/audit had this as entry 0 when it had 1 entries\n',
  )

  const receipt = readFileSync(join(folder, 'receipt.json'), 'utf8')
  writeFileSync(join(elsewhere, 'receipt.json'), receipt.replace('You may.', 'You may not.'))
  await expect(runNode(elsewhere, 'check-receipt.ts')).rejects.toThrow('AUDIT_NOT_INCLUDED')
})

/** How many entries a recipe has left in its folder. */
async function countIn(folder: string): Promise<number> {
  await using log = new AuditLog({ backend: new SqliteBackend({ path: join(folder, 'audit.db') }) })
  return log.count()
}

test.skipIf(process.platform === 'win32')(
  'at SIGTERM everything that was recorded is stored, and the process ends by itself (Windows has no such signal)',
  async () => {
    const folder = folderWith('core', 'sqlite')
    save(folder, 'server.ts')
    const server = spawn(process.execPath, ['server.ts'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise(resolve => server.once('close', (...how) => resolve(how)))
    let acknowledged = 0
    for await (const index of createInterface({ input: server.stdout })) {
      expect(Number(index)).toBe(acknowledged++)
      if (acknowledged === 50) server.kill('SIGTERM')
    }
    expect(await ended).toEqual([0, null])
    expect(acknowledged).toBeGreaterThanOrEqual(50)
    expect(await countIn(folder)).toBe(acknowledged)
  },
)

test('process.exit after close loses nothing', async () => {
  const folder = folderWith('core', 'sqlite')
  save(folder, 'exit.ts')
  await runNode(folder, 'exit.ts')
  expect(await countIn(folder)).toBe(1000)
})
