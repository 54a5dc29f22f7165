import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { TemporaryFolder } from '@audit/harness'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AREAS } from '../src/areas.ts'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const CASES = AREAS.flatMap(({ cases }) => cases)
/** What the memory backend, in a place without `openIndexed`, does not offer. */
const SKIPPED = CASES.filter(({ needs = [] }) => needs.some(claim => claim !== 'summarize')).length

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** What the failures say. */
  readonly messages: string
}

interface Runner {
  readonly name: string
  /** Where `describe` and `it` come from; globals otherwise. */
  readonly from?: string
  readonly command: (file: string, report: string) => readonly string[]
  readonly countsOf: (stdout: string, report: () => string) => Counts
}

const RUNNERS: readonly Runner[] = [
  jest('jest-29'),
  jest('jest-30'),
  {
    name: 'mocha',
    command: file => [packageFile('mocha', 'bin/mocha.js'), '--reporter=json', file],
    countsOf(stdout) {
      const { stats, failures } = JSON.parse(stdout.slice(stdout.indexOf('{\n  "stats"')))
      const messages = JSON.stringify(failures)
      return { passed: stats.passes, failed: stats.failures, skipped: stats.pending, messages }
    },
  },
  {
    name: 'vitest',
    from: 'vitest',
    command: (file, report) => [
      packageFile('vitest', 'vitest.mjs'),
      ...['run', '--root', dirname(file), '--reporter=json', `--outputFile=${report}`, file],
    ],
    countsOf: (_, report) => countsOfJest(report()),
  },
  {
    name: 'node:test',
    from: 'node:test',
    command: file => ['--test', '--test-reporter=tap', file],
    countsOf(stdout) {
      const count = (name: string) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(stdout)?.[1])
      return { passed: count('pass'), failed: count('fail'), skipped: count('skipped'), messages: stdout }
    },
  },
]

const folder = new TemporaryFolder()
afterAll(() => folder[Symbol.dispose]())

beforeAll(() => {
  mkdirSync(folder.file('node_modules/@audit'), { recursive: true })
  const packages = [
    ['@audit/testkit', PACKAGE],
    ['@audit/core', join(PACKAGE, 'node_modules', '@audit', 'core')],
    ['vitest', dirname(require.resolve('vitest/package.json'))],
  ] as const
  for (const [name, path] of packages) symlinkSync(path, folder.file(`node_modules/${name}`), 'junction')
  const config = {
    type: 'module',
    jest: { testMatch: ['**/*.test.mjs'], transform: {}, testEnvironment: 'node' },
  }
  writeFileSync(folder.file('package.json'), JSON.stringify(config))
})

test.each(RUNNERS)(
  'under $name an exception that nobody catches fails its test, and all others pass or are skipped',
  async runner => {
    const { passed, failed, skipped, messages } = await run(
      runner,
      'throwing',
      `class extends MemoryBackend {
      async append(leaves) {
        if (leaves.length === 5000) setTimeout(() => { throw new Error('in a timer') }, 0)
        return super.append(leaves)
      }
    }`,
    )
    expect(failed).toBe(3) // append.large-batch, count.beyond-a-page, summarize.beyond-a-page
    expect(skipped).toBe(runner.name.startsWith('jest') ? 0 : SKIPPED) // a jest test that is running cannot be skipped
    expect(passed).toBe(CASES.length - failed - skipped)
    expect(messages).toContain('in a timer')
  },
)

test.each(RUNNERS)('under $name a backend that hangs fails in seconds', async runner => {
  const { failed, messages } = await run(
    runner,
    'hanging',
    'class extends MemoryBackend { append() { return new Promise(() => {}) } }',
    300,
  )
  expect(failed).toBeGreaterThan(100)
  expect(messages).toContain('append: not settled within 0.3 s')
  expect(messages).toContain('not run: 3 cases did not settle in their time')
})

async function run(runner: Runner, name: string, backend: string, caseTimeoutMs?: number): Promise<Counts> {
  const file = folder.file(`${name}.test.mjs`)
  const report = folder.file(`${runner.name.replace(':', '-')}-${name}.json`)
  const make = backend.startsWith('class') ? `new (${backend})()` : backend
  const timeout = caseTimeoutMs === undefined ? '' : `caseTimeoutMs: ${caseTimeoutMs},`
  writeFileSync(
    file,
    `import { MemoryBackend } from '@audit/core'
     import { testBackend } from '@audit/testkit'
     ${runner.from === undefined ? '' : `import { describe, it } from '${runner.from}'`}
     testBackend({ describe, it, ${timeout} create: () => ({ open: () => ${make}, teardown() {} }) })`,
  )
  const running = promisify(execFile)(process.execPath, [...runner.command(file, report)], {
    cwd: folder.path,
    timeout: 170_000,
    maxBuffer: 2 ** 26,
  })
  // A run with failures ends with another code; what it says is asked for all the same.
  const { stdout } = await running.catch((error: { readonly stdout: string }) => error)
  return runner.countsOf(stdout, () => readFileSync(report, 'utf8'))
}

function jest(name: 'jest-29' | 'jest-30'): Runner {
  return {
    name,
    command: (file, report) => [
      '--experimental-vm-modules',
      '--no-warnings',
      packageFile(name, 'bin/jest.js'),
      ...['--rootDir', dirname(file), '--json', `--outputFile=${report}`, file],
    ],
    countsOf: (_, report) => countsOfJest(report()),
  }
}

/** vitest writes the same format. */
function countsOfJest(json: string): Counts {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(json)
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests, messages: json }
}

function packageFile(name: string, path: string): string {
  return join(dirname(require.resolve(`${name}/package.json`)), path)
}
