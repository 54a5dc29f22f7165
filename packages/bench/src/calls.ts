import { parseArgs } from 'node:util'
import { callTargets, streamsTargets } from './call-targets.ts'
import { Measurements } from './measurements.ts'
import { integer } from './report/figures.ts'
import { conditions, verdict } from './report/results.ts'
import { callsTable } from './report/tables.ts'
import { FULL, QUICK } from './scale.ts'
import { measureCalls } from './workloads/calls.ts'
import { measureStreams } from './workloads/streams.ts'

// What recording adds to the calls of an SDK: node packages/bench/src/calls.ts [--quick] [--streams n]
// With --streams 0, the memory of many streams is left out.

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, streams: { type: 'string', default: '100000' } },
})
const streams = Number(values.streams)

const start = performance.now()
const minutes = () => (performance.now() - start) / 60_000
const say = (what: string) => console.error(`${minutes().toFixed(1)} min: ${what}`)

const measurements = new Measurements()
say('calls and chunks, recorded and not')
await measureCalls(measurements, values.quick ? QUICK : FULL)
const targets = [...callTargets(measurements)]
if (streams > 0) {
  say(`${integer(streams)} streams`)
  await measureStreams(measurements, streams)
  targets.push(...streamsTargets(measurements, streams))
}
console.log([conditions(minutes()), verdict(targets), callsTable(measurements)].join('\n\n'))
