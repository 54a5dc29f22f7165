import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { types } from 'node:util'
import {
  type AuditBackend,
  type AuditEntry,
  digestsOf,
  type EntryDigests,
  type EntryFields,
  encodeLine,
} from '@audit/core/backend'
import type { Area, Case } from '../case.ts'
import type { Place } from '../place.ts'
import { entryOf, leavesOf, mixedEntries, plainEntries } from '../sample-entries.ts'

const BYTES = 32
/** How many leaves one append stores in a case that needs very many. */
const BATCH = 4096

export const leafHashes: Area = {
  name: 'leaf hashes',
  cases: [
    {
      id: 'leaf-hashes.of-the-line',
      title: 'a leaf hash is the SHA-256 of a zero byte and the line of the entry that read returns',
      async run(place) {
        const backend = await place.open()
        const hostile = ['\0', '😀', 'e\u0301', '\r\n', '\u2028', '"\\', ''].map(inputText =>
          entryOf({ inputText, metadata: { z: inputText, a: [{ y: 1, x: 2 }] }, costUsd: 1e-7 }),
        )
        await appendAll(backend, [...mixedEntries(40, 51), ...hostile])
        await expectHashes(backend, await backend.read(0, 100))
      },
    },
    {
      id: 'leaf-hashes.digests',
      title: 'digests are those of the entries that read returns, for any range',
      needs: ['digests'],
      async run(place) {
        const backend = await place.open()
        await appendAll(backend, mixedEntries(600, 52))
        for (const [start, end] of [
          [0, 600],
          [0, 256],
          [255, 257],
          [599, 700],
          [600, 700],
        ] as const) {
          const page = await backend.read(start, end)
          const expected = digestsOf(page, page.isPartial === true)
          assert.deepEqual(comparable(await backend.digests?.(start, end)), comparable(expected))
        }
      },
    },
    {
      id: 'leaf-hashes.every-range',
      title: 'leafHashes returns 32 bytes for each index from start, inclusive, to end, exclusive',
      async run(place) {
        const backend = await place.open()
        const entries = plainEntries(10)
        await appendAll(backend, entries)
        const all = hashesOf(entries)
        for (let start = 0; start <= 10; start++) {
          for (let end = start; end <= 10; end++) {
            assertBytes(
              await backend.leafHashes(start, end),
              all.subarray(start * BYTES, end * BYTES),
              `leafHashes(${start}, ${end})`,
            )
          }
        }
      },
    },
    {
      id: 'leaf-hashes.beyond-the-end',
      title: 'indexes beyond the size have no hash',
      async run(place) {
        const backend = await place.open()
        assertBytes(await backend.leafHashes(0, 10), Buffer.alloc(0), 'of an empty log')
        const entries = plainEntries(5)
        await appendAll(backend, entries)
        for (const [start, end] of [
          [0, 6],
          [4, 100],
          [5, 6],
          [3, Number.MAX_SAFE_INTEGER],
          [900, 1000],
        ] as const) {
          const expected = hashesOf(entries.slice(start, end))
          assertBytes(await backend.leafHashes(start, end), expected, `leafHashes(${start}, ${end})`)
        }
      },
    },
    {
      id: 'leaf-hashes.is-uint8array',
      title: 'leafHashes returns a Uint8Array',
      async run(place) {
        const backend = await place.open()
        await appendAll(backend, plainEntries(2))
        // Not `instanceof`: jest runs tests in their own realm.
        for (const start of [0, 2]) assert.ok(types.isUint8Array(await backend.leafHashes(start, 2)))
      },
    },
    {
      id: 'leaf-hashes.across-batches',
      title: 'the hashes of several batches join without a gap',
      async run(place) {
        const backend = await place.open()
        const entries = plainEntries(30)
        for (let start = 0; start < 30; start += 7)
          await backend.append(leavesOf(entries.slice(start, start + 7)))
        assertBytes(await backend.leafHashes(0, 30), hashesOf(entries), 'leafHashes(0, 30)')
        assertBytes(await backend.leafHashes(5, 25), hashesOf(entries.slice(5, 25)), 'leafHashes(5, 25)')
      },
    },
    boundaryCase(256, 'a complete subtree of 256 leaves'),
    boundaryCase(65_536, 'a complete subtree of 65,536 leaves'),
    {
      id: 'leaf-hashes.after-reopening',
      timeoutFactor: 3,
      title: 'after reopening, the hashes are the same, and new ones follow',
      needs: ['persistence'],
      async run(place) {
        const entries = mixedEntries(30, 52)
        let backend = await place.open()
        for (let start = 0; start < 30; start += 10) {
          await backend.append(leavesOf(entries.slice(start, start + 10)))
          backend = await place.reopen(backend)
          assertBytes(
            await backend.leafHashes(0, 30),
            hashesOf(entries.slice(0, start + 10)),
            'after reopening',
          )
        }
      },
    },
    {
      id: 'leaf-hashes.shared-writing',
      timeoutFactor: 3,
      title: 'after several instances have written, each returns the hash of the entry at every index',
      needs: ['sharing'],
      async run(place) {
        const instances = [await place.open(), await place.open(), await place.open()]
        await Promise.all(
          instances.map(async backend => {
            for (let i = 0; i < 10; i++) await backend.append(leavesOf(plainEntries(i + 1)))
          }),
        )
        for (const backend of instances) {
          const entries = await backend.read(0, 1000)
          assert.equal(entries.length, 165, 'entries')
          await expectHashes(backend, entries)
        }
      },
    },
  ],
}

