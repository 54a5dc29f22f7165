import { expect, test } from 'vitest'
import { contenders, postgresIds } from '../src/contenders.ts'
import { measurePostgres } from '../src/measure.ts'
import { postgresTargetsOf } from '../src/postgres-targets.ts'
import { postgresResultsOf } from '../src/report/postgres-results.ts'
import { writeReport } from '../src/report/readme.ts'
import { forServer, TINY } from '../src/scale.ts'
import { firstProofOf } from '../src/workloads/proofs.ts'
import { newReport } from './report.ts'

test('a tiny run measures PostgreSQL and writes its tables', async () => {
  const scale = forServer(TINY)
  const report = newReport('pnpm bench:postgres')

  const measurements = await measurePostgres(scale, () => {})
  writeReport(report.folder, 'pnpm bench:postgres', await postgresResultsOf(measurements, scale, 1))

  const results = report.read()
  for (const id of postgresIds) expect(results.rowsOf(contenders[id].name)[0], id).toMatch(/\*\*[\d,.]+\*\*/)
  expect(results.text).not.toContain('NaN')
  expect(measurements.summary(firstProofOf('round trips')).low).toBeGreaterThanOrEqual(1)
  const crowds = postgresTargetsOf(measurements, scale).filter(({ what }) => what.includes('processes'))
  expect(crowds.map(({ isMet }) => isMet)).toEqual(scale.delays.map(() => true))
})
