import { AuditLog, type EntryInput } from '@audit/core'
import { drive } from '../drive.ts'
import { newBackend, roundTrip } from '../own/backends.ts'
import { serve } from '../subject.ts'

// One of several processes that record into the same PostgreSQL log.

const [place = ''] = process.argv.slice(2)
const log = new AuditLog({ backend: newBackend('postgres', place) })

export const commands = serve({
  /** Entries a second, how long each call took that resolved, in milliseconds, and how many rejected. */
  record: async (callers: number, milliseconds: number) => {
    const latencies: number[] = []
    let failures = 0
    const record = async (exchange: EntryInput) => {
      const start = performance.now()
      try {
        await log.record(exchange)
        latencies.push(performance.now() - start)
      } catch (error) {
        console.error(error)
        failures++
      }
    }
    const rate = await drive({ record, close: async () => {} }, callers, milliseconds)
    return { rate, latencies, failures }
  },

  /** Milliseconds of each of so many round trips. */
  roundTrips: async (times: number) => {
    const took: number[] = []
    for (let i = 0; i < times; i++) {
      const start = performance.now()
      await roundTrip('postgres', place)
      took.push(performance.now() - start)
    }
    return took
  },

  close: () => log.close(),
})
