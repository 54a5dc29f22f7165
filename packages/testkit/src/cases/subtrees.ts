import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { AuditBackend, SubtreeStore } from '@audit/core'
import type { Area } from '../case.ts'
import { expectEntries } from '../expect-entries.ts'
import { leavesOf, plainEntries } from '../sample-entries.ts'

const BYTES = 32
/** Enough entries for six complete subtrees of 256. */
const ENTRIES = 6 * 256

/** For backends that keep the roots of complete subtrees. */
export const subtrees: Area = {
  name: 'subtrees',
  cases: [
    {
      id: 'subtrees.reads-what-was-written',
      title: 'read gives the roots of a level by place, and none where none was written',
      needs: ['subtrees'],
      async run(place) {
        const backend = await place.open()
        const store = await storeOf(backend)
        assertRoots(await store.read(1, 0, 10), [], 'before anything was written')
        await store.write(1, 0, rootsOf('1', 0, 4))
        await store.write(2, 0, rootsOf('2', 0, 1))
        await store.write(1, 4, rootsOf('1', 4, 6))
        for (const [start, end] of [
          [0, 6],
          [0, 1],
          [3, 5],
          [5, 6],
          [4, 100],
          [6, 7],
          [2, 2],
        ] as const) {
          const expected = rootsOf('1', start, Math.max(start, Math.min(end, 6)))
          assertRoots(await store.read(1, start, end), expected, `read(1, ${start}, ${end})`)
        }
        assertRoots(await store.read(2, 0, 10), rootsOf('2', 0, 1), 'read(2, 0, 10)')
        assertRoots(await store.read(3, 0, 10), [], 'read(3, 0, 10)')
      },
    },
    {
      id: 'subtrees.same-again',
      title: 'writing the same roots again changes nothing, from several instances too',
      needs: ['subtrees'],
      async run(place) {
        const backend = await place.open()
        const store = await storeOf(backend)
        await store.write(1, 0, rootsOf('1', 0, 3))
        await store.write(1, 0, rootsOf('1', 0, 3))
        await store.write(1, 2, rootsOf('1', 2, 5))
        assertRoots(await store.read(1, 0, 10), rootsOf('1', 0, 5), 'after overlapping writes')
        if (!place.supports.sharing) return
        const other = await place.open()
        await other.subtrees?.write(1, 0, rootsOf('1', 0, 6))
        for (const instance of [backend, other, backend]) {
          await instance.append(leavesOf(plainEntries(1)))
          assertRoots(await readFrom(instance, 0, 5), rootsOf('1', 0, 5), 'with another instance')
        }
      },
    },
    {
      id: 'subtrees.beside-the-entries',
      title: 'roots that are written change neither the size nor the entries nor their hashes',
      needs: ['subtrees'],
      async run(place) {
        const backend = await place.open()
        const store = await storeOf(backend)
        const [entries, hashes] = [await backend.read(0, 10), await backend.leafHashes(0, 10)]
        await store.write(1, 0, rootsOf('1', 0, 6))
        assert.equal(await backend.append(leavesOf(plainEntries(1))), ENTRIES, 'index of the next entry')
        assert.equal(await backend.size(), ENTRIES + 1, 'size()')
        expectEntries(await backend.read(0, 10), entries, 'read(0, 10)')
        assertRoots(await backend.leafHashes(0, 10), hashes, 'leafHashes(0, 10)')
      },
    },
    {
      id: 'subtrees.after-reopening',
      title: 'after reopening the roots are there, and those of the next places are added',
      needs: ['subtrees', 'persistence'],
      async run(place) {
        let backend = await place.open()
        await (await storeOf(backend)).write(1, 0, rootsOf('1', 0, 2))
        for (const next of [3, 6]) {
          backend = await place.reopen(backend)
          const from = next === 3 ? 2 : 3
          assertRoots(await readFrom(backend, 0, 10), rootsOf('1', 0, from), 'after reopening')
          await backend.subtrees?.write(1, from, rootsOf('1', from, next))
          await backend.append(leavesOf(plainEntries(1)))
        }
        assertRoots(await readFrom(await place.reopen(backend), 0, 10), rootsOf('1', 0, 6), 'in the end')
      },
    },
  ],
}

/** The store of an open backend, once it holds entries for the roots to be over. */
async function storeOf(backend: AuditBackend): Promise<SubtreeStore> {
  await backend.append(leavesOf(plainEntries(ENTRIES)))
  assert.ok(backend.subtrees, 'subtrees')
  return backend.subtrees
}

async function readFrom({ subtrees: store }: AuditBackend, start: number, end: number): Promise<Uint8Array> {
  assert.ok(store, 'subtrees')
  return store.read(1, start, end)
}

/** What stands for the roots of these places: only core knows what they must be. */
function rootsOf(level: string, start: number, end: number): Buffer {
  const places = Array.from({ length: end - start }, (_, i) => start + i)
  return Buffer.concat(places.map(place => createHash('sha256').update(`${level}/${place}`).digest()))
}

function assertRoots(actual: Uint8Array, expected: Uint8Array | readonly never[], what: string): void {
  assert.equal(actual.length, expected.length, `${what}: ${actual.length / BYTES} roots`)
  assert.ok(Buffer.from(actual).equals(Buffer.from(expected)), `${what}: other roots than were written`)
}
