import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { outcomeOf, runCommand, TemporaryFolder } from '@audit/harness'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeSampleLogs } from './sample-log.ts'

const PACKAGES = fileURLToPath(new URL('../..', import.meta.url))
/** The command, and what it needs of this repository. */
const PACKED = ['core', 'sqlite', 'jsonl', 'cost', 'capture', 'cli']

/** An empty folder but for the installed command, and two logs. */
let project: string
let folder: TemporaryFolder

beforeAll(async () => {
  folder = new TemporaryFolder()
  project = folder.file('project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  const tarballs = await Promise.all(PACKED.map(pack))
  const options = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline']
  await runCommand(project, 'npm', ['install', ...options, ...tarballs])
  await writeSampleLogs(project)
})
afterAll(() => folder[Symbol.dispose]())

async function pack(name: string): Promise<string> {
  const target = folder.file(`packed-${name}`)
  await runCommand(join(PACKAGES, name), 'pnpm', ['pack', '--pack-destination', target])
  return join(target, readdirSync(target)[0] ?? '')
}

test.each(['audit.db', 'audit.jsonl'])('npx audit query reads %s', async log => {
  const output = await runCommand(project, 'npx', ['--offline', 'audit', 'query', log, '--limit', '0'])
  expect(output.trimEnd().split('\n')).toHaveLength(48)
})

test('--version is that of the package', async () => {
  expect(await runCommand(project, 'npx', ['--offline', 'audit', '--version'])).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('SQLite comes along, and PostgreSQL does not: it is named when it is needed', async () => {
  expect(existsSync(join(project, 'node_modules/better-sqlite3'))).toBe(true)
  expect(existsSync(join(project, 'node_modules/pg'))).toBe(false)
  const main = join(project, 'node_modules/@audit/cli/dist/main.js')
  const child = spawn(process.execPath, [main, 'query', 'postgres://auditor@localhost/db'], { cwd: project })
  const { exitCode, errors } = await outcomeOf(child)
  expect(exitCode).toBe(2)
  expect(errors).toMatch(/^audit: [^\n]*npm install @audit\/postgres pg\n$/)
})
