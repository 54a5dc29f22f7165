import { quantile } from '../measurements.ts'
import { type BackendName, roundTrip } from '../own/backends.ts'
import { NAMED_KEYS } from '../own/conversations.ts'
import { FilledLog } from '../own/filled-log.ts'
import { COUNTS, type CountName, QUERIES, type QueryName, SUMS, type SumName } from '../own/queries.ts'
import { streamed } from '../streamed.ts'
import { serve } from '../subject.ts'
import { verified } from '../verified.ts'

// A log of one size and a small one, to compare them in turns.

const [name = '', place = '', size = '', smallPlace = '', smallSize = ''] = process.argv.slice(2)
const backend = name as BackendName // what growth.ts starts this with
const logs = {
  grown: new FilledLog(backend, place, Number(size), NAMED_KEYS),
  small: new FilledLog(backend, smallPlace, Number(smallSize), NAMED_KEYS),
}

export const commands = serve({
  fill: async () => {
    for (const log of [logs.small, logs.grown]) await log.fill()
  },

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

  /** Milliseconds. */
  sum: async (sum: SumName) => {
    const start = performance.now()
    const groups = await SUMS[sum](logs.grown.log)
    const milliseconds = performance.now() - start
    const entries = groups.reduce((total, { count }) => total + count, 0)
    if (entries !== logs.grown.size) throw new Error(`${sum} summed up ${entries} entries`)
    return milliseconds
  },

  /** Begins anew, with a log of the same size in another place. */
  renew: async (which: keyof typeof logs, newPlace: string) => {
    await logs[which].log.close()
    logs[which] = new FilledLog(backend, newPlace, logs[which].size, NAMED_KEYS)
    await logs[which].fill()
  },

  /** Entries a second, and how many entries the log had before and has now. */
  record: async (which: keyof typeof logs, callers: number, milliseconds: number, most: number) => {
    const before = await logs[which].log.count()
    const rate = await logs[which].record(callers, milliseconds, most)
    return { rate, before, after: await logs[which].log.count() }
  },

  stream: () => streamed(logs.grown.log),

  verify: () => verified(logs.grown.log),

  close: async () => {
    for (const { log } of Object.values(logs)) await log.close()
  },
})
