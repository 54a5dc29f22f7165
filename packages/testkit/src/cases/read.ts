import type { Area } from '../case.ts'
import { expectEntries } from '../expect-entries.ts'
import { entryOf, instant, leavesOf, placed, plainEntries } from '../sample-entries.ts'

export const read: Area = {
  name: 'read by index',
  cases: [
    {
      id: 'read.every-range',
      title: 'read returns the indexes from start, inclusive, to end, exclusive',
      async run(place) {
        const backend = await place.open()
        const log = placed(plainEntries(12))
        await backend.append(leavesOf(log))
        for (let start = 0; start <= 12; start++) {
          for (let end = start; end <= 12; end++) {
            expectEntries(await backend.read(start, end), log.slice(start, end), `read(${start}, ${end})`)
          }
        }
      },
    },
    {
      id: 'read.beyond-the-end',
      title: 'indexes beyond the size are left out',
      async run(place) {
        const backend = await place.open()
        const log = placed(plainEntries(5))
        await backend.append(leavesOf(log))
        const ranges = [
          [0, 6],
          [3, 100],
          [4, Number.MAX_SAFE_INTEGER],
          [5, 6],
          [1000, 2000],
        ] as const
        for (const [start, end] of ranges) {
          expectEntries(await backend.read(start, end), log.slice(start, end), `read(${start}, ${end})`)
        }
      },
    },
    {
      id: 'read.empty-range',
      title: 'an empty range returns nothing',
      async run(place) {
        const backend = await place.open()
        await backend.append(leavesOf(plainEntries(5)))
        for (const at of [0, 3, 5]) expectEntries(await backend.read(at, at), [], `read(${at}, ${at})`)
      },
    },
    {
      id: 'read.not-by-time',
      title: 'read goes by index, whatever the timestamps say',
      async run(place) {
        const backend = await place.open()
        const log = placed([5, 1, 3, 3, 0].map(ms => entryOf({ timestamp: instant(ms) })))
        await backend.append(leavesOf(log))
        expectEntries(await backend.read(0, 5), log, 'read(0, 5)')
        expectEntries(await backend.read(1, 3), log.slice(1, 3), 'read(1, 3)')
      },
    },
    {
      id: 'read.across-batches',
      title: 'a range may begin in one batch and end in another',
      async run(place) {
        const backend = await place.open()
        const log = placed(plainEntries(30))
        for (let start = 0; start < 30; start += 10) {
          await backend.append(leavesOf(log.slice(start, start + 10)))
        }
        expectEntries(await backend.read(5, 25), log.slice(5, 25), 'read(5, 25)')
      },
    },
  ],
}
