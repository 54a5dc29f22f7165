import assert from 'node:assert/strict'
import type { AuditBackend, EntryFields } from '@audit/core'
import type { Area } from '../case.ts'
import { expectEntries, expectLog, readAll } from '../expect-entries.ts'
import { entryOf, leavesOf, placed, plainEntries } from '../sample-entries.ts'

export const append: Area = {
  name: 'append',
  cases: [
    {
      id: 'append.first-index',
      title: 'the first entry of a log has index 0',
      async run(place) {
        const backend = await place.open()
        assert.equal(await backend.append(leavesOf(plainEntries(1))), 0, 'append()')
      },
    },
    {
      id: 'append.contiguous',
      title: 'append returns the index of its first entry, which is the size before it',
      async run(place) {
        const backend = await place.open()
        let size = 0
        for (const length of [1, 3, 2, 1, 50, 1]) {
          assert.equal(await backend.append(leavesOf(plainEntries(length))), size, `a batch of ${length}`)
          size += length
          assert.equal(await backend.size(), size, 'size()')
        }
      },
    },
    {
      id: 'append.keeps-order',
      title: 'the entries of a batch keep their order, and batches follow each other',
      async run(place) {
        const backend = await place.open()
        const entries = plainEntries(60)
        await backend.append(leavesOf(entries.slice(0, 50)))
        await backend.append(leavesOf(entries.slice(50)))
        expectEntries(await backend.read(0, 60), placed(entries), 'read(0, 60)')
      },
    },
    {
      id: 'append.whole-batch',
      title: 'every entry of a batch is kept, the first and the last included',
      async run(place) {
        const backend = await place.open()
        for (const length of [1, 2, 3, 10]) {
          const size = await backend.size()
          const entries = plainEntries(length)
          await backend.append(leavesOf(entries))
          assert.equal(await backend.size(), size + length, `size() after a batch of ${length}`)
          expectEntries(
            await backend.read(size, size + length),
            placed(entries, size),
            `a batch of ${length}`,
          )
        }
      },
    },
    {
      id: 'append.readable-at-once',
      title: 'entries are in every answer as soon as append has resolved',
      async run(place) {
        const backend = await place.open()
        const entries = plainEntries(12)
        for (const [i, entry] of entries.entries()) {
          await backend.append(leavesOf([entry]))
          await expectLog(backend, placed(entries.slice(0, i + 1)))
        }
      },
    },
    {
      id: 'append.many-batches',
      title: 'two hundred entries appended one by one are all there, in order',
      async run(place) {
        const backend = await place.open()
        const entries = plainEntries(200)
        for (const leaf of leavesOf(entries)) await backend.append([leaf])
        await expectLog(backend, placed(entries))
      },
    },
    {
      id: 'append.large-batch',
      title: 'a batch of 5,000 entries is kept whole and in order',
      async run(place) {
        const backend = await place.open()
        const entries = plainEntries(5000)
        assert.equal(await backend.append(leavesOf(entries)), 0, 'append()')
        await expectLog(backend, placed(entries))
        assert.equal(await backend.append(leavesOf(plainEntries(1))), 5000, 'append()')
      },
    },
    {
      id: 'append.large-text',
      timeoutFactor: 4, // a server receives it over a socket
      title: 'a text of 20 MB is stored unchanged',
      async run(place) {
        const backend = await place.open()
        const inputText = 'twenty megabytes '.repeat(Math.ceil(20_000_000 / 17))
        const entries = [entryOf(), entryOf({ inputText }), entryOf()]
        await backend.append(leavesOf(entries))
        expectEntries(await readAll(backend, 0, 3), placed(entries), 'read(0, 3)')
      },
    },
    {
      id: 'append.equal-content',
      title: 'entries that differ only in their id are separate entries',
      async run(place) {
        const backend = await place.open()
        const entries = Array.from({ length: 5 }, () => entryOf({ user: 'alice', inputText: 'again' }))
        await backend.append(leavesOf(entries))
        await expectLog(backend, placed(entries))
      },
    },
    {
      id: 'append.same-id-again',
      title: 'a batch with an id that is already stored is stored whole or refused whole, never in part',
      async run(place) {
        const backend = await place.open()
        const [known, ...others] = plainEntries(4)
        assert.ok(known)
        await backend.append(leavesOf([known]))
        for (const batch of [[...others.slice(0, 1), known], [known, ...others.slice(1)], [known]]) {
          await expectAllOrNone(backend, batch)
        }
      },
    },
  ],
}

/** Asserts that append stores everything and resolves, or stores nothing and rejects. */
async function expectAllOrNone(backend: AuditBackend, batch: readonly EntryFields[]): Promise<void> {
  const size = await backend.size()
  const first = await backend.append(leavesOf(batch)).catch(() => undefined)
  const stored = first === undefined ? [] : placed(batch, size)
  if (first !== undefined) assert.equal(first, size, 'append()')
  assert.equal(
    await backend.size(),
    size + stored.length,
    `size() after append ${first === undefined ? 'rejected' : 'resolved'}`,
  )
  expectEntries(await backend.read(size, size + 10), stored, `read(${size}, …) after append`)
}
