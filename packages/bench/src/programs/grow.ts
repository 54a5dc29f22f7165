import { AuditLog } from '@audit/core'
import { drive } from '../drive.ts'
import { quantile } from '../measurements.ts'
import { type BackendName, newBackend, roundTrip } from '../own/backends.ts'
import { FilledLog } from '../own/filled-log.ts'
import { COUNTS, type CountName, QUERIES, type QueryName } from '../own/queries.ts'
import { streamed } from '../streamed.ts'
import { serve } from '../subject.ts'

// A log that grows, a small one that stays as it is, and an empty one, to compare them in turns.

const [name = '', place = '', smallPlace = '', emptyPlace = '', largest = ''] = process.argv.slice(2)
const backend = name as BackendName // what growth.ts starts this with
const logs = {
  grown: new FilledLog(backend, place, Number(largest)),
  small: new FilledLog(backend, smallPlace, Number(largest)),
}
const empty = new AuditLog({ backend: newBackend(backend, emptyPlace) })

export const commands = serve({
  fill: (which: keyof typeof logs, size: number) => logs[which].fill(size),

  /** The medians of many repetitions, in milliseconds; both logs take turns at each, and so does a mere round trip. */
  query: async (query: QueryName, times: number) => {
    const took = { grown: [] as number[], small: [] as number[], roundTrip: [] as number[] }
    const samples = { grown: await logs.grown.sample(times), small: await logs.small.sample(times) }
    for (let i = 0; i < times; i++) {
      for (const which of ['small', 'grown'] as const) {
        const entry = samples[which][i % samples[which].length]
        if (!entry) throw new Error('the log is empty')
        const start = performance.now()
        await QUERIES[query](logs[which].log, entry)
        took[which].push(performance.now() - start)
      }
      const start = performance.now()
      await roundTrip(backend, place)
      took.roundTrip.push(performance.now() - start)
    }
    const { grown, small, roundTrip: trip } = took
    return { grown: quantile(grown, 0.5), small: quantile(small, 0.5), roundTrip: quantile(trip, 0.5) }
  },

  /** Milliseconds. */
  count: async (filter: CountName) => {
    const [entry] = (await logs.grown.sample(3)).slice(1)
    if (!entry) throw new Error('the log is empty')
    const start = performance.now()
    const count = await logs.grown.log.count(COUNTS[filter](entry))
    if (count === 0) throw new Error(`no ${filter} was found`)
    return performance.now() - start
  },

  /** Entries a second. */
  record: (which: 'grown' | 'empty', callers: number, milliseconds: number) =>
    which === 'grown'
      ? logs.grown.record(callers, milliseconds)
      : drive({ record: exchange => empty.record(exchange), close: async () => {} }, callers, milliseconds),

  stream: () => streamed(logs.grown.log),

  close: async () => {
    for (const log of [logs.grown.log, logs.small.log, empty]) await log.close()
  },
})
