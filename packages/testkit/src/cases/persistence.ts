import assert from 'node:assert/strict'
import type { AuditEntry } from '@audit/core'
import type { Area } from '../case.ts'
import { expectFound, expectLog } from '../expect-entries.ts'
import { leavesOf, mixedEntries, placed } from '../sample-entries.ts'
import { everySelection } from '../sample-selections.ts'

export const persistence: Area = {
  name: 'persistence',
  cases: [
    {
      id: 'persistence.same-log',
      title: 'a new instance on the same data has the same entries in the same order',
      needs: ['persistence'],
      async run(place) {
        const backend = await place.open()
        const entries = mixedEntries(50, 61)
        await backend.append(leavesOf(entries))
        await expectLog(await place.reopen(backend), placed(entries))
      },
    },
    {
      id: 'persistence.next-index',
      title: 'after each reopening, indexes continue where they stopped',
      needs: ['persistence'],
      async run(place) {
        let backend = await place.open()
        const log: AuditEntry[] = []
        for (const length of [1, 3, 1, 20, 2]) {
          const entries = mixedEntries(length, 62)
          assert.equal(await backend.append(leavesOf(entries)), log.length)
          log.push(...placed(entries, log.length))
          backend = await place.reopen(backend)
          await expectLog(backend, log)
        }
      },
    },
    {
      id: 'persistence.empty-log',
      title: 'an empty log is still empty after reopening',
      needs: ['persistence'],
      async run(place) {
        const backend = await place.reopen(await place.open())
        await expectLog(backend, [])
        assert.equal(await backend.append(leavesOf(mixedEntries(2, 63))), 0)
      },
    },
    {
      id: 'persistence.every-filter',
      timeoutFactor: 3, // hundreds of calls
      title: 'after reopening, every combination of filters finds what it should',
      needs: ['persistence'],
      async run(place) {
        const backend = await place.open()
        const log = placed(mixedEntries(120, 64))
        await backend.append(leavesOf(log.slice(0, 70)))
        await backend.append(leavesOf(log.slice(70)))
        const reopened = await place.reopen(backend)
        for (const selection of everySelection(log, 'asc', 3)) await expectFound(reopened, log, selection)
      },
    },
    {
      id: 'persistence.reading-only',
      title: 'opening, reading and closing changes nothing',
      needs: ['persistence'],
      async run(place) {
        let backend = await place.open()
        const log = placed(mixedEntries(10, 65))
        await backend.append(leavesOf(log))
        for (let round = 0; round < 4; round++) {
          backend = await place.reopen(backend)
          await expectLog(backend, log)
        }
      },
    },
    {
      id: 'persistence.without-closing',
      title:
        'what append acknowledged is there for an instance opened later, without anything having been closed',
      needs: ['persistence', 'sharing'],
      async run(place) {
        const backend = await place.open()
        const log = placed(mixedEntries(4, 66))
        for (const [i, entry] of log.entries()) {
          await backend.append(leavesOf([entry]))
          await expectLog(await place.open(), log.slice(0, i + 1))
        }
      },
    },
    {
      id: 'persistence.log',
      title: 'a new log over the same data continues the old one',
      needs: ['persistence'],
      async run(place) {
        const entries: AuditEntry[] = []
        for (let round = 0; round < 3; round++) {
          const log = place.log()
          entries.push(await log.record({ model: 'gpt-4o', inputText: `${round}`, outputText: 'out' }))
          assert.equal(await log.count(), round + 1)
          await log.close()
        }
        await expectLog(await place.open(), entries)
      },
    },
  ],
}
