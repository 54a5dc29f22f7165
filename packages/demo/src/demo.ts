import { styleText } from 'node:util'
import { AuditError, AuditLog, type EntryInput } from '@audit/core'
import { choosePlace } from './choose-place.ts'
import { DemoError } from './demo-error.ts'
import { Interruption } from './interruption.ts'
import { type BackendName, type DemoOptions, optionsOf, USAGE } from './options.ts'
import type { Place } from './place.ts'
import { readExchanges } from './read-exchanges.ts'
import { recordExchanges } from './record-exchanges.ts'
import { showEntries, showEntry } from './show-entries.ts'
import { showPage } from './show-page.ts'
import { showQueries } from './show-queries.ts'
import { showRefusals } from './show-refusals.ts'
import { heading } from './terminal.ts'

const interruption = new Interruption()
try {
  const options = optionsOf(process.argv.slice(2))
  if (options.help) console.log(USAGE)
  else await run(options)
} catch (error) {
  if (!interruption.came) report(error)
}
interruption.obey()

function report(error: unknown): void {
  if (!(error instanceof DemoError) && !(error instanceof AuditError)) throw error
  console.error(`${styleText('red', 'The demo stopped:', { stream: process.stderr })} ${error.message}`)
  console.error('npm run demo -- --help shows what it takes.')
  process.exitCode = 1
}

async function run(options: DemoOptions): Promise<void> {
  const exchanges = await readExchanges(options.input)
  const place = await choosePlace(options)
  try {
    await interruption.orDone(async () => {
      await showPlace(place, exchanges, options.backend)
      if (options.view) await showPage(place, interruption.stopped)
    })
  } finally {
    await place.end?.()
  }
}

async function showPlace(place: Place, exchanges: readonly EntryInput[], name: BackendName): Promise<void> {
  const log = new AuditLog({ backend: place.backend })
  try {
    await showLog(log, exchanges, name, place)
  } finally {
    await log.close()
  }
  heading('5. Look for yourself')
  place.showWhereabouts()
}

async function showLog(
  log: AuditLog,
  exchanges: readonly EntryInput[],
  name: BackendName,
  place: Place,
): Promise<void> {
  const before = await log.count()
  heading(`1. Record ${exchanges.length.toLocaleString('en')} exchanges on the ${name} backend`)
  const start = performance.now()
  const recorded = await recordExchanges(log, exchanges)
  const ms = performance.now() - start
  if (before > 0) console.log(`The log held ${before.toLocaleString('en')} entries already.`)
  const kept = place.backend.supports.persistence ? 'and each would survive a crash' : 'in memory alone'
  console.log(`Done in ${ms.toFixed(0)} ms, ${kept}.\n`)
  showEntries(recorded)

  const [first] = recorded
  if (!first) return
  heading('2. One entry in full')
  showEntry(first)

  heading('3. Query')
  await showQueries(log, recorded)

  heading('4. Try to change an entry')
  await showRefusals(log, first)
  await place.showBypass?.(first)
}
