import { cpus, release, totalmem, type } from 'node:os'
import { REAL_EXCHANGES } from '@audit/harness'
import { callTargets } from '../call-targets.ts'
import { localIds } from '../contenders.ts'
import type { Measurements } from '../measurements.ts'
import { LOCAL_BACKENDS } from '../own/backends.ts'
import type { Scale } from '../scale.ts'
import { type Target, targetsOf } from '../targets.ts'
import { callsTable, diskTable, eventLoopTable, growthTable, recordingTable, targetTable } from './tables.ts'

/** All results without a server, in Markdown. */
export function resultsOf(measurements: Measurements, scale: Scale, minutes: number): string {
  return [
    conditions(minutes),
    '### Targets',
    verdict([...targetsOf(measurements, scale), ...callTargets(measurements)]),
    '### Recording',
    recordingTable(measurements, localIds),
    "### The application's event loop",
    eventLoopTable(measurements),
    '### The calls of an SDK',
    callsTable(measurements),
    '### Growth',
    growthTable(measurements, scale, LOCAL_BACKENDS),
    '### Bytes on disk',
    diskTable(measurements, ['sqlite', 'jsonl']),
  ].join('\n\n')
}

/** How many targets are met, and which. */
export function verdict(targets: readonly Target[]): string {
  const judged = targets.filter(({ isMet }) => isMet !== undefined)
  const met = judged.filter(({ isMet }) => isMet).length
  return `${met} of ${judged.length} are met.\n\n${targetTable(targets)}`
}

/** When, where and with what it was measured. */
export function conditions(minutes: number, server = ''): string {
  return `${machine()}${server && `, ${server}`}. ${REAL_EXCHANGES ? 'Real' : 'Generated'} texts. The run took ${minutes.toFixed(1)} minutes.`
}

function machine(): string {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  const day = new Date().toISOString().slice(0, 10)
  return `${day}, Node.js ${process.versions.node}, ${type()} ${release()}, ${cpus().length} × ${cpu?.model.trim()}, ${memory} GiB`
}
