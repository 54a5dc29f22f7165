import { CALLERS } from '../callers.ts'
import { type ContenderId, contenders } from '../contenders.ts'
import type { Measurements } from '../measurements.ts'
import { type BackendName, type DiskBackendName, TITLES } from '../own/backends.ts'
import { QUERY_NAMES } from '../own/queries.ts'
import type { Scale } from '../scale.ts'
import type { Target } from '../targets.ts'
import { ANSWERS, callOf } from '../workloads/calls.ts'
import { diskOf } from '../workloads/disk.ts'
import { delayOf, WATCHED } from '../workloads/event-loop.ts'
import { growthOf } from '../workloads/growth.ts'
import { processesOf } from '../workloads/processes.ts'
import { CROWD, recordingOf } from '../workloads/recording.ts'
import { integer, number, range } from './figures.ts'

type Row = readonly string[]

/** A table in Markdown, its columns as wide as what is in them, so that a terminal shows it as well. */
export function table(head: Row, rows: readonly Row[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map(row => row[i]?.length ?? 0)))
  const line = (cells: Row) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** What was aimed at, and what came of it. */
export function targetTable(targets: readonly Target[]): string {
  const rows = targets.map(({ what, wanted, measured, isMet }) => {
    const verdict = isMet === undefined ? '–' : isMet ? 'met' : '**missed**'
    return [what, wanted, measured, verdict]
  })
  return table(['what', 'target', 'measured: median (lowest to highest)', ''], rows)
}

/** Who records how fast, and what it promises for that. */
export function recordingTable(measurements: Measurements, ids: readonly ContenderId[]): string {
  const rate = (name: string) => (measurements.has(name) ? range(measurements.summary(name)) : '–')
  const rows = ids.map(id => {
    const { name, durable, hashed } = contenders[id]
    return [name, rate(recordingOf(id, CROWD)), rate(recordingOf(id, 1)), durable, hashed]
  })
  const head = ['', `${CROWD} callers, entries/s`, 'one caller, entries/s', 'once acknowledged', 'hashed']
  return table(head, rows)
}

/** How late the event loop comes. */
export function eventLoopTable(measurements: Measurements): string {
  const rows = WATCHED.map(who => [
    who === 'idle' ? 'nobody records' : contenders[who].name,
    ...(['steadily', 'crowd'] as const).flatMap(load =>
      (['p99', 'max'] as const).map(
        figure => `${range(measurements.summary(delayOf(who, load, figure)))} ms`,
      ),
    ),
  ])
  const head = ['', '2,000 a second: p99', 'worst', `${CROWD} callers without a pause: p99`, 'worst']
  return table(head, rows)
}

/** How long the calls of an SDK take, bare and recorded. */
export function callsTable(measurements: Measurements): string {
  const rows = CALLERS.map(caller => [
    caller === 'bare' ? 'the bare SDK' : `recorded, ${TITLES[caller]}`,
    ...ANSWERS.map(answer =>
      range(measurements.summary(callOf(caller, answer)), answer === 'whole' ? 'ms' : 'µs'),
    ),
  ])
  const head = ['', 'a call', 'a chunk, one by one: processor time', 'all chunks at once: processor time']
  return table(head, rows)
}

/** What becomes slower as a log grows. */
export function growthTable(
  measurements: Measurements,
  { sizes }: Scale,
  backends: readonly BackendName[],
): string {
  const rows = backends.flatMap(backend => [
    [
      `${TITLES[backend]}: recording, entries/s`,
      ...sizes.map(size => integer(measurements.summary(growthOf.record(backend, size)).median)),
    ],
    [
      `${TITLES[backend]}: entries before it, and after it`,
      ...sizes.map(size => {
        const { low, high } = measurements.summary(growthOf.entries(backend, size))
        return `${integer(low)}, ${integer(high)}`
      }),
    ],
    ...QUERY_NAMES.map(query => [
      `${TITLES[backend]}: ${query}, ms`,
      ...sizes.map(size => number(measurements.summary(growthOf.query(backend, query, size)).median)),
    ]),
  ])
  return table(['entries in the log', ...sizes.map(integer)], rows)
}

/** Where the bytes on disk go. */
export function diskTable(measurements: Measurements, backends: readonly DiskBackendName[]): string {
  const rows = backends.flatMap(backend => {
    const prefix = diskOf(backend, '')
    const parts = measurements.names().filter(name => name.startsWith(prefix))
    return parts.map(name => [
      `${TITLES[backend]}: ${name.slice(prefix.length)}`,
      integer(measurements.summary(name).median),
    ])
  })
  return table(['', 'bytes an entry'], rows)
}

/** How fast processes record into one log together, and how long their callers wait, at each distance of the server. */
export function processesTable(measurements: Measurements, { processes, delays }: Scale): string {
  const median = (name: string) => measurements.summary(name).median
  const rows = delays.flatMap(delay =>
    processes.map(count => [
      `${number(median(processesOf.roundTrip(delay)))} ms`,
      String(count),
      range(measurements.summary(processesOf.rate(count, delay))),
      number(median(processesOf.batch(count, delay))),
      `${number(median(processesOf.latency(count, delay, 'median')))} ms`,
      `${number(median(processesOf.latency(count, delay, 'p99')))} ms`,
    ]),
  )
  return table(['round trip', 'processes', 'entries/s', 'entries a commit', 'a call: median', 'p99'], rows)
}
