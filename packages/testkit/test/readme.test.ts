import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AREAS } from '../src/areas.ts'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const run = promisify(execFile)

const CASES = AREAS.flatMap(({ cases }) => cases)
/** What the guide's backend does not offer. */
const SKIPPED = CASES.filter(({ needs = [] }) => needs.some(claim => claim !== 'persistence'))

let readme: string
let folder: string

beforeAll(async () => {
  readme = await readFile(join(PACKAGE, 'README.md'), 'utf8')
  folder = await mkdtemp(join(tmpdir(), 'audit-readme-'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await mkdir(join(folder, 'node_modules', '@audit'), { recursive: true })
  const packages = [
    ['@audit/testkit', PACKAGE],
    ['@audit/core', join(PACKAGE, 'node_modules', '@audit', 'core')],
    ['vitest', join(PACKAGE, 'node_modules', 'vitest')],
    ['@types', join(PACKAGE, '..', '..', 'node_modules', '@types')],
  ] as const
  for (const [name, path] of packages) await symlink(path, join(folder, 'node_modules', name), 'junction')
  for (const [name, code] of blocks()) await writeFile(join(folder, name), code)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** The TypeScript blocks by the file name in their first line. */
function blocks(): Map<string, string> {
  const found = [...readme.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)]
  return new Map(found.map(([, name = '', code = '']) => [name, code]))
}

test('every TypeScript block has a file name, and is run here', () => {
  expect(readme.match(/^```ts$/gm)).toHaveLength(blocks().size)
  expect([...blocks().keys()]).toEqual([
    'folder-backend.ts',
    'folder-backend.test.ts',
    'folder-backend.node-test.ts',
    'check-folder-backend.ts',
  ])
})

test('the backend of the guide has less than 100 lines', () => {
  expect(blocks().get('folder-backend.ts')?.trimEnd().split('\n').length).toBeLessThan(100)
})

test('the blocks pass the type check in strict mode', async () => {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2023',
    module: 'nodenext',
    types: ['node'],
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
  const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch(error => error)
  expect(stdout).toBe('')
})

test('the backend of the guide passes the kit without a runner', async () => {
  const { stdout } = await run(process.execPath, [join(folder, 'check-folder-backend.ts')])
  expect(stdout).toBe(`${CASES.length - SKIPPED.length} passed, 0 failed, ${SKIPPED.length} skipped\n`)
})

test('the backend of the guide passes the kit under node:test', async () => {
  const file = join(folder, 'folder-backend.node-test.ts')
  const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', file])
  expect(stdout).toContain(`\n# pass ${CASES.length - SKIPPED.length}\n`)
  expect(stdout).toContain('\n# fail 0\n')
})

test('the backend of the guide passes the kit under vitest', async () => {
  const vitest = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs')
  const report = join(folder, 'report.json')
  await run(process.execPath, [vitest, 'run', '--root', folder, '--reporter=json', `--outputFile=${report}`])
  expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({
    success: true,
    numPassedTests: CASES.length - SKIPPED.length,
    numFailedTests: 0,
    numPendingTests: SKIPPED.length,
  })
})

test('the table of areas is right', () => {
  const rows = [...readme.matchAll(/^\| ([^|]+?) +\| +(\d+) \|/gm)].map(([, name, count]) => [
    name,
    Number(count),
  ])
  expect(rows).toEqual([...AREAS.map(({ name, cases }) => [name, cases.length]), ['all', CASES.length]])
})
