import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type { Area } from '../case.ts'
import { oracle } from '../oracle.ts'
import { leavesOf, mixedEntries, placed } from '../sample-entries.ts'
import { everyFilter } from '../sample-selections.ts'

export const count: Area = {
  name: 'count',
  cases: [
    {
      id: 'count.empty-log',
      title: 'an empty log counts 0',
      async run(place) {
        const backend = await place.open()
        assert.equal(await backend.count({ order: 'asc' }), 0)
        assert.equal(await backend.count({ user: 'alice', order: 'asc' }), 0)
        assert.equal(await backend.size(), 0)
      },
    },
    {
      id: 'count.combinations',
      timeoutFactor: 3, // more than a thousand calls
      title: 'count returns the number of entries that find returns, for every combination of filters',
      async run(place) {
        const backend = await place.open()
        const log = placed(mixedEntries(240, 41))
        await backend.append(leavesOf(log))
        for (const order of ['asc', 'desc'] as const) {
          for (const selection of [...everyFilter(log, order, 1), ...everyFilter(log, order, 2)]) {
            const counted = await backend.count(selection)
            assert.equal(counted, oracle(log, selection).length, `count(${inspect(selection)})`)
            assert.equal(
              (await backend.find(selection)).length,
              counted,
              `find(${inspect(selection)}).length`,
            )
          }
        }
      },
    },
    {
      id: 'count.beyond-a-page',
      title: 'count does not stop at a page: it counts thousands',
      async run(place) {
        const backend = await place.open()
        const log = placed(mixedEntries(5000, 42))
        await backend.append(leavesOf(log))
        for (const filter of [{}, { model: 'gpt-4o' }, { metadata: { session: 'a' } }, { size: 4321 }]) {
          const selection = { ...filter, order: 'asc' } as const
          assert.equal(await backend.count(selection), oracle(log, selection).length, inspect(selection))
        }
      },
    },
    {
      id: 'count.moves-on',
      title: 'a count is not stale after entries are appended',
      async run(place) {
        const backend = await place.open()
        const log = placed(mixedEntries(60, 43))
        for (let size = 0; size < 60; size += 10) {
          await backend.append(leavesOf(log.slice(size, size + 10)))
          for (const filter of [{}, { user: 'alice' }, { metadata: { session: 'a' } }]) {
            const selection = { ...filter, order: 'asc' } as const
            const expected = oracle(log.slice(0, size + 10), selection).length
            assert.equal(await backend.count(selection), expected, `${inspect(selection)} of ${size + 10}`)
          }
        }
      },
    },
  ],
}
