import { type Given, invalidOptions, optionsOf } from '@audit/core/backend'
import { AREAS } from './areas.ts'
import type { Case } from './case.ts'
import { CaseRunner } from './case-runner.ts'
import { createOf, timeoutOf } from './options.ts'
import type { CreatePlace } from './place.ts'

/** The runner's own time-out must not come first: the case, closing and removing each have a time limit. */
const RUNNER_FACTOR = 5

/** What `testBackend` takes: a test runner's two functions, and a function that creates a place. */
export interface TestBackendOptions {
  /** `describe` of vitest, jest, node:test or mocha. */
  readonly describe: (title: string, define: () => void) => unknown
  /** `it` of the same runner. */
  readonly it: (title: string, run: (...context: unknown[]) => Promise<void>, timeoutMs?: number) => unknown
  /** Creates a new, empty place; each case has its own. */
  readonly create: CreatePlace
  /** How long a case may take, in milliseconds; cases that move much data may take a multiple. Default: 5,000. */
  readonly caseTimeoutMs?: number
}

/**
 * Registers every case with a test runner. No case can be left out. A case that needs a claim which the backend does not
 * make is reported as skipped, with the reason, if the runner can show that.
 *
 * While a case runs, an uncaught exception or an unhandled rejection fails that case; before and after, the process's own
 * listeners get it. If a backend loops forever, the kit names the case on standard error and ends the process.
 *
 * @throws AuditError `AUDIT_INVALID_OPTIONS` for an unknown or unusable option.
 *
 * @example
 * import { describe, it } from 'vitest'
 * testBackend({ describe, it, create: () => ({ open: () => new MyBackend(), teardown: () => {} }) })
 */
export function testBackend(options: TestBackendOptions): void {
  const given = optionsOf(options, ['describe', 'it', 'create', 'caseTimeoutMs'], 'testBackend')
  const create = createOf(given.create, 'testBackend')
  const timeoutMs = timeoutOf(given.caseTimeoutMs, 'testBackend')
  const { describe, it } = runnerOf(given)
  const runner = new CaseRunner(
    AREAS.flatMap(area => area.cases),
    create,
    timeoutMs,
  )
  for (const { name, cases } of AREAS) {
    describe(name, () => {
      for (const testCase of cases) {
        const runnerMs = timeoutMs * (testCase.timeoutFactor ?? 1) * RUNNER_FACTOR
        it(titleOf(testCase), callbackOf(testCase, runner, runnerMs), runnerMs)
      }
    })
  }
}

function runnerOf({ describe, it }: Given<'describe' | 'it'>): Pick<TestBackendOptions, 'describe' | 'it'> {
  if (typeof describe !== 'function' || typeof it !== 'function') {
    throw invalidOptions('testBackend', "describe and it must be the test runner's functions")
  }
  // Their parameters cannot be checked here; the types of `testBackend` do that.
  return { describe: describe as TestBackendOptions['describe'], it: it as TestBackendOptions['it'] }
}

function titleOf({ id, title }: Case): string {
  return `${id}: ${title}`
}

function callbackOf(
  testCase: Case,
  runner: CaseRunner,
  runnerMs: number,
): (...context: unknown[]) => Promise<void> {
  // A rest parameter makes the function's length 0; otherwise jest and mocha would wait for a callback.
  return async function (this: unknown, ...[context]) {
    // mocha takes no time-out argument and passes its context as `this`, which an arrow function would not see.
    if (has(this, 'timeout')) this.timeout(runnerMs)
    const outcome = await runner.run(testCase)
    if (outcome.state === 'failed') throw outcome.error
    if (outcome.state === 'not run') throw new Error(`not run: ${outcome.reason}`)
    if (outcome.state === 'passed') return
    const skipping = [context, this].find(candidate => has(candidate, 'skip'))
    if (has(skipping, 'skip')) skipping.skip(outcome.reason)
  }
}

/** vitest and node:test pass the test a context with `skip`, which in vitest is itself a function; jest does not. */
function has<Name extends string>(
  context: unknown,
  name: Name,
): context is Record<Name, (value: unknown) => void> {
  if (context === null || (typeof context !== 'object' && typeof context !== 'function')) return false
  const value: unknown = Reflect.get(context, name)
  return typeof value === 'function'
}
