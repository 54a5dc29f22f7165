import { AREAS } from './areas.ts'
import type { Case } from './case.ts'
import type { CreatePlace } from './place.ts'
import { runCase } from './run-case.ts'

/** A promise that the backend breaks. */
export interface FailedCase {
  readonly id: string
  readonly title: string
  /** What was expected and what came; mostly an `AssertionError` of node:assert. */
  readonly error: Error
}

/** A promise that does not bind the backend, because it does not offer what the promise needs. */
export interface SkippedCase {
  readonly id: string
  readonly title: string
  readonly reason: string
}

/** What became of each case. */
export interface BackendReport {
  /** Ids of the cases that passed. */
  readonly passed: readonly string[]
  readonly failed: readonly FailedCase[]
  readonly skipped: readonly SkippedCase[]
}

/**
 * Runs every case without a test runner, one after the other. Resolves also when cases fail: look at `failed`.
 *
 * @example
 * const { failed } = await checkBackend({ create })
 * for (const { id, title, error } of failed) console.error(`${id}: ${title}\n  ${error.message}`)
 */
export async function checkBackend({ create }: { readonly create: CreatePlace }): Promise<BackendReport> {
  return checkCases(
    AREAS.flatMap(area => area.cases),
    create,
  )
}

/** `checkBackend` for some of the cases: what the kit's own tests call. */
export async function checkCases(cases: readonly Case[], create: CreatePlace): Promise<BackendReport> {
  const passed: string[] = []
  const failed: FailedCase[] = []
  const skipped: SkippedCase[] = []
  for (const testCase of cases) {
    const { id, title } = testCase
    try {
      const reason = await runCase(testCase, create)
      if (reason === undefined) passed.push(id)
      else skipped.push({ id, title, reason })
    } catch (error) {
      failed.push({ id, title, error: error instanceof Error ? error : new Error(String(error)) })
    }
  }
  return { passed, failed, skipped }
}
