import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { AuditLog } from '@audit/core'
import { runCommand, runNode, TemporaryFolder } from '@audit/harness'
import { SqliteBackend } from '@audit/sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { blocksOf, readmes, TOP } from './readme-blocks.ts'

// The recipes of the documents, done with the blocks and the commands that stand there.

/** A folder in which these packages can be imported. */
function folderWith(...packages: readonly string[]): string {
  const folder = new TemporaryFolder()
  onTestFinished(() => folder[Symbol.dispose]())
  mkdirSync(folder.file('node_modules/@audit'), { recursive: true })
  for (const name of packages) {
    symlinkSync(join(TOP, 'packages', name), folder.file(`node_modules/@audit/${name}`), 'junction')
  }
  writeFileSync(folder.file('package.json'), '{ "type": "module" }')
  return folder.path
}

/** Saves named blocks of the documents in a folder. */
function save(folder: string, ...names: readonly string[]): void {
  for (const name of names) {
    const block = readmes()
      .flatMap(blocksOf)
      .find(({ file }) => file === name)
    if (!block) throw new Error(`no document has a block ${name}`)
    writeFileSync(join(folder, name), block.code)
  }
}

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

/** The block of another language that stands in a document under this name. */
function commandsOf(document: string, language: string, name: string): string {
  const text = readFileSync(join(TOP, document), 'utf8')
  const [, commands] =
    new RegExp(`^\`\`\`${language}\\n(# ${name}\\b[\\s\\S]*?)^\`\`\`$`, 'm').exec(text) ?? []
  if (commands === undefined) throw new Error(`${document} has no ${name}`)
  return commands
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

/** Whether a program is there that an auditor would have. */
function has(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args).status === 0
}

test('a log, a checkpoint and a receipt are checked with Python and openssl alone', async ({ skip }) => {
  skip(
    !has('python3', '--version') ||
      !/^OpenSSL 3/.test(spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout ?? ''),
    'needs python3 and openssl 3',
  )
  const folder = folderWith('core', 'sqlite', 'jsonl')
  save(folder, 'sample.ts')
  await runNode(folder, 'sample.ts')
  for (const name of ['jcs.py', 'audit.py', 'receipt.py']) {
    writeFileSync(join(folder, name), commandsOf('docs/auditing.md', 'python', name))
  }
  const python = (...args: readonly string[]) => runCommand(folder, 'python3', args)
  const logs = [
    ['audit.db', 'checkpoint.txt'],
    ['audit.jsonl', 'checkpoint-jsonl.txt'],
  ] as const
  for (const [log, checkpoint] of logs) {
    expect(await python('audit.py', log, checkpoint, 'audit.pub')).toContain('GOOD: the first 4 of 5 entries')
  }
  expect(await python('receipt.py', 'receipt.json')).toContain('GOOD: entry 0')

  const replace = (file: string, from: string, to: string) => {
    const text = readFileSync(join(folder, file), 'utf8')
    expect(text).toContain(from)
    writeFileSync(join(folder, file), text.replace(from, to))
  }
  replace('receipt.json', 'Hello?', 'Hullo?')
  await expect(python('receipt.py', 'receipt.json')).rejects.toThrow()
  replace('audit.jsonl', 'Hello?', 'Hullo?')
  await expect(python('audit.py', 'audit.jsonl', 'checkpoint-jsonl.txt', 'audit.pub')).rejects.toThrow(
    'are not those that were signed',
  )
  replace('checkpoint.txt', '\n4\n', '\n3\n')
  await expect(python('audit.py', 'audit.db', 'checkpoint.txt', 'audit.pub')).rejects.toThrow(
    'is not signed by',
  )
})
