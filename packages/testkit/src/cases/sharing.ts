import assert from 'node:assert/strict'
import type { AuditBackend, AuditEntry, EntryFields } from '@audit/core'
import type { Area, Case } from '../case.ts'
import { expectEntries, expectFound, expectIndexes, expectLog } from '../expect-entries.ts'
import { entryOf, instant, leavesOf, mixedEntries, placed, plainEntries } from '../sample-entries.ts'
import { everySelection } from '../sample-selections.ts'

/** Every way to see an entry that another instance appended. */
const VIEWS: readonly {
  readonly name: string
  readonly lengthOf: (backend: AuditBackend) => Promise<number>
}[] = [
  { name: 'size', lengthOf: backend => backend.size() },
  { name: 'read', lengthOf: async backend => (await backend.read(0, 1000)).length },
  { name: 'find', lengthOf: async backend => (await backend.find({ user: 'alice', order: 'asc' })).length },
  { name: 'count', lengthOf: backend => backend.count({ user: 'alice', order: 'asc' }) },
  { name: 'leafHashes', lengthOf: async backend => (await backend.leafHashes(0, 1000)).length / 32 },
]

export const sharing: Area = {
  name: 'sharing',
  cases: [
    ...VIEWS.map(
      ({ name, lengthOf }): Case => ({
        id: `sharing.${name}-at-once`,
        title: `${name} shows what another instance appended as soon as its append has resolved`,
        needs: ['sharing'],
        async run(place) {
          const [writer, reader] = [await place.open(), await place.open()]
          assert.equal(await lengthOf(reader), 0)
          for (let size = 1; size <= 10; size++) {
            await writer.append(leavesOf([entryOf({ user: 'alice' })]))
            assert.equal(await lengthOf(reader), size, `${name} after ${size} appends`)
          }
        },
      }),
    ),
    {
      id: 'sharing.taking-turns',
      title: 'instances that append in turn share one sequence of indexes',
      needs: ['sharing'],
      async run(place) {
        const instances = [await place.open(), await place.open(), await place.open()]
        const log: AuditEntry[] = []
        for (let turn = 0; turn < 12; turn++) {
          const backend = instances[turn % 3] ?? (await place.open())
          const entries = plainEntries(1 + (turn % 4))
          assert.equal(await backend.append(leavesOf(entries)), log.length)
          log.push(...placed(entries, log.length))
        }
        for (const backend of instances) await expectLog(backend, log)
      },
    },
    {
      id: 'sharing.contiguous-indexes',
      title: 'instances that append at once assign every index once, to the entry that is stored there',
      needs: ['sharing'],
      async run(place) {
        const instances = [await place.open(), await place.open(), await place.open(), await place.open()]
        const written = await Promise.all(instances.map(backend => appendMany(backend)))
        const log = written.flat().sort((a, b) => a.index - b.index)
        expectIndexes(
          log.map(({ index }) => index),
          'the indexes given out',
        )
        for (const backend of instances) await expectLog(backend, log)
      },
    },
    {
      id: 'sharing.own-order',
      title: 'the entries of one instance keep their order among the entries of others',
      needs: ['sharing'],
      async run(place) {
        const instances = [await place.open(), await place.open()]
        const written = await Promise.all(instances.map(backend => appendMany(backend)))
        for (const own of written) {
          assert.ok(
            own.every(({ index }, i) => i === 0 || index > (own[i - 1]?.index ?? -1)),
            'the indexes of one instance go up',
          )
        }
      },
    },
    {
      id: 'sharing.whole-batches',
      title: 'a batch is not mixed with the batch of another instance',
      needs: ['sharing'],
      async run(place) {
        const instances = [await place.open(), await place.open(), await place.open()]
        const batches = instances.map(() => plainEntries(300))
        const firsts = await Promise.all(
          instances.map((backend, i) => backend.append(leavesOf(batches[i] ?? []))),
        )
        for (const [i, batch] of batches.entries()) {
          const first = firsts[i] ?? 0
          const stored = await instances[0]?.read(first, first + batch.length)
          expectEntries(stored ?? [], placed(batch, first), `batch ${i}`)
        }
      },
    },
    {
      id: 'sharing.opened-at-once',
      title: 'several instances may open a new place at once and append to it',
      needs: ['sharing'],
      async run(place) {
        const instances = await Promise.all(
          plainEntries(4).map(async entry => {
            const backend = await place.open()
            await backend.append(leavesOf([entry]))
            return backend
          }),
        )
        for (const backend of instances) assert.equal(await backend.size(), 4, 'size()')
      },
    },
    {
      id: 'sharing.one-closes',
      title: 'if one instance closes, the others continue',
      needs: ['sharing'],
      async run(place) {
        const [first, second] = [await place.open(), await place.open()]
        const entries = plainEntries(4)
        await first.append(leavesOf(entries.slice(0, 1)))
        await second.append(leavesOf(entries.slice(1, 2)))
        await first.close()
        await second.append(leavesOf(entries.slice(2, 3)))
        const third = await place.open()
        await third.append(leavesOf(entries.slice(3)))
        await expectLog(second, placed(entries))
        await expectLog(third, placed(entries))
      },
    },
    {
      id: 'sharing.every-filter',
      timeoutFactor: 3, // more than a thousand calls
      title: 'every combination of filters finds what other instances appended',
      needs: ['sharing'],
      async run(place) {
        const [writer, reader] = [await place.open(), await place.open()]
        const log = placed(mixedEntries(90, 71))
        for (let start = 0; start < 90; start += 30) {
          await writer.append(leavesOf(log.slice(start, start + 30)))
          const seen = log.slice(0, start + 30)
          for (const selection of everySelection(seen, 'desc', start))
            await expectFound(reader, seen, selection)
        }
      },
    },
    {
      id: 'sharing.clocks-behind',
      title: 'an entry of an instance whose clock is behind is sorted by its time',
      needs: ['sharing'],
      async run(place) {
        const [first, second] = [await place.open(), await place.open()]
        const log = placed([10, 5, 11, 6, 12].map(ms => entryOf({ timestamp: instant(ms) })))
        for (const [i, entry] of log.entries()) {
          await (i % 2 === 0 ? first : second).append(leavesOf([entry]))
          for (const backend of [first, second])
            await expectFound(backend, log.slice(0, i + 1), { order: 'asc' })
        }
      },
    },
    {
      id: 'sharing.two-logs',
      title: 'callers of several logs on the same data each get their own index, in their own order',
      needs: ['sharing'],
      async run(place) {
        const logs = [place.log(), place.log(), place.log()]
        const recorded = await Promise.all(
          logs.map((log, i) =>
            Promise.all(
              Array.from({ length: 50 }, (_, call) =>
                log.record({ model: 'gpt-4o', user: `caller ${i}`, inputText: `${call}`, outputText: 'out' }),
              ),
            ),
          ),
        )
        const log = recorded.flat().sort((a, b) => a.index - b.index)
        await expectLog(await place.open(), log)
        for (const own of recorded) {
          assert.ok(
            own.every(({ index }, i) => i === 0 || index > (own[i - 1]?.index ?? -1)),
            'the calls of one log keep their order',
          )
        }
      },
    },
  ],
}

/** Appends batches of several lengths, one after the other, and returns them with the indexes that append returned. */
async function appendMany(backend: AuditBackend): Promise<AuditEntry[]> {
  const written: AuditEntry[] = []
  for (const length of [1, 2, 7, 1, 30, 3, 1, 1, 12, 2]) {
    const entries: EntryFields[] = plainEntries(length)
    written.push(...placed(entries, await backend.append(leavesOf(entries))))
  }
  return written
}
