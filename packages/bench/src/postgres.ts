import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { shareServer } from '@audit/harness'
import { measurePostgres } from './measure.ts'
import { postgresResultsOf } from './report/postgres-results.ts'
import { writeReport } from './report/readme.ts'
import { FULL, forServer, QUICK } from './scale.ts'

// pnpm bench:postgres: measures @audit/postgres, prints the tables, and writes them into this package's README.
// pnpm bench:postgres --quick: measures less, in three minutes, and only prints.
// On the server of AUDIT_POSTGRES_URL, or else on one of its own, with the settings that PostgreSQL comes with.

const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values
const scale = forServer(quick ? QUICK : FULL)

const stopServer = await shareServer() // all processes measure the same
try {
  const start = performance.now()
  const minutes = () => (performance.now() - start) / 60_000
  const say = (what: string) => console.error(`${minutes().toFixed(1)} min: ${what}`)
  const measurements = await measurePostgres(scale, say)
  const results = await postgresResultsOf(measurements, scale, minutes())
  console.log(results)
  if (!quick) writeReport(fileURLToPath(new URL('..', import.meta.url)), 'pnpm bench:postgres', results)
} finally {
  await stopServer()
}