/** The tree stores roots of complete subtrees, so it reads ranges that begin and end at these sizes. */
function boundaryCase(leaves: number, what: string): Case {
  return {
    id: `leaf-hashes.boundary-${leaves}`,
    title: `one entry less than ${what}, exactly as many, and one more: every hash is there`,
    timeoutFactor: leaves > BATCH ? 12 : 1, // 6.5 s in SQLite on two busy cores
    run: place => expectBoundary(place, leaves),
  }
}

async function expectBoundary(place: Place, leaves: number): Promise<void> {
  let backend = await place.open()
  const entries = plainEntries(leaves + 1)
  const all = hashesOf(entries)
  await appendAll(backend, entries.slice(0, leaves - 1))
  await expectEnd(backend, all, leaves - 1)
  for (const size of [leaves, leaves + 1]) {
    assert.equal(await backend.append(leavesOf(entries.slice(size - 1, size))), size - 1)
    await expectEnd(backend, all, size)
  }
  if (!place.supports.persistence) return
  backend = await place.reopen(backend)
  await expectEnd(backend, all, leaves + 1)
}

async function expectEnd(backend: AuditBackend, all: Buffer, size: number): Promise<void> {
  assert.equal(await backend.size(), size, 'size()')
  const what = `of a log of ${size}`
  assertBytes(await backend.leafHashes(0, size + 10), all.subarray(0, size * BYTES), `all hashes ${what}`)
  const start = size - 3
  assertBytes(
    await backend.leafHashes(start, size),
    all.subarray(start * BYTES, size * BYTES),
    `the last hashes ${what}`,
  )
  assert.equal((await backend.read(start, size + 10)).length, 3, `the last entries ${what}`)
}

async function appendAll(backend: AuditBackend, entries: readonly EntryFields[]): Promise<void> {
  for (let start = 0; start < entries.length; start += BATCH) {
    await backend.append(leavesOf(entries.slice(start, start + BATCH)))
  }
}

/** Asserts that the hashes from index 0 on are those of the entries that were read. */
async function expectHashes(backend: AuditBackend, entries: readonly AuditEntry[]): Promise<void> {
  assertBytes(
    await backend.leafHashes(0, entries.length),
    hashesOf(entries),
    'the hashes of the entries read',
  )
}

/** RFC 9162, section 2.1.1, written again, so that a fault in core shows too. */
function hashesOf(entries: readonly EntryFields[]): Buffer {
  return Buffer.concat(
    entries.map(entry => createHash('sha256').update('\0').update(encodeLine(entry)).digest()),
  )
}

function assertBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  assert.equal(actual.length, expected.length, `bytes of ${what}`)
  for (let start = 0; start < expected.length; start += BYTES) {
    const end = start + BYTES
    if (Buffer.compare(actual.subarray(start, end), expected.subarray(start, end)) === 0) continue
    assert.fail(`${what}: the hash number ${start / BYTES} is not that of its entry`)
  }
}

/** Digests as `deepEqual` compares them, whatever kind of array holds the hashes. */
function comparable(digests: EntryDigests | undefined): unknown {
  return digests && { ...digests, leafHashes: Buffer.from(digests.leafHashes).toString('hex') }
}
