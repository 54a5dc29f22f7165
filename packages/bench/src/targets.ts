import type { ContenderId } from './contenders.ts'
import type { Measurements, Summary } from './measurements.ts'
import { type BackendName, type DiskBackendName, LOCAL_BACKENDS, TITLES } from './own/backends.ts'
import { COUNT_NAMES, isByNamedKey, QUERY_NAMES, SUM_NAMES } from './own/queries.ts'
import { integer, number, range } from './report/figures.ts'
import type { Scale } from './scale.ts'
import { diskOf, TOTAL } from './workloads/disk.ts'
import { delayOf, STEADY_RATE, type Watched } from './workloads/event-loop.ts'
import { growthOf } from './workloads/growth.ts'
import { namingOf } from './workloads/naming.ts'
import { CROWD, recordingOf } from './workloads/recording.ts'
import { type Figures, verificationOf } from './workloads/verification.ts'

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
      0.75,
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

function growthTargets(
  measurements: Measurements,
  scale: Scale,
  backend: (typeof LOCAL_BACKENDS)[number],
): readonly Target[] {
  return [
    ...queryTargets(measurements, scale, backend),
    ...countTargets(measurements, scale, backend),
    ...sumTargets(measurements, scale, backend),
    ...readingTargets(measurements, scale, backend),
    ...verifyTargets(measurements, scale, backend),
    ...growingTargets(measurements, scale, backend),
  ]
}

/** As they stand before what is measured of a large log. */
export function titleOf(backend: BackendName, { large }: Scale): string {
  return `${TITLES[backend]}, ${integer(large)} entries`
}

function queryTargets(measurements: Measurements, scale: Scale, backend: BackendName): readonly Target[] {
  return QUERY_NAMES.flatMap(query => {
    const name = growthOf.query(backend, query, scale.large)
    const small = growthOf.query(backend, query, scale.large, 'small')
    const what = `${titleOf(backend, scale)}: ${query}`
    return [
      atMost(what, measurements.summary(name), backend === 'sqlite' ? 0.3 : 1, 'ms'),
      atMost(`… to the same at ${integer(scale.small)}`, measurements.ratio(name, small), 1.5),
    ]
  })
}

/** Without an index of its key, a count reads everything. */
function countTargets(measurements: Measurements, scale: Scale, backend: BackendName): readonly Target[] {
  return COUNT_NAMES.map(filter => {
    const what = `${titleOf(backend, scale)}: count by ${filter}`
    const summary = measurements.summary(growthOf.count(backend, filter))
    if (filter === 'a key without an index') return stated(what, summary, 'ms')
    return atMost(what, summary, backend === 'sqlite' && !isByNamedKey(filter) ? 50 : 10, 'ms')
  })
}

/** What was aimed at for `summarize`, in milliseconds. */
const SUM_TARGETS: Readonly<Record<BackendName, number>> = {
  sqlite: 1000,
  jsonl: 500,
  memory: 500,
  postgres: 1500,
}

/** Sums over all entries of a large log. */
export function sumTargets(
  measurements: Measurements,
  scale: Scale,
  backend: BackendName,
): readonly Target[] {
  return SUM_NAMES.map(sum => {
    const what = `${titleOf(backend, scale)}: ${sum}`
    const summary = measurements.summary(growthOf.sum(backend, sum))
    if (sum === 'distinct users') return stated(what, summary, 'ms')
    return atMost(what, summary, SUM_TARGETS[backend], 'ms')
  })
}

function readingTargets(
  measurements: Measurements,
  scale: Scale,
  backend: (typeof LOCAL_BACKENDS)[number],
): readonly Target[] {
  const title = titleOf(backend, scale)
  const rate = measurements.summary(growthOf.stream(backend))
  const streaming = atLeast(`${title}: streamed, entries a second`, rate, 150_000)
  if (backend === 'memory') return [streaming]
  const growth = scaled(measurements.summary(growthOf.streamGrowth(backend)), 1e-6)
  const growing = atMost(`${title}: growth of the process while streaming`, growth, 64, 'MB')
  if (backend === 'sqlite') return [streaming, growing]
  const speed = scaled(measurements.summary(growthOf.openSpeed(backend)), 1e-6)
  const resident = measurements.summary(growthOf.resident(backend))
  return [
    streaming,
    growing,
    atLeast(`${title}: opening`, speed, 150, 'MB/s'),
    atMost(`${title}: resident an entry once open`, resident, 150, 'bytes'),
  ]
}

/** Verification of a large log. In memory, the process holds the log as well. */
export function verifyTargets(
  measurements: Measurements,
  scale: Scale,
  backend: BackendName,
): readonly Target[] {
  const title = `${titleOf(backend, scale)}: verify`
  const figure = (name: keyof Figures) => measurements.summary(verificationOf(backend, name))
  const rates = [
    atLeast(`${title}, entries a second of processor time`, figure('perCore'), 100_000),
    stated(`${title}, entries a second`, figure('rate')),
  ]
  if (backend === 'memory') return rates
  return [
    ...rates,
    atMost(`${title}, resident memory at its highest`, scaled(figure('peak'), 1e-6), 200, 'MB'),
    stated(`${title}, resident memory afterwards`, scaled(figure('resident'), 1e-6), 'MB'),
  ]
}

function growingTargets(measurements: Measurements, scale: Scale, backend: BackendName): readonly Target[] {
  const rate = (which: 'grown' | 'small') => growthOf.record(backend, scale.large, which)
  const what = `${titleOf(backend, scale)}: recording, to that at ${integer(scale.small)}`
  return [
    atLeast(what, measurements.ratio(rate('grown'), rate('small')), 0.8),
    namingTarget(measurements, scale, backend),
  ]
}

/** What one named key costs: at most 8 % of the entries a second. */
export function namingTarget(measurements: Measurements, scale: Scale, backend: BackendName): Target {
  const ratio = measurements.ratio(namingOf(backend, 'with'), namingOf(backend, 'without'))
  return atLeast(`${titleOf(backend, scale)}: recording with one named key, to without`, ratio, 0.92)
}

/** How many bytes an entry takes beyond its texts. */
export function diskTarget(measurements: Measurements, backend: DiskBackendName): Target {
  const { median } = measurements.summary(diskOf(backend, TOTAL))
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
