import { isDeepStrictEqual } from 'node:util'
import { KEYS } from '../metadata-keys.ts'
import { CASES, type IntegrationCase } from './cases.ts'
import type { CreateClient } from './integration.ts'
import { QUESTION, type Rehearsal, rehearse } from './rehearsal.ts'

/** What `checkIntegration` and `testIntegration` take. */
export interface CheckIntegrationOptions {
  readonly create: CreateClient
  /** How many milliseconds a case may take. Default: 5000. */
  readonly caseTimeoutMs?: number | undefined
}

/** What became of one case. */
export interface IntegrationResult {
  readonly name: string
  /** What is wrong; `undefined` if nothing is. */
  readonly problem: string | undefined
  /** Whether it was left out, because the SDK has no streams. */
  readonly isSkipped: boolean
}

/**
 * Runs every case against an integration, in any runner or none. An integration that hangs fails the case.
 *
 * @example
 * const results = await checkIntegration({ create: ({ model, capture }) => auditAcme(new Acme(model), capture) })
 */
export async function checkIntegration(
  options: CheckIntegrationOptions,
): Promise<readonly IntegrationResult[]> {
  const results: IntegrationResult[] = []
  for (const testCase of CASES) results.push(await resultOf(testCase, options))
  return results
}

/** What a test runner has. */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, body: () => Promise<void>) => unknown
}

/**
 * Declares every case as a test of a runner: vitest, jest, mocha, node:test.
 *
 * @example
 * testIntegration({ describe, it, create: ({ model, capture }) => auditAcme(new Acme(model), capture) })
 */
export function testIntegration({ describe, it, ...options }: CheckIntegrationOptions & Runner): void {
  describe('an integration of @audit/capture', () => {
    for (const testCase of CASES) {
      it(testCase.name, async () => {
        const { problem } = await resultOf(testCase, options)
        if (problem !== undefined) throw new Error(problem)
      })
    }
  })
}

const CASE_TIMEOUT_MS = 5000

async function resultOf(
  testCase: IntegrationCase,
  options: CheckIntegrationOptions,
): Promise<IntegrationResult> {
  const { name } = testCase
  const { caseTimeoutMs = CASE_TIMEOUT_MS } = options
  const rejections: unknown[] = []
  const listener = (reason: unknown) => rejections.push(reason)
  process.on('unhandledRejection', listener)
  let timer: NodeJS.Timeout | undefined
  const hangs = new Promise<string>(resolve => {
    timer = setTimeout(() => resolve(`it did not end within ${caseTimeoutMs} ms`), caseTimeoutMs)
  })
  try {
    const problem = await Promise.race([problemOf(testCase, options.create), hangs])
    await new Promise(setImmediate) // rejections are reported by then
    const isSkipped = problem === SKIPPED
    const stray = rejections.length > 0 ? `a rejection was not handled: ${rejections[0]}` : undefined
    return { name, problem: isSkipped ? undefined : (problem ?? stray), isSkipped }
  } catch (error) {
    return { name, problem: `it threw ${error}`, isSkipped: false }
  } finally {
    clearTimeout(timer)
    process.off('unhandledRejection', listener)
  }
}

const SKIPPED = Symbol('skipped')

async function problemOf(
  testCase: IntegrationCase,
  create: CreateClient,
): Promise<string | typeof SKIPPED | undefined> {
  const { staging = {}, play = defaultPlay, needsStream, isUnseen = true, statuses = ['ok'] } = testCase
  const bare = await rehearse(create, play, staging, false)
  if (needsStream && !bare.client.stream) return SKIPPED
  const audited = await rehearse(create, play, staging, true)
  const found = audited.entries.map(({ metadata }) => String(Object(metadata)[KEYS.status])).toSorted()
  if (statuses !== 'any' && !isDeepStrictEqual(found, statuses))
    return `the entries must be [${statuses}], not [${found}]`
  const problem = testCase.check?.(audited)
  if (problem !== undefined || !isUnseen) return problem
  return difference(bare, audited)
}

async function defaultPlay({ client, seen }: Rehearsal): Promise<void> {
  seen.push(await client.ask(QUESTION, {}))
}

function difference(bare: Rehearsal, audited: Rehearsal): string | undefined {
  if (!isDeepStrictEqual(audited.seen.map(shown), bare.seen.map(shown))) {
    return 'the application must see the same parts and errors as without the integration'
  }
  const { asked } = audited.counts
  return asked === bare.counts.asked
    ? undefined
    : `the model was asked ${asked} times, not ${bare.counts.asked}`
}

/** An error as an application tells it apart. */
function shown(value: unknown): unknown {
  return value instanceof Error ? [value.constructor.name, value.name, value.message] : value
}
