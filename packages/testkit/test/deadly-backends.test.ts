import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { AREAS } from '../src/areas.ts'
import { DEADLY } from './broken-backends/deadly.ts'

const CASES = AREAS.flatMap(({ cases }) => cases)
const LOOPING = Object.keys(DEADLY).filter(name => name.startsWith('loops'))
const REPORTED = Object.keys(DEADLY).filter(name => !LOOPING.includes(name))

interface Run {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** What shows each fault, without what takes long and shows no more. */
const AREAS_RUN = [
  'places',
  'append',
  'order',
  'paging',
  'pages that end early',
  'count',
  'life cycle',
  'integrity',
]
const RUN = AREAS.filter(({ name }) => AREAS_RUN.includes(name)).flatMap(({ cases }) => cases)

/** Enough for the kit, and little for a backend that gives without end. */
const HEAP_MB = 400

/** Checks a backend in a process of its own, which must end by itself. */
function check(name: string, caseTimeoutMs: number, only: readonly string[] = []): Promise<Run> {
  const file = fileURLToPath(new URL('check-one.ts', import.meta.url))
  return new Promise(resolve => {
    const child = execFile(
      process.execPath,
      ['--no-warnings', `--max-old-space-size=${HEAP_MB}`, file, name, `${caseTimeoutMs}`, ...only],
      { timeout: 170_000, killSignal: 'SIGTERM', maxBuffer: 2 ** 26 },
      (_, stdout, stderr) => resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
    )
  })
}

/** What of the report tells the fault: part of a failure's message. */
const TOLD: Readonly<Record<string, string>> = {
  'never settles': 'open: not settled within',
  'ignores after': 'find',
  'drops milliseconds': 'timestamp is',
  'compares whole seconds': 'find',
  'rejects where nobody listens': 'a rejection that nobody handled, while this case ran: nobody listens',
  'rejects with nothing where nobody listens':
    'a rejection that nobody handled, while this case ran: undefined',
  'throws what throws when it is looked at': 'something was thrown that throws when it is looked at',
  'throws in a timer': 'an exception that nobody caught, while this case ran: in a timer',
  'throws in a later timer': 'an exception that nobody caught, while this case ran: in a timer',
  'throws a text in a timer': "an exception that nobody caught, while this case ran: 'a text'",
  'gives arrays without end': 'read: 4294967295 entries instead of',
  'gives far too many entries': 'find: 500000 entries instead of',
  'claims to have 2 ** 53 - 1 entries': 'has 9007199254740991 entries',
  'has a million findings': 'findings; the first is damaged: a line',
}

test.each(REPORTED.filter(name => !['waits for itself', 'ends the process'].includes(name)))(
  'a backend that %s is reported',
  async name => {
    const caseTimeoutMs = name === 'never settles' ? 500 : 5000 // it is waited for to its end
    const { code, stdout, stderr } = await check(name, caseTimeoutMs, AREAS_RUN)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const { passed, failures, skipped, notRun } = JSON.parse(stdout)
    expect(passed.length + failures.length + skipped + notRun.length).toBe(RUN.length)
    const messages: string[] = failures.map(({ message }: { readonly message: string }) => message)
    expect(messages.find(message => message.includes(TOLD[name] ?? '?'))).toBeDefined()
  },
)

test('a backend that ends the process does not look like one that passed', async () => {
  const { code, stdout, stderr } = await check('ends the process', 5000, ['append'])
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain('the process was ended while append.')
})

test('a backend that never settles is reported after three cases, and the rest is not run', async () => {
  const { failures, notRun } = JSON.parse((await check('never settles', 300)).stdout)
  expect(failures).toHaveLength(3)
  expect(notRun).toHaveLength(CASES.length - 3)
  expect(notRun[0].reason).toContain('3 cases did not settle')
})

test.each([
  ['loops for ever', 'find.limit-zero'],
  ['loops for ever at once', 'places.empty'],
  ['waits for itself', 'places.empty'],
])('of a backend that %s the case that was running is named, and the process ends', async (name, id) => {
  const { stdout, stderr, signal } = await check(name, 500, ['places', 'filters'])
  expect(stdout).toBe('')
  expect(stderr).toContain(`${id} has held up the event loop`)
  expect(signal).toBe('SIGKILL')
})
