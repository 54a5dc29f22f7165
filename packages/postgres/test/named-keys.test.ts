import { checkBackend } from '@audit/testkit'
import { expect, test } from 'vitest'
import { createDatabase, indexedPlaceIn } from './place.ts'

test('a log whose metadata keys are named keeps every promise of the kit about them', async () => {
  const { pool, drop } = await createDatabase()
  try {
    const report = await checkBackend({
      create: () => indexedPlaceIn(pool),
      only: ['named keys', 'summaries'],
    })
    expect(report.failed).toEqual([])
    expect(report.skipped).toEqual([])
    expect(report.notRun).toEqual([])
  } finally {
    await drop()
  }
})
