import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { contenderIds, contenders } from '../src/contenders.ts'
import { measure } from '../src/measure.ts'
import { plotsOf } from '../src/report/plots.ts'
import { writeReport } from '../src/report/readme.ts'
import { resultsOf } from '../src/report/results.ts'
import { TINY } from '../src/scale.ts'

test('a tiny run measures everybody and writes its tables and plots', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  copyFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), join(folder, 'README.md'))

  const measurements = await measure(TINY, () => {})
  for (let i = 0; i < 2; i++) {
    writeReport(folder, resultsOf(measurements, TINY, 1), plotsOf(measurements, TINY))
  }

  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  const rows = readme.split('\n').filter(line => line.startsWith('| '))
  for (const id of contenderIds) {
    const own = rows.filter(row => row.startsWith(`| ${contenders[id].name} `))
    expect(own[0], id).toMatch(/\*\*[\d,.]+\*\*/)
  }
  expect(readme).not.toContain('NaN')
  expect(readme.match(/### Targets/g)).toHaveLength(1)
  const bars = readFileSync(join(folder, 'plots/recording.svg'), 'utf8').match(
    /ecmeta_data_index="\d+" ecmeta_ssr_type="chart"/g,
  )
  expect(new Set(bars).size, 'a bar for each contender').toBe(contenderIds.length)
  const plots = readdirSync(join(folder, 'plots')).map(name =>
    readFileSync(join(folder, 'plots', name), 'utf8'),
  )
  expect(plots).toHaveLength(3)
  for (const plot of plots) expect(plot).toMatch(/^<svg[\s\S]*<\/svg>\n$/)
})
