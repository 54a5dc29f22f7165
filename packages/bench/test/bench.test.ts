import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CALLERS } from '../src/callers.ts'
import { contenders, localIds } from '../src/contenders.ts'
import { measure } from '../src/measure.ts'
import { LOCAL_BACKENDS } from '../src/own/backends.ts'
import { plotsOf } from '../src/report/plots.ts'
import { writeReport } from '../src/report/readme.ts'
import { resultsOf } from '../src/report/results.ts'
import { TINY } from '../src/scale.ts'
import { ANSWERS, callOf } from '../src/workloads/calls.ts'
import { growthOf } from '../src/workloads/growth.ts'
import { newReport } from './report.ts'

test('a tiny run measures everybody and writes its tables and plots', async () => {
  const report = newReport('pnpm bench')
  const measurements = await measure(TINY, () => {})
  for (let i = 0; i < 2; i++) {
    writeReport(report.folder, 'pnpm bench', resultsOf(measurements, TINY, 1), plotsOf(measurements, TINY))
  }

  const results = report.read()
  for (const id of localIds) expect(results.rowsOf(contenders[id].name)[0], id).toMatch(/\*\*[\d,.]+\*\*/)
  expect(results.text).not.toContain('NaN')
  for (const answer of ANSWERS) {
    for (const caller of CALLERS) expect(measurements.summary(callOf(caller, answer)).low).toBeGreaterThan(0)
  }
  for (const backend of LOCAL_BACKENDS) {
    for (const size of TINY.sizes) {
      const { low, high } = measurements.summary(growthOf.entries(backend, size))
      expect(low, backend).toBeGreaterThanOrEqual(size)
      expect(high, backend).toBeLessThanOrEqual(size * 1.1)
    }
  }
  expect(results.text.match(/### Targets/g)).toHaveLength(1)
  const plotOf = (name: string) => readFileSync(join(report.folder, 'plots', name), 'utf8')
  const bars = plotOf('recording.svg').match(/ecmeta_data_index="\d+" ecmeta_ssr_type="chart"/g)
  expect(new Set(bars).size, 'a bar for each contender').toBe(localIds.length)
  const plots = readdirSync(join(report.folder, 'plots')).map(plotOf)
  expect(plots).toHaveLength(3)
  for (const plot of plots) expect(plot).toMatch(/^<svg[\s\S]*<\/svg>\n$/)
})
