// Adds up the reports that each package's tests left, so that the last line of a run says how many there were.
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What vitest's JSON reporter writes, as far as it is needed here. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
}

const packages = fileURLToPath(new URL('../..', import.meta.url))
const reports = globSync('*/test-report.json', { cwd: packages }).map(
  (path): Report => JSON.parse(readFileSync(`${packages}/${path}`, 'utf8')),
)
const total = (key: keyof Report) => reports.reduce((sum, report) => sum + report[key], 0)

console.log(
  `\nTests of all ${reports.length} packages: ${total('numPassedTests')} passed, ` +
    `${total('numFailedTests')} failed, ${total('numPendingTests')} skipped`,
)
