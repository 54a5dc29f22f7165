import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditBackend, AuditEntry, Leaf } from '@audit/core/backend'
import type { Area, Case } from '../case.ts'
import { expectEntries, expectLog } from '../expect-entries.ts'
import type { Place } from '../place.ts'
import { leavesOf, placed, plainEntries } from '../sample-entries.ts'

const BATCH = 8

/** Puts a fault that throws into a batch at one position. A backend that never looks there stores the batch. */
type Poison = (leaves: readonly Leaf[], at: number) => readonly Leaf[]

/** The fault that no backend can miss. */
const throwingBatch: Poison = (leaves, at) => throwingOn([...leaves], at)

const POISONS: readonly { readonly id: string; readonly what: string; readonly poison: Poison }[] = [
  { id: 'entry', what: "a leaf's entry", poison: leafWith(leaf => throwingOn(leaf, 'entry')) },
  { id: 'line', what: "a leaf's line", poison: leafWith(leaf => throwingOn(leaf, 'line')) },
  { id: 'hash', what: "a leaf's hash", poison: leafWith(leaf => throwingOn(leaf, 'hash')) },
  {
    id: 'field',
    what: "a field of a leaf's entry",
    poison: leafWith(leaf => ({ ...leaf, entry: throwingOn(leaf.entry, 'outputText') })),
  },
  {
    id: 'metadata',
    what: "the metadata of a leaf's entry",
    poison: leafWith(leaf => ({ ...leaf, entry: throwingOn(leaf.entry, 'metadata') })),
  },
  { id: 'batch', what: 'the batch itself', poison: throwingBatch },
]

export const atomicity: Area = {
  name: 'atomic batches',
  cases: [
    ...POISONS.map(
      ({ id, what, poison }): Case => ({
        id: `atomicity.interrupted-by-${id}`,
        title: `a batch that fails on ${what} stores nothing, and the next one is stored`,
        run: async place => {
          await appendAroundFailures(place, poison)
        },
      }),
    ),
    {
      id: 'atomicity.still-nothing-after-reopening',
      title: 'after reopening, nothing of a failed batch is there',
      needs: ['persistence'],
      async run(place) {
        const { backend, log } = await appendAroundFailures(place, throwingBatch)
        await expectLog(await place.reopen(backend), log)
      },
    },
    {
      id: 'atomicity.nothing-for-others',
      title: 'another instance sees nothing of a failed batch',
      needs: ['sharing'],
      async run(place) {
        const other = await place.open()
        const { log } = await appendAroundFailures(place, throwingBatch)
        await expectLog(other, log)
      },
    },
    {
      id: 'atomicity.readers-see-whole-batches',
      title: 'a reader sees all or nothing of a batch that is being stored',
      async run(place) {
        const backend = await place.open()
        await backend.append(leavesOf(plainEntries(3)))
        await expectWholeBatches(backend, backend)
      },
    },
    {
      id: 'atomicity.others-see-whole-batches',
      title: 'a reader in another instance sees all or nothing of a batch that is being stored',
      needs: ['sharing'],
      async run(place) {
        const backend = await place.open()
        await backend.append(leavesOf(plainEntries(3)))
        await expectWholeBatches(backend, await place.open())
      },
    },
  ],
}

/** Good batches, with batches between them that are interrupted at their first, a middle or their last leaf. */
async function appendAroundFailures(
  place: Place,
  poison: Poison,
): Promise<{ readonly backend: AuditBackend; readonly log: readonly AuditEntry[] }> {
  const backend = await place.open()
  const log: AuditEntry[] = []
  for (const at of [0, BATCH / 2, BATCH - 1]) {
    const good = plainEntries(2)
    const first = await backend
      .append(leavesOf(good))
      .catch(error => assert.fail(`the batch after one that failed was refused: ${error}`))
    assert.equal(first, log.length, 'the index of the batch after one that failed')
    log.push(...placed(good, log.length))

    const bad = plainEntries(BATCH)
    if (await isAppended(backend, poison(leavesOf(bad), at))) log.push(...placed(bad, log.length))
    await expectLog(backend, log)
  }
  return { backend, log }
}

async function isAppended(backend: AuditBackend, leaves: readonly Leaf[]): Promise<boolean> {
  try {
    await backend.append(leaves)
    return true
  } catch {
    return false
  }
}

async function expectWholeBatches(writer: AuditBackend, reader: AuditBackend): Promise<void> {
  const before = await reader.size()
  const batch = plainEntries(500)
  let isDone = false
  const appending = writer.append(leavesOf(batch)).finally(() => {
    isDone = true
  })
  appending.catch(() => {}) // awaited below
  while (!isDone) {
    const sizes = [
      await reader.size(),
      await reader.count({ order: 'asc' }),
      (await reader.find({ order: 'asc' })).length,
      (await reader.read(0, 1000)).length,
      (await reader.leafHashes(0, 1000)).length / 32,
    ]
    for (const size of sizes) {
      assert.ok(
        size === before || size === before + batch.length,
        `${size} entries of ${before} + ${batch.length}`,
      )
    }
    await nextTurn()
  }
  await appending
  expectEntries(await reader.read(before, 1000), placed(batch, before), 'the batch afterwards')
}

function leafWith(fault: (leaf: Leaf) => Leaf): Poison {
  return (leaves, at) => leaves.map((leaf, i) => (i === at ? fault(leaf) : leaf))
}

/** A copy in which one property throws whenever it is read. */
function throwingOn<T extends object>(target: T, key: PropertyKey): T {
  const copy: T = Array.isArray(target) ? Object.assign([], target) : { ...target }
  return Object.defineProperty(copy, key, {
    enumerable: true,
    get() {
      throw new Error(`the test does not let ${String(key)} be read`)
    },
  })
}
