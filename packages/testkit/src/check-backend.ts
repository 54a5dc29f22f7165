import { invalidOptions, optionsOf } from '@audit/core/backend'
import { AREAS } from './areas.ts'
import type { Case } from './case.ts'
import { CaseRunner } from './case-runner.ts'
import { createOf, timeoutOf } from './options.ts'
import type { CreatePlace } from './place.ts'

const LINGER_MS = 100

/** What `checkBackend` takes. */
export interface CheckBackendOptions {
  /** Creates a new, empty place; each case has its own. */
  readonly create: CreatePlace
  /**
   * Which cases to run: ids (`find.limit`), prefixes of ids (`find`), or areas (`life cycle`). For investigating a
   * failure. Default: all, which is what proves a backend.
   */
  readonly only?: readonly string[]
  /** Called with each case before it runs. */
  readonly onCase?: (testCase: CaseProgress) => void
  /** How long a case may take, in milliseconds; cases that move much data may take a multiple. Default: 5,000. */
  readonly caseTimeoutMs?: number
}

/** A case that is about to run. */
export interface CaseProgress {
  readonly id: string
  readonly title: string
  /** Its number among the cases of this run, from 1. */
  readonly number: number
  /** How many cases this run has. */
  readonly total: number
}

/** A promise that the backend breaks. */
export interface FailedCase {
  readonly id: string
  readonly title: string
  /** What was expected and what came; usually an `AssertionError` of node:assert. */
  readonly error: Error
}

/** A promise that was not tried. */
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
  /** Promises that do not apply, because the backend does not offer what they need. */
  readonly skipped: readonly SkippedCase[]
  /** Cases that the kit gave up, because a place was not empty or three cases hung. `failed` has the cause. */
  readonly notRun: readonly SkippedCase[]
}

/**
 * Runs every case without a test runner, one after the other. Resolves with a report whatever the backend does: look at
 * `failed`. The one exception is a backend that loops forever: the kit names the running case on standard error and ends
 * the process.
 *
 * Meanwhile, an uncaught exception or an unhandled rejection fails the running case.
 *
 * @throws AuditError `AUDIT_INVALID_OPTIONS` for an unknown or unusable option, or an unknown case in `only`.
 *
 * @example
 * const { failed } = await checkBackend({ create })
 * for (const { id, title, error } of failed) console.error(`${id}: ${title}\n  ${error.message}`)
 */
export async function checkBackend(options: CheckBackendOptions): Promise<BackendReport> {
  const given = optionsOf(options, ['create', 'only', 'onCase', 'caseTimeoutMs'], 'checkBackend')
  const create = createOf(given.create, 'checkBackend')
  const timeoutMs = timeoutOf(given.caseTimeoutMs, 'checkBackend')
  const { onCase } = given
  if (onCase !== undefined && typeof onCase !== 'function') {
    throw invalidOptions('checkBackend', 'onCase must be a function')
  }
  return checkCases(chosen(given.only), create, { timeoutMs, onCase: testCase => onCase?.(testCase) })
}

/** `checkBackend` for some cases, as the kit's own tests call it. */
export async function checkCases(
  cases: readonly Case[],
  create: CreatePlace,
  control: {
    readonly timeoutMs?: number
    readonly onCase?: (testCase: CaseProgress) => void
    /** How long to wait for uncaught errors after the last case, in milliseconds. */
    readonly lingerMs?: number
  } = {},
): Promise<BackendReport> {
  const runner = new CaseRunner(cases, create, control.timeoutMs)
  const report = { passed: [] as string[], failed: [] as FailedCase[] }
  const untried = { skipped: [] as SkippedCase[], notRun: [] as SkippedCase[] }
  for (const [i, testCase] of cases.entries()) {
    const { id, title } = testCase
    control.onCase?.({ id, title, number: i + 1, total: cases.length })
    const outcome = await runner.run(testCase)
    if (outcome.state === 'passed') report.passed.push(id)
    else if (outcome.state === 'failed') report.failed.push({ id, title, error: outcome.error })
    else
      untried[outcome.state === 'skipped' ? 'skipped' : 'notRun'].push({ id, title, reason: outcome.reason })
  }
  const late = await runner.lateError(control.lingerMs ?? LINGER_MS)
  if (late) blameLast(cases, report, late)
  return { ...report, ...untried }
}

/** An error after the last case most likely belongs to that case. */
function blameLast(
  cases: readonly Case[],
  { passed, failed }: { passed: string[]; readonly failed: FailedCase[] },
  error: Error,
): void {
  const last = cases.at(-1)
  if (!last || failed.some(({ id }) => id === last.id)) return
  const at = passed.indexOf(last.id)
  if (at >= 0) passed.splice(at, 1)
  failed.push({ id: last.id, title: last.title, error })
}

function chosen(only: unknown): readonly Case[] {
  if (only === undefined) return AREAS.flatMap(area => area.cases)
  if (!Array.isArray(only) || only.length === 0) {
    throw invalidOptions('checkBackend', 'only must be an array of ids or areas, with one at least')
  }
  const names = AREAS.flatMap(({ name, cases }) => [
    name,
    ...cases.flatMap(({ id }) => [id, beginningOf(id)]),
  ])
  const unknown = only.find(name => !names.includes(name))
  if (unknown !== undefined) {
    const areas = AREAS.map(({ name }) => name).join(', ')
    throw invalidOptions(
      'checkBackend',
      `only: no case is named ${String(unknown).slice(0, 60)}; the areas are ${areas}`,
    )
  }
  return AREAS.flatMap(({ name, cases }) =>
    cases.filter(({ id }) => [name, id, beginningOf(id)].some(known => only.includes(known))),
  )
}

function beginningOf(id: string): string {
  return id.slice(0, id.indexOf('.'))
}
