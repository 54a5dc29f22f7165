import { AREAS } from './areas.ts'
import type { Case } from './case.ts'
import type { CreatePlace } from './place.ts'
import { CASE_LIMIT_MS, runCase } from './run-case.ts'

/** What `testBackend` takes: a test runner's two functions, and how to make a place for a log. */
export interface TestBackendOptions {
  /** `describe` of vitest, node:test or jest. */
  readonly describe: (title: string, define: () => void) => unknown
  /** `it` of the same runner. */
  readonly it: (title: string, run: (...context: unknown[]) => Promise<void>, timeoutMs?: number) => unknown
  readonly create: CreatePlace
}

/**
 * Registers every case with a test runner. Nothing can be left out; a case that needs a claim which the backend's
 * `supports` does not make is reported as skipped, with the reason, where the runner can show that.
 *
 * @example
 * import { describe, it } from 'vitest'
 * testBackend({ describe, it, create: () => ({ open: () => new MyBackend(), teardown: () => {} }) })
 */
export function testBackend({ describe, it, create }: TestBackendOptions): void {
  for (const { name, cases } of AREAS) {
    describe(name, () => {
      for (const testCase of cases) it(titleOf(testCase), callbackOf(testCase, create), CASE_LIMIT_MS)
    })
  }
}

function titleOf({ id, title }: Case): string {
  return `${id}: ${title}`
}

function callbackOf(testCase: Case, create: CreatePlace): (...context: unknown[]) => Promise<void> {
  // A rest parameter, so that the function's length is 0: jest would wait for a callback otherwise.
  return async (...[context]) => {
    const skipped = await runCase(testCase, create)
    if (skipped !== undefined && canSkip(context)) context.skip(skipped)
  }
}

/** vitest and node:test hand the test a context with `skip`, which in vitest is a function itself; jest does not. */
function canSkip(context: unknown): context is { skip(reason: string): void } {
  if (context === null || (typeof context !== 'object' && typeof context !== 'function')) return false
  return 'skip' in context && typeof context.skip === 'function'
}
