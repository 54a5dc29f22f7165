import type { Measurements } from './measurements.ts'
import { COUNT_NAMES, isByNamedKey, QUERY_NAMES } from './own/queries.ts'
import { integer } from './report/figures.ts'
import type { Scale } from './scale.ts'
import {
  atLeast,
  atMost,
  diskTarget,
  namingTarget,
  scaled,
  stated,
  sumTargets,
  type Target,
  titleOf,
  verifyTargets,
} from './targets.ts'
import { growthOf } from './workloads/growth.ts'
import { processesOf } from './workloads/processes.ts'
import { firstProofOf, proofsOf } from './workloads/proofs.ts'
import { CROWD, recordingOf } from './workloads/recording.ts'

/** Compares what was measured of PostgreSQL with what was aimed at. */
export function postgresTargetsOf(measurements: Measurements, scale: Scale): readonly Target[] {
  return [
    ...recordingTargets(measurements),
    ...processesTargets(measurements, scale),
    ...queryTargets(measurements, scale),
    ...countTargets(measurements, scale),
    ...sumTargets(measurements, scale, 'postgres'),
    ...largeTargets(measurements, scale),
    ...verifyTargets(measurements, scale, 'postgres'),
    ...proofTargets(measurements, scale),
    diskTarget(measurements, 'postgres'),
  ]
}

function recordingTargets(measurements: Measurements): readonly Target[] {
  const ratio = (callers: number) =>
    measurements.ratio(recordingOf('auditPostgres', callers), recordingOf('barePg', callers))
  return [
    atLeast('64 callers, to bare pg in batches', ratio(CROWD), 0.7),
    stated('one caller, to bare pg, one entry a commit', ratio(1)),
  ]
}

/** The largest crowd: all of it gets through, and nothing is lost. */
function processesTargets(measurements: Measurements, { processes, delays }: Scale): readonly Target[] {
  const most = Math.max(...processes)
  return delays.map(delay => {
    const wrong = measurements.summary(processesOf.wrong(most, delay)).high
    const all = measurements.summary(processesOf.acknowledged(most, delay)).high
    return {
      what: `${most} processes on one log, ${delay} ms away: calls rejected, entries lost or out of place`,
      wanted: 'none',
      measured: `**${integer(wrong)}** of ${integer(all)}`,
      isMet: wrong === 0,
    }
  })
}

function queryTargets(measurements: Measurements, scale: Scale): readonly Target[] {
  const { small, large } = scale
  return QUERY_NAMES.flatMap(query => {
    const name = growthOf.query('postgres', query, large)
    const beyond = measurements.difference(name, growthOf.roundTrip('postgres', query, large))
    const toSmall = measurements.ratio(name, growthOf.query('postgres', query, large, 'small'))
    return [
      atMost(`${titleOf('postgres', scale)}: ${query}, beyond the round trip`, beyond, 1, 'ms'),
      atMost(`… with it, to the same at ${integer(small)}`, toSmall, 1.5),
    ]
  })
}

/** PostgreSQL reads all that it counts. */
function countTargets(measurements: Measurements, scale: Scale): readonly Target[] {
  return COUNT_NAMES.map(filter => {
    const what = `${titleOf('postgres', scale)}: count by ${filter}`
    const summary = measurements.summary(growthOf.count('postgres', filter))
    return isByNamedKey(filter) ? atMost(what, summary, 10, 'ms') : stated(what, summary, 'ms')
  })
}

function largeTargets(measurements: Measurements, scale: Scale): readonly Target[] {
  const title = titleOf('postgres', scale)
  const rate = (which: 'grown' | 'small') => growthOf.record('postgres', scale.large, which)
  const growth = measurements.summary(growthOf.streamGrowth('postgres'))
  return [
    stated(`${title}: streamed, entries a second`, measurements.summary(growthOf.stream('postgres'))),
    stated(`${title}: growth of the process while streaming`, scaled(growth, 1e-6), 'MB'),
    stated(
      `${title}: recording, to that at ${integer(scale.small)}`,
      measurements.ratio(rate('grown'), rate('small')),
    ),
    namingTarget(measurements, scale, 'postgres'),
  ]
}

function proofTargets(measurements: Measurements, scale: Scale): readonly Target[] {
  const figure = (name: Parameters<typeof proofsOf>[1]) => measurements.summary(proofsOf('postgres', name))
  const first = (name: Parameters<typeof firstProofOf>[0]) => measurements.summary(firstProofOf(name))
  return [
    stated(`${titleOf('postgres', scale)}, freshly opened: checkpoint`, figure('checkpoint'), 'ms'),
    stated('… inclusion proof', figure('prove'), 'ms'),
    stated('… consistency proof', figure('consistency'), 'ms'),
    stated('… the first checkpoint of a process', figure('first checkpoint'), 'ms'),
    stated('… the first inclusion proof of a process', first('milliseconds'), 'ms'),
    atMost('… beyond two round trips', first('beyond two round trips'), 5, 'ms'),
    atMost('… in round trips', first('round trips'), 2),
  ]
}
