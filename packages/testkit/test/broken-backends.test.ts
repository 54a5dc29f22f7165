import { AssertionError } from 'node:assert/strict'
import { expect, test } from 'vitest'
import { AREAS } from '../src/areas.ts'
import type { Case } from '../src/case.ts'
import { partialPages } from '../src/cases/partial-pages.ts'
import { places } from '../src/cases/places.ts'
import { checkBackend, checkCases } from '../src/check-backend.ts'
import { ArrayBackend } from './array-backend.ts'
import { appending } from './broken-backends/appending.ts'
import { type BrokenBackend, brokenPlace } from './broken-backends/broken-backend.ts'
import { fidelity } from './broken-backends/fidelity.ts'
import { filtering } from './broken-backends/filtering.ts'
import { indexing } from './broken-backends/indexing.ts'
import { keeping } from './broken-backends/keeping.ts'
import { living } from './broken-backends/living.ts'
import { looking } from './broken-backends/looking.ts'
import { modelling } from './broken-backends/modelling.ts'
import { proving } from './broken-backends/proving.ts'
import { reading } from './broken-backends/reading.ts'
import { sharing } from './broken-backends/sharing.ts'
import { stopping } from './broken-backends/stopping.ts'
import { summing } from './broken-backends/summing.ts'

const BROKEN: readonly BrokenBackend[] = [
  ...appending,
  ...reading,
  ...filtering,
  ...keeping,
  ...fidelity,
  ...living,
  ...sharing,
  ...modelling,
  ...proving,
  ...stopping,
  ...looking,
  ...indexing,
  ...summing,
]

const CASES = AREAS.flatMap(({ cases }) => cases)
/** One of each area that needs nothing, without those that move much data. */
const SOME = AREAS.filter(area => area !== places && area !== partialPages).flatMap(({ cases }) =>
  cases.slice(0, 1),
)

test('the backend that the broken ones are made from passes every case', async () => {
  const { failed, skipped, passed } = await checkCases(CASES, () =>
    brokenPlace({ fault: 'none', caughtBy: '', methods: () => ({}) }),
  )
  expect(failed).toEqual([])
  expect(skipped).toEqual([])
  expect(passed).toEqual(CASES.map(({ id }) => id))
  expect(new ArrayBackend([]).supports).toEqual({ persistence: true, sharing: true })
})

/** Whether it passes one of the cases at least. */
async function passesAny(cases: readonly Case[], broken: BrokenBackend): Promise<boolean> {
  for (const testCase of cases) {
    const { passed } = await checkCases([testCase], () => brokenPlace(broken), { lingerMs: 0 })
    if (passed.length > 0) return true
  }
  return false
}

test.each(BROKEN)('a backend that $fault fails $caughtBy', async broken => {
  const meant = CASES.filter(({ id }) => id === broken.caughtBy)
  // None of them is caught by its time: how busy the machine is must not matter.
  const { failed } = await checkCases(meant, () => brokenPlace(broken), { timeoutMs: 60_000, lingerMs: 0 })
  expect(failed.map(({ id }) => id)).toEqual([broken.caughtBy])
  expect(failed[0]?.error).toBeInstanceOf(AssertionError)

  // The backend works but for its fault, or the case would not have been what caught it.
  expect(await passesAny(SOME, broken)).toBe(true)
})

test('checkBackend names the case that a broken backend fails, with the promise and the reason', async () => {
  const [broken] = filtering
  if (!broken) throw new Error('there is none')
  const { passed, failed } = await checkBackend({ create: () => brokenPlace(broken), only: ['filters'] })
  const meant = failed.find(({ id }) => id === broken.caughtBy)
  expect(meant?.title).toBe(CASES.find(({ id }) => id === broken.caughtBy)?.title)
  expect(meant?.error).toBeInstanceOf(AssertionError)
  expect(passed).not.toEqual([])
})
