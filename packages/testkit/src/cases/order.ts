import type { AuditBackend, AuditEntry } from '@audit/core'
import type { Area } from '../case.ts'
import { expectEntries, expectFound } from '../expect-entries.ts'
import type { Place } from '../place.ts'
import { entryOf, instant, leavesOf, mixedEntries, placed } from '../sample-entries.ts'

export const order: Area = {
  name: 'order',
  cases: [
    {
      id: 'order.by-time',
      title: 'find returns the oldest first, even if a clock went back between entries',
      run: place => expectOrders(place, [3, 1, 2, 0, 5, 4]),
    },
    {
      id: 'order.ties-by-index',
      title: 'entries with the same timestamp come in the order of their index',
      run: place => expectOrders(place, [7, 7, 7, 7, 7]),
    },
    {
      id: 'order.ties-and-steps-back',
      title: 'by timestamp, then by index: both at once',
      run: place => expectOrders(place, [2, 1, 2, 1, 0, 2, 0, 1]),
    },
    {
      id: 'order.desc-is-the-reverse',
      title: "order 'desc' is the exact reverse of 'asc', ties included",
      async run(place) {
        const backend = await place.open()
        await backend.append(leavesOf(mixedEntries(120, 11)))
        for (const user of [undefined, 'alice', '']) {
          const filter = user === undefined ? {} : { user }
          const forwards = await backend.find({ ...filter, order: 'asc' })
          const backwards = await backend.find({ ...filter, order: 'desc' })
          expectEntries(backwards, forwards.reverse(), `the reverse of user ${JSON.stringify(user)}`)
        }
      },
    },
    {
      id: 'order.limit-takes-the-first',
      title: 'limit takes the first in the requested order, not the first that were stored',
      async run(place) {
        const backend = await place.open()
        const log = await appendAt(backend, [4, 2, 2, 9, 0])
        for (const direction of ['asc', 'desc'] as const) {
          for (const limit of [1, 2, 3]) await expectFound(backend, log, { order: direction, limit })
        }
      },
    },
    {
      id: 'order.across-batches',
      title: 'the order holds across batches, even if a later batch is older',
      async run(place) {
        const backend = await place.open()
        const log = placed(mixedEntries(40, 12))
        for (const entry of log) await backend.append(leavesOf([entry]))
        await expectFound(backend, log, { order: 'asc' })
        await expectFound(backend, log, { order: 'desc' })
      },
    },
    {
      id: 'order.any-year',
      title: 'the years 0 to 9999 sort and compare as times',
      async run(place) {
        const backend = await place.open()
        const years = ['9999-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999Z', '0000-01-01T00:00:00.000Z']
        const log = placed(years.map(timestamp => entryOf({ timestamp })))
        await backend.append(leavesOf(log))
        await expectFound(backend, log, { order: 'asc' })
        for (const since of years) await expectFound(backend, log, { since, order: 'desc' })
      },
    },
  ],
}

async function expectOrders(place: Place, times: readonly number[]): Promise<void> {
  const backend = await place.open()
  const log = await appendAt(backend, times)
  await expectFound(backend, log, { order: 'asc' })
  await expectFound(backend, log, { order: 'desc' })
}

async function appendAt(backend: AuditBackend, times: readonly number[]): Promise<AuditEntry[]> {
  const entries = times.map(ms => entryOf({ timestamp: instant(ms) }))
  await backend.append(leavesOf(entries))
  return placed(entries)
}
