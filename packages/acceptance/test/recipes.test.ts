import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { AuditLog } from '@audit/core'
import { runCommand, runNode, TemporaryFolder } from '@audit/harness'
import { SqliteBackend } from '@audit/sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { commandsOf, folderWith, save } from './recipe-folder.ts'

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
