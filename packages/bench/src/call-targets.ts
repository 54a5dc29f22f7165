import type { Caller } from './callers.ts'
import type { Measurements } from './measurements.ts'
import { integer } from './report/figures.ts'
import { atMost, stated, type Target } from './targets.ts'
import { type Answer, callOf } from './workloads/calls.ts'
import { streamsOf } from './workloads/streams.ts'

/** What recording adds to the calls of an SDK, compared with what was aimed at. What the log's store takes is stated beside it. */
export function callTargets(measurements: Measurements): readonly Target[] {
  const added = (caller: Caller, answer: Answer) =>
    measurements.difference(callOf(caller, answer), callOf('bare', answer))
  return [
    atMost('a call of an SDK, recorded in memory: added', added('memory', 'whole'), 0.3, 'ms'),
    stated('… recorded in SQLite, with a commit of its own', added('sqlite', 'whole'), 'ms'),
    atMost('a chunk of a stream: processor time added', added('memory', 'oneByOne'), 10, 'µs'),
    atMost('… where all chunks come at once', added('memory', 'atOnce'), 10, 'µs'),
  ]
}

const MB = 2 ** 20

/** How much a process that records streams grows in the second half of them. */
export function streamsTargets(measurements: Measurements, streams: number): readonly Target[] {
  const grown = (figure: 'held' | 'resident') => {
    const size = (half: 'first' | 'second') => measurements.summary(streamsOf(figure, half)).high
    const growth = (size('second') - size('first')) / MB
    return { median: growth, low: growth, high: growth }
  }
  const what = `the second half of ${integer(streams)} streams in one process: growth of`
  return [
    atMost(`${what} what the heap holds`, grown('held'), 2, 'MB'),
    atMost(`${what} the resident memory`, grown('resident'), 8, 'MB'),
  ]
}
