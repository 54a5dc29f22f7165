import { cpus, release, totalmem, type } from 'node:os'
import { areReal } from '../exchanges.ts'
import type { Measurements } from '../measurements.ts'
import type { Scale } from '../scale.ts'
import { targetsOf } from '../targets.ts'
import { diskTable, eventLoopTable, growthTable, recordingTable, targetTable } from './tables.ts'

/** All results, in Markdown. */
export function resultsOf(measurements: Measurements, scale: Scale, minutes: number): string {
  const targets = targetsOf(measurements, scale)
  const judged = targets.filter(({ isMet }) => isMet !== undefined)
  const met = judged.filter(({ isMet }) => isMet).length
  return [
    `${machine()}. ${areReal ? 'Real' : 'Generated'} texts. The run took ${minutes.toFixed(1)} minutes.`,
    '### Targets',
    `${met} of ${judged.length} are met.`,
    targetTable(targets),
    '### Recording',
    recordingTable(measurements),
    "### The application's event loop",
    eventLoopTable(measurements),
    '### Growth',
    growthTable(measurements, scale),
    '### Bytes on disk',
    diskTable(measurements),
  ].join('\n\n')
}

function machine(): string {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  const day = new Date().toISOString().slice(0, 10)
  return `${day}, Node.js ${process.versions.node}, ${type()} ${release()}, ${cpus().length} × ${cpu?.model.trim()}, ${memory} GiB`
}
