import type { ContenderId } from './contenders.ts'
import type { Measurements, Summary } from './measurements.ts'
import { type BackendName, type DiskBackendName, LOCAL_BACKENDS, TITLES } from './own/backends.ts'
import { COUNT_NAMES, QUERY_NAMES } from './own/queries.ts'
import { integer, number, range } from './report/figures.ts'
import type { Scale } from './scale.ts'
import { diskOf } from './workloads/disk.ts'
import { delayOf, STEADY_RATE, type Watched } from './workloads/event-loop.ts'
import { growthOf } from './workloads/growth.ts'
import { CROWD, recordingOf } from './workloads/recording.ts'

/** Something that was aimed at, and what came of it. */
export interface Target {
  readonly what: string
  readonly wanted: string
  readonly measured: string
  /** `undefined` where the figure is only to be stated. */
  readonly isMet: boolean | undefined
}

/** Compares what was measured without a server with what was aimed at. */
export function targetsOf(measurements: Measurements, scale: Scale): readonly Target[] {
  return [
    ...recordingTargets(measurements),
    ...eventLoopTargets(measurements),
    ...LOCAL_BACKENDS.flatMap(backend => growthTargets(measurements, scale, backend)),
    ...(['sqlite', 'jsonl'] as const).map(backend => diskTarget(measurements, backend)),
  ]
}

function recordingTargets(measurements: Measurements): readonly Target[] {
  const ratio = (what: string, a: ContenderId, b: ContenderId, callers: number, least?: number): Target =>
    atLeast(what, measurements.ratio(recordingOf(a, callers), recordingOf(b, callers)), least)
  const oneByOne = recordingOf('betterSqlite3Single', CROWD)
  return [
    ratio(
      'SQLite, 64 callers, to bare better-sqlite3 in batches',
      'auditSqlite',
      'betterSqlite3',
      CROWD,
      0.7,
    ),
    atLeast(
      'SQLite, 64 callers, to one commit an entry',
      measurements.ratio(recordingOf('auditSqlite', CROWD), oneByOne),
      20,
    ),
    ratio('SQLite, one caller, to bare better-sqlite3', 'auditSqlite', 'betterSqlite3Single', 1, 0.6),
    ratio('JSONL, 64 callers, to the bare loop', 'auditJsonl', 'unavoidableFile', CROWD, 0.6),
    ratio("JSONL, 64 callers, to pino's asynchronous writing", 'auditJsonl', 'pinoAsync', CROWD),
    ratio('memory, 64 callers, to the bare loop', 'auditMemory', 'unavoidableMemory', CROWD, 0.8),
  ]
}

function eventLoopTargets(measurements: Measurements): readonly Target[] {
  const watched = ['auditSqlite', 'auditJsonl'] as const satisfies Watched[]
  return watched.flatMap(who => {
    const title = who === 'auditSqlite' ? 'SQLite' : 'JSONL'
    const above = measurements.difference(delayOf(who, 'steadily', 'p99'), delayOf('idle', 'steadily', 'p99'))
    const worst = measurements.summary(delayOf(who, 'crowd', 'max'))
    return [
      atMost(
        `${title}: event loop at ${integer(STEADY_RATE)} a second, 99th percentile above idle`,
        above,
        1,
        'ms',
      ),
      atMost(`${title}: event loop under ${CROWD} callers without a pause, worst delay`, worst, 50, 'ms'),
    ]
  })
}

function growthTargets(measurements: Measurements, scale: Scale, backend: BackendName): readonly Target[] {
  const { large } = scale
  const title = `${TITLES[backend]}, ${integer(large)} entries`
  const queries = QUERY_NAMES.flatMap(query => {
    const name = growthOf.query(backend, query, large)
    const small = growthOf.query(backend, query, large, 'small')
    return [
      atMost(`${title}: ${query}`, measurements.summary(name), backend === 'sqlite' ? 0.3 : 1, 'ms'),
      atMost(`… to the same at ${integer(scale.small)}`, measurements.ratio(name, small), 1.5),
    ]
  })
  const counts = COUNT_NAMES.map(filter => {
    const summary = measurements.summary(growthOf.count(backend, filter))
    return atMost(`${title}: count by ${filter}`, summary, backend === 'sqlite' ? 50 : 10, 'ms')
  })
  const grown = measurements.ratio(growthOf.record(backend, large), growthOf.record(backend, large, 'empty'))
  const reading = [
    atLeast(`${title}: streamed, entries a second`, measurements.summary(growthOf.stream(backend)), 150_000),
    atLeast(`${title}: recording, to that on an empty log`, grown, 0.8),
  ]
  if (backend === 'memory') return [...queries, ...counts, ...reading]
  const growth = scaled(measurements.summary(growthOf.streamGrowth(backend)), 1e-6)
  reading.push(atMost(`${title}: growth of the process while streaming`, growth, 64, 'MB'))
  if (backend === 'sqlite') return [...queries, ...counts, ...reading]
  const speed = scaled(measurements.summary(growthOf.openSpeed(backend)), 1e-6)
  const resident = measurements.summary(growthOf.resident(backend))
  return [
    ...queries,
    ...counts,
    ...reading,
    atLeast(`${title}: opening`, speed, 150, 'MB/s'),
    atMost(`${title}: resident an entry once open`, resident, 150, 'bytes'),
  ]
}

/** How many bytes an entry takes beyond its texts. */
export function diskTarget(measurements: Measurements, backend: DiskBackendName): Target {
  const { median } = measurements.summary(diskOf(backend, 'total beyond the texts'))
  const what = `${TITLES[backend]}: bytes on disk an entry beyond its texts`
  return { what, wanted: 'stated', measured: integer(median), isMet: undefined }
}

/** As much as `least`, or more; without it, only stated. */
export function atLeast(what: string, summary: Summary, least?: number, unit = ''): Target {
  const isMet = least === undefined ? undefined : summary.median >= least
  const wanted = least === undefined ? 'stated' : `at least ${number(least)} ${unit}`.trim()
  return { what, wanted, measured: range(summary, unit), isMet }
}

/** As much as `most`, or less. */
export function atMost(what: string, summary: Summary, most: number, unit = ''): Target {
  const wanted = `at most ${number(most)} ${unit}`.trim()
  return { what, wanted, measured: range(summary, unit), isMet: summary.median <= most }
}

/** What was measured, without a verdict. */
export function stated(what: string, summary: Summary, unit = ''): Target {
  return { what, wanted: 'stated', measured: range(summary, unit), isMet: undefined }
}

/** The same in another unit. */
export function scaled({ median, low, high }: Summary, factor: number): Summary {
  return { median: median * factor, low: low * factor, high: high * factor }
}
