import type { Case } from './case.ts'
import { type CreatePlace, Place } from './place.ts'

/** No case may take longer than this, in milliseconds: a promise that never settles is a failure too. */
export const CASE_LIMIT_MS = 120_000

/**
 * Runs one case in a place of its own, which is cleared away whatever happens. Rejects when the case fails.
 *
 * @returns why the case was skipped, or `undefined` when it passed.
 */
export async function runCase(testCase: Case, create: CreatePlace): Promise<string | undefined> {
  const place = new Place(await create())
  let skipped: string | undefined
  try {
    skipped = skipReason(testCase, place)
    if (skipped === undefined) await withinLimit(testCase.run(place))
  } catch (error) {
    await withinLimit(place.dispose()).catch(() => {}) // the first failure says more
    throw error
  }
  await withinLimit(place.dispose())
  return skipped
}

function skipReason({ needs = [] }: Case, { supports }: Place): string | undefined {
  const missing = needs.filter(claim => !supports[claim])
  return missing.length > 0 ? `the backend does not offer ${missing.join(' and ')}` : undefined
}

async function withinLimit(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not settled within ${CASE_LIMIT_MS / 1000} s`)), CASE_LIMIT_MS)
  })
  try {
    await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
