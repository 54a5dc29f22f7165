import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AuditError } from '@audit/core'
import type { Area } from '../case.ts'
import { expectEntries, expectIndexes } from '../expect-entries.ts'
import { oracle } from '../oracle.ts'

export const record: Area = {
  name: 'a log over the backend',
  cases: [
    {
      id: 'record.crowd',
      title:
        'a thousand callers at once each get an index, in the order of their calls, and their entry is there',
      async run(place) {
        const log = place.log()
        const recorded = await Promise.all(
          Array.from({ length: 1000 }, (_, i) =>
            log.record({ model: 'gpt-4o', inputText: `${i}`, outputText: '' }),
          ),
        )
        expectIndexes(
          recorded.map(({ index }) => index),
          'the indexes given out',
        )
        expectIndexes(
          recorded.map(({ inputText }) => Number(inputText)),
          'the callers by index',
        )
        expectEntries(await log.query(), oracle(recorded, { order: 'asc' }), 'query()')
      },
    },
    {
      id: 'record.callers-keep-their-order',
      title: 'callers that record one entry after another each keep their own order',
      async run(place) {
        const log = place.log()
        const callers = Array.from({ length: 20 }, (_, i) => `caller ${i}`)
        await Promise.all(
          callers.map(async user => {
            for (let call = 0; call < 15; call++) {
              await log.record({ model: 'gpt-4o', user, inputText: `${call}`, outputText: '' })
            }
          }),
        )
        assert.equal(await log.count(), 300)
        for (const user of callers) {
          const own = await log.query({ user })
          expectIndexes(
            own.map(({ inputText }) => Number(inputText)),
            user,
          )
          assert.equal(own.length, 15, user)
        }
      },
    },
    {
      id: 'record.readers-beside-writers',
      title: 'a reader sees the log grow only at its end while others record',
      async run(place) {
        const log = place.log()
        let isDone = false
        const writing = (async () => {
          for (let round = 0; round < 20; round++) {
            await Promise.all(
              Array.from({ length: 10 }, () =>
                log.record({ model: 'gpt-4o', inputText: '', outputText: '' }),
              ),
            )
          }
        })().finally(() => {
          isDone = true
        })
        writing.catch(() => {}) // awaited below
        let seen = 0
        while (!isDone) {
          const indexes = (await log.query()).map(({ index }) => index)
          expectIndexes(indexes, 'the indexes seen')
          assert.ok(indexes.length >= seen, `${seen} entries were seen before, and now ${indexes.length}`)
          seen = indexes.length
          await nextTurn()
        }
        await writing
        assert.equal(await log.count(), 200)
      },
    },
    {
      id: 'record.get',
      title: 'every entry is found by the id that record returned',
      async run(place) {
        const log = place.log()
        const recorded = await Promise.all(
          Array.from({ length: 50 }, (_, i) =>
            log.record({ model: 'gpt-4o', inputText: `${i}`, outputText: '' }),
          ),
        )
        for (const entry of recorded) {
          const found = await log.get(entry.entryId)
          expectEntries(found ? [found] : [], [entry], `get(${entry.entryId})`)
        }
        assert.equal(await log.get('00000000-0000-7000-8000-000000000000'), undefined)
      },
    },
    {
      id: 'record.refused',
      title: 'a refused entry is not stored, and takes no index',
      async run(place) {
        const log = place.log()
        const good = { model: 'gpt-4o', inputText: 'in', outputText: 'out' }
        await log.record(good)
        await assert.rejects(
          log.record({ ...good, model: '' }),
          error => error instanceof AuditError && error.code === 'AUDIT_INVALID_ENTRY',
        )
        assert.equal((await log.record(good)).index, 1)
        assert.equal(await log.count(), 2)
      },
    },
  ],
}
