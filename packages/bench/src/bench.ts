import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measure } from './measure.ts'
import { plotsOf } from './report/plots.ts'
import { writeReport } from './report/readme.ts'
import { resultsOf } from './report/results.ts'
import { FULL, QUICK } from './scale.ts'

// pnpm bench: measures everything, prints the tables, and writes them and the plots beside this package's README.
// pnpm bench --quick: measures less, in about two minutes, and only prints.

const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values
const scale = quick ? QUICK : FULL

const start = performance.now()
const minutes = () => (performance.now() - start) / 60_000
const measurements = await measure(scale, what => console.error(`${minutes().toFixed(1)} min: ${what}`))
const results = resultsOf(measurements, scale, minutes())
console.log(results)
if (!quick) {
  writeReport(
    fileURLToPath(new URL('..', import.meta.url)),
    'pnpm bench',
    results,
    plotsOf(measurements, scale),
  )
}
