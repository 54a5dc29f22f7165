import { AuditLog, MemoryBackend } from '@audit/core'
import { leafHash, type SubtreeStore } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { MerkleTree } from '../src/merkle/merkle-tree.ts'
import { RecentLeaves } from '../src/merkle/recent-leaves.ts'
import { rootOf } from '../src/merkle/tree.ts'
import { MemorySubtreeStore } from './memory-subtree-store.ts'

const SIZE = 66_000
const leaves = new Uint8Array(SIZE * 32)
for (let i = 0; i < SIZE; i++) leaves.set(leafHash(`leaf ${i}`), i * 32)

/** Counts what a tree reads and writes. */
class Stores extends MemorySubtreeStore {
  leavesRead = 0
  rootsWritten = 0
  /** The most tiles of leaves that were read, or folded and written, in one go. */
  mostAtOnce = 0

  readonly leafHashes = async (start: number, end: number): Promise<Uint8Array> => {
    this.leavesRead += end - start
    this.mostAtOnce = Math.max(this.mostAtOnce, (end - start) / 256)
    return leaves.subarray(start * 32, end * 32)
  }

  override async write(level: number, start: number, hashes: Uint8Array): Promise<void> {
    this.rootsWritten += hashes.length / 32
    this.mostAtOnce = Math.max(this.mostAtOnce, hashes.length / 32)
    return super.write(level, start, hashes)
  }

  /** What another process has stored: the first roots of a level. */
  async keepOnly(level: number, count: number): Promise<Stores> {
    const stores = new Stores()
    await stores.write(level, 0, await this.read(level, 0, count))
    stores.rootsWritten = 0
    return stores
  }
}

const rootAt = (size: number) => Buffer.from(rootOf(leaves.subarray(0, size * 32)))

test('roots and proofs of a log whose subtrees are stored read a few hundred leaf hashes', async () => {
  const stores = new Stores()
  await new MerkleTree(stores.leafHashes, stores).grow(SIZE)
  expect(stores.rootsWritten).toBe(257 + 1)
  stores.leavesRead = 0
  const opened = new MerkleTree(stores.leafHashes, stores)
  expect(Buffer.from(await opened.root(SIZE))).toEqual(rootAt(SIZE))
  await opened.inclusionProof(40_000, SIZE)
  await opened.consistencyProof(40_000, SIZE)
  expect(stores.leavesRead).toBeLessThan(5 * 256)
  expect(stores.rootsWritten).toBe(257 + 1)
})

test('a proof asks for all that it needs of stored subtrees at once, whatever the levels', async () => {
  const stores = new Stores()
  await new MerkleTree(stores.leafHashes, stores).grow(SIZE)
  let asked = 0
  let answer = () => {}
  const answered = new Promise<void>(resolve => {
    answer = resolve
  })
  const afterAll = async <T>(read: () => Promise<T>): Promise<T> => {
    asked++
    await answered
    return read()
  }
  const tree = new MerkleTree((start, end) => afterAll(() => stores.leafHashes(start, end)), {
    read: (...place) => afterAll(() => stores.read(...place)),
    write: () => Promise.reject(new Error('all are stored')),
  })
  const proving = tree.inclusionProof(40_000, SIZE)
  await new Promise(setImmediate) // nothing is answered yet
  const askedAtOnce = asked
  answer()
  const proof = await proving
  expect(asked).toBe(askedAtOnce)
  const later = await new MerkleTree(stores.leafHashes, stores).inclusionProof(40_000, SIZE)
  expect(proof.map(hash => Buffer.from(hash))).toEqual(later.map(hash => Buffer.from(hash)))
})

test('a tree grows in steps, so that nothing waits for long, and once, however often it is told to', async () => {
  const stores = new Stores()
  const tree = new MerkleTree(stores.leafHashes, stores)
  await Promise.all([tree.grow(SIZE), tree.grow(SIZE), tree.root(SIZE)])
  expect(stores.rootsWritten).toBe(257 + 1)
  expect(stores.mostAtOnce).toBe(64)
})

test('what is told of as stored is not read back, however much it is', async () => {
  const stores = new Stores()
  const tree = new MerkleTree(stores.leafHashes, stores)
  for (let first = 0; first < SIZE; first += 100) {
    const hashes = Array.from({ length: 100 }, (_, i) =>
      leaves.subarray((first + i) * 32, (first + i + 1) * 32),
    )
    tree.added(first, hashes)
    await tree.grown()
    await undefined // what grew is forgotten right behind it
  }
  expect([stores.leavesRead, stores.rootsWritten]).toEqual([0, 257 + 1])
})

