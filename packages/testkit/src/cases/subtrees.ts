import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { AuditBackend, SubtreeStore } from '@audit/core/backend'
import type { Area } from '../case.ts'
import { expectEntries } from '../expect-entries.ts'
import { leavesOf, plainEntries } from '../sample-entries.ts'

const BYTES = 32
/** Enough entries for six complete subtrees of 256. */
const ENTRIES = 6 * 256
/** Entries under one root of the first level. */
const TILE = 256

/** For backends that store the roots of complete subtrees. */
export const subtrees: Area = {
  name: 'subtrees',
  cases: [
    {
      id: 'subtrees.reads-what-was-written',
      title: 'read returns the roots of a level by position, and none where none was written',
      needs: ['subtrees'],
      async run(place) {
        const backend = await place.open()
        const { store, roots } = await storeOf(backend)
        assertRoots(await store.read(1, 0, 10), [], 'before anything was written')
        await store.write(1, 0, roots(0, 4))
        await store.write(1, 4, roots(4, 6))
        for (const [start, end] of [
          [0, 6],
          [0, 1],
          [3, 5],
          [5, 6],
          [4, 100],
          [6, 7],
          [2, 2],
        ] as const) {
          const expected = roots(start, Math.max(start, Math.min(end, 6)))
          assertRoots(await store.read(1, start, end), expected, `read(1, ${start}, ${end})`)
        }
        assertRoots(await store.read(2, 0, 10), [], 'read(2, 0, 10)')
      },
    },
    {
      id: 'subtrees.same-again',
      title: 'writing the same roots again changes nothing, from several instances too',
      needs: ['subtrees'],
      async run(place) {
        const backend = await place.open()
        const { store, roots } = await storeOf(backend)
        await store.write(1, 0, roots(0, 3))
        await store.write(1, 0, roots(0, 3))
        await store.write(1, 2, roots(2, 5))
        assertRoots(await store.read(1, 0, 10), roots(0, 5), 'after overlapping writes')
        if (!place.supports.sharing) return
        const other = await place.open()
        await other.subtrees?.write(1, 0, roots(0, 6))
        for (const instance of [backend, other, backend]) {
          await instance.append(leavesOf(plainEntries(1)))
          assertRoots(await readFrom(instance, 0, 5), roots(0, 5), 'with another instance')
        }
      },
    },
    {
      id: 'subtrees.beside-the-entries',
      title: 'writing roots changes neither the size nor the entries nor their hashes',
      needs: ['subtrees'],
      async run(place) {
        const backend = await place.open()
        const { store, roots } = await storeOf(backend)
        const [entries, hashes] = [await backend.read(0, 10), await backend.leafHashes(0, 10)]
        await store.write(1, 0, roots(0, 6))
        assert.equal(await backend.append(leavesOf(plainEntries(1))), ENTRIES, 'index of the next entry')
        assert.equal(await backend.size(), ENTRIES + 1, 'size()')
        expectEntries(await backend.read(0, 10), entries, 'read(0, 10)')
        assertRoots(await backend.leafHashes(0, 10), hashes, 'leafHashes(0, 10)')
      },
    },
    {
      id: 'subtrees.after-reopening',
      title: 'after reopening, the roots are there, and the next ones are added',
      needs: ['subtrees', 'persistence'],
      async run(place) {
        let backend = await place.open()
        const { store, roots } = await storeOf(backend)
        await store.write(1, 0, roots(0, 2))
        for (const next of [3, 6]) {
          backend = await place.reopen(backend)
          const from = next === 3 ? 2 : 3
          assertRoots(await readFrom(backend, 0, 10), roots(0, from), 'after reopening')
          await backend.subtrees?.write(1, from, roots(from, next))
          await backend.append(leavesOf(plainEntries(1)))
        }
        assertRoots(await readFrom(await place.reopen(backend), 0, 10), roots(0, 6), 'in the end')
      },
    },
  ],
}

/** The store of an open backend that holds entries, and the true roots over them, since a store may compare them. */
async function storeOf(
  backend: AuditBackend,
): Promise<{ readonly store: SubtreeStore; readonly roots: (start: number, end: number) => Uint8Array }> {
  const leaves = leavesOf(plainEntries(ENTRIES))
  await backend.append(leaves)
  assert.ok(backend.subtrees, 'subtrees')
  const hashes = leaves.map(({ hash }) => hash)
  const roots = Array.from({ length: ENTRIES / TILE }, (_, i) =>
    rootOf(hashes.slice(i * TILE, (i + 1) * TILE)),
  )
  return { store: backend.subtrees, roots: (start, end) => Buffer.concat(roots.slice(start, end)) }
}

/** The root over hashes whose number is a power of two (RFC 9162, section 2.1.1). */
function rootOf(hashes: readonly Uint8Array[]): Uint8Array {
  const [only = new Uint8Array()] = hashes
  if (hashes.length <= 1) return only
  const half = hashes.length / 2
  return createHash('sha256')
    .update(Uint8Array.of(1))
    .update(rootOf(hashes.slice(0, half)))
    .update(rootOf(hashes.slice(half)))
    .digest()
}

async function readFrom({ subtrees: store }: AuditBackend, start: number, end: number): Promise<Uint8Array> {
  assert.ok(store, 'subtrees')
  return store.read(1, start, end)
}

function assertRoots(actual: Uint8Array, expected: Uint8Array | readonly never[], what: string): void {
  assert.equal(actual.length, expected.length, `${what}: ${actual.length / BYTES} roots`)
  assert.ok(Buffer.from(actual).equals(Buffer.from(expected)), `${what}: other roots than were written`)
}