test('what this process has computed is not asked for again', async () => {
  const stores = new Stores()
  const tree = new MerkleTree(stores.leafHashes, stores)
  await tree.grow(SIZE)
  stores.leavesRead = 0
  stores.read = () => Promise.reject(new Error('the store is gone'))
  expect(Buffer.from(await tree.root(65_536))).toEqual(rootAt(65_536))
  expect(stores.leavesRead).toBe(0)
})

test('a root that is handed out is nobody else’s', async () => {
  const tree = new MerkleTree(
    async (start, end) => leaves.subarray(start * 32, end * 32),
    new MemorySubtreeStore(),
  )
  for (const size of [0, 1, 256, 65_536]) {
    const expected = Buffer.from(rootAt(size))
    const root = await tree.root(size)
    root.fill(0)
    expect(Buffer.from(await tree.root(size))).toEqual(expected)
  }
})

test.each([0, 1, 100, 256])('with %i of 257 roots stored, the others are added', async count => {
  const full = new Stores()
  await new MerkleTree(full.leafHashes, full).grow(SIZE)
  const stores = await full.keepOnly(1, count)
  const tree = new MerkleTree(stores.leafHashes, stores)
  expect(Buffer.from(await tree.root(SIZE))).toEqual(rootAt(SIZE))
  expect(stores.rootsWritten).toBe(257 - count + 1)
  expect(await stores.read(1, 0, 300)).toEqual(await full.read(1, 0, 300))
})

test('stored roots that went missing are computed anew', async () => {
  const stores = new Stores()
  const tree = new MerkleTree(stores.leafHashes, stores)
  await tree.grow(SIZE)
  const losing: MemorySubtreeStore = new MemorySubtreeStore()
  losing.read = async (level, start, end) => {
    const kept = await stores.read(level, start, end)
    return level === 1 && start <= 7 && end > 8 ? kept.subarray(32) : kept
  }
  const opened = new MerkleTree(stores.leafHashes, losing)
  for (const size of [SIZE, 65_536, 65_535, 3000]) {
    expect(Buffer.from(await opened.root(size))).toEqual(rootAt(size))
  }
})

test('a missing leaf hash is an error, never another root', async () => {
  const gap = async (start: number, end: number) =>
    start <= 300 && end > 300
      ? leaves.subarray(start * 32, (end - 1) * 32)
      : leaves.subarray(start * 32, end * 32)
  const tree = new MerkleTree(gap, new MemorySubtreeStore())
  await expect(tree.root(600)).rejects.toThrow(expect.objectContaining({ code: 'AUDIT_CORRUPT' }))
})

test('past sizes keep their roots while the tree grows', async () => {
  const stores = new Stores()
  const tree = new MerkleTree(stores.leafHashes, stores)
  for (const size of [1, 255, 256, 257, 65_535, 65_536, 65_537, SIZE]) {
    expect(Buffer.from(await tree.root(size))).toEqual(rootAt(size))
  }
  const grown = [256, 255, 1, 65_536, 257].map(async size => [
    Buffer.from(await tree.root(size)),
    rootAt(size),
  ])
  for (const [found, expected] of await Promise.all(grown)) expect(found).toEqual(expected)
})

test('recording stores the roots of complete subtrees without reading a hash back', async () => {
  let reads = 0
  const backend = new (class extends MemoryBackend {
    readonly subtrees = new MemorySubtreeStore()

    override async leafHashes(start: number, end: number): Promise<Uint8Array> {
      reads++
      return super.leafHashes(start, end)
    }
  })()
  const log = new AuditLog({ backend })
  for (let i = 0; i < 10; i++) {
    const inputs = Array.from({ length: 77 }, () => ({ model: 'm', inputText: '', outputText: '' }))
    await Promise.all(inputs.map(input => log.record(input)))
  }
  const hashes = await backend.leafHashes(0, 770)
  expect(reads).toBe(1)
  await log.close()
  const expected = [0, 1, 2].map(i => rootOf(hashes.subarray(i * 256 * 32, (i + 1) * 256 * 32)))
  expect(await backend.subtrees.read(1, 0, 10)).toEqual(Buffer.concat(expected))
})

test.each([
  [256, 1],
  [512, 2],
  [300, 1],
  [255, 0],
])(
  'a batch of %i stores %i roots behind the recording, before anything asks for one',
  async (count, roots) => {
    const backend = new (class extends MemoryBackend {
      readonly subtrees = new MemorySubtreeStore()
    })()
    const log = new AuditLog({ backend })
    const inputs = Array.from({ length: count }, () => ({ model: 'm', inputText: '', outputText: '' }))
    await Promise.all(inputs.map(input => log.record(input)))
    await log.close() // waits for what goes on in the background
    expect((await backend.subtrees.read(1, 0, 10)).length / 32).toBe(roots)
  },
)

test('a tree that fails to grow in the background does not fail the recording', async () => {
  const subtrees = new MemorySubtreeStore()
  subtrees.write = () => Promise.reject(new Error('the disk is full'))
  const backend = Object.assign(new MemoryBackend(), { subtrees })
  const log = new AuditLog({ backend })
  const inputs = Array.from({ length: 300 }, () => ({ model: 'm', inputText: '', outputText: '' }))
  expect(await Promise.all(inputs.map(input => log.record(input)))).toHaveLength(300)
  await log.close()
})

test('after entries of another writer, the hashes between are read', async () => {
  const backend = new (class extends MemoryBackend {
    readonly subtrees = new MemorySubtreeStore()
  })()
  const logs = [new AuditLog({ backend }), new AuditLog({ backend })]
  for (let i = 0; i < 30; i++) {
    const inputs = Array.from({ length: 20 }, () => ({ model: 'm', inputText: '', outputText: '' }))
    for (const log of logs) await Promise.all(inputs.map(input => log.record(input)))
  }
  const hashes = await backend.leafHashes(0, 1200)
  for (const log of logs) await log.close()
  const expected = [0, 1, 2, 3].map(i => rootOf(hashes.subarray(i * 256 * 32, (i + 1) * 256 * 32)))
  expect(await backend.subtrees.read(1, 0, 10)).toEqual(Buffer.concat(expected))
})

test('hashes with others between are not taken for neighbours', () => {
  const recent = new RecentLeaves()
  const hashes = [1, 2, 3, 4].map(byte => Buffer.alloc(32, byte))
  recent.add(0, hashes)
  expect(recent.read(1, 3)).toEqual(Buffer.concat(hashes.slice(1, 3)))
  recent.add(8, hashes)
  expect([recent.read(0, 8), recent.read(4, 8), recent.read(8, 13)]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  recent.forgetBefore(10)
  expect(recent.read(9, 12)).toBeUndefined()
  expect(recent.read(10, 12)).toEqual(Buffer.concat(hashes.slice(2)))
})

test('what is forgotten already is not taken for what is still remembered', () => {
  const recent = new RecentLeaves()
  const hashes = [1, 2, 3, 4].map(byte => Buffer.alloc(32, byte))
  recent.add(8, hashes)
  recent.forgetBefore(3)
  expect(recent.read(3, 5)).toBeUndefined()
  expect(recent.read(8, 12)).toEqual(Buffer.concat(hashes))
  recent.forgetBefore(100)
  recent.add(100, hashes)
  expect(recent.read(12, 13)).toBeUndefined()
  expect(recent.read(100, 104)).toEqual(Buffer.concat(hashes))
})

test('where nobody takes leaf hashes up, they do not pile up', () => {
  const recent = new RecentLeaves()
  const hashes = Array.from({ length: 1000 }, () => Buffer.alloc(32, 1))
  for (let first = 0; first < 200_000; first += 1000) recent.add(first, hashes)
  expect(recent.read(0, 1)).toBeUndefined()
  expect(recent.read(100_000, 100_001)).toBeUndefined()
  expect(recent.read(199_999, 200_000)).toEqual(Buffer.alloc(32, 1))
})

test('a store that writes into what it is given changes no root', async () => {
  const stores = new Stores()
  const store: SubtreeStore = {
    read: async () => new Uint8Array(),
    write: async (_level, _start, hashes) => {
      hashes.fill(0)
    },
  }
  const tree = new MerkleTree(stores.leafHashes, store)
  await tree.grow(SIZE)
  expect(Buffer.from(await tree.root(SIZE))).toEqual(rootAt(SIZE))
})
