import { createHash } from 'node:crypto'
import { type AuditBackend, type AuditEntry, digestsOf, encodeLine, type Leaf } from '@audit/core/backend'
import { ArrayBackend, type Stored } from '../array-backend.ts'
import type { BrokenBackend } from './broken-backend.ts'

export const keeping: readonly BrokenBackend[] = [
  {
    fault: 'lets what find returned be changed',
    caughtBy: 'immutability.find-results',
    methods: correct => ({ find: givingTheSame(correct, () => correct.find({ order: 'asc' })) }),
  },
  {
    fault: 'lets what read returned be changed',
    caughtBy: 'immutability.read-results',
    methods: correct => ({ read: givingTheSame(correct, () => correct.read(0, 1000)) }),
  },
  {
    fault: 'lets what leafHashes returned be changed',
    caughtBy: 'immutability.leaf-hash-results',
    methods: (correct, store) => ({
      leafHashes: async (start, end) => {
        const [only] = store.slice(start, end)
        return end - start === 1 && only ? only.hash : correct.leafHashes(start, end)
      },
    }),
  },
  {
    fault: 'keeps the array of the caller',
    caughtBy: 'immutability.appended-batch',
    methods: () => {
      const batches: (readonly Leaf[])[] = []
      const over = async (): Promise<AuditBackend> => {
        const backend = new ArrayBackend([])
        await backend.open()
        const leaves = batches.flat()
        if (leaves.length > 0) await backend.append(leaves)
        return backend
      }
      return {
        append: async leaves => batches.push(leaves) - 1,
        size: async () => (await over()).size(),
        read: async (start, end) => (await over()).read(start, end),
        find: async selection => (await over()).find(selection),
        count: async selection => (await over()).count(selection),
        leafHashes: async (start, end) => (await over()).leafHashes(start, end),
      }
    },
  },
  {
    fault: 'keeps the hash of the caller',
    caughtBy: 'immutability.appended-hashes',
    methods: (correct, store) => ({
      append: async leaves => {
        const first = await correct.append(leaves)
        leaves.forEach(({ hash }, i) => {
          const stored = store[first + i]
          if (stored) store[first + i] = { ...stored, hash }
        })
        return first
      },
    }),
  },
  {
    fault: 'writes into the selection',
    caughtBy: 'immutability.selection',
    methods: correct => ({
      find: async selection => {
        const found = await correct.find(selection)
        if (!Object.isFrozen(selection)) Object.assign(selection, { limit: found.length })
        return found
      },
    }),
  },
  {
    fault: 'removes what was read',
    caughtBy: 'immutability.reading-changes-nothing',
    methods: (correct, store) => ({
      leafHashes: async (start, end) => {
        const hashes = await correct.leafHashes(start, end)
        if (end > store.length) store.pop()
        return hashes
      },
    }),
  },
  {
    fault: 'takes stored hashes of other entries for digests',
    caughtBy: 'leaf-hashes.digests',
    methods: correct => ({
      digests: async (start, end) => {
        const entries = await correct.read(start, end)
        return { ...digestsOf(entries, false), leafHashes: await correct.leafHashes(0, entries.length) }
      },
    }),
  },
  {
    fault: 'gives no digests of the last entry',
    caughtBy: 'leaf-hashes.digests',
    methods: correct => ({
      digests: async (start, end) => digestsOf((await correct.read(start, end)).slice(0, -1), false),
    }),
  },
  {
    fault: 'hashes the keys in another order',
    caughtBy: 'leaf-hashes.of-the-line',
    methods: hashing(({ index: _, ...entry }) => Buffer.from(`\0${JSON.stringify(entry)}`)),
  },
  {
    fault: 'hashes the line without the zero byte',
    caughtBy: 'leaf-hashes.of-the-line',
    methods: hashing(entry => Buffer.from(encodeLine(entry))),
  },
  {
    fault: 'hashes the line with its newline',
    caughtBy: 'leaf-hashes.of-the-line',
    methods: hashing(entry => Buffer.from(`\0${encodeLine(entry)}\n`)),
  },
  {
    fault: 'makes hashes anew, and otherwise, when it is opened again',
    caughtBy: 'leaf-hashes.after-reopening',
    methods: (correct, store) => ({
      open: () => {
        store.forEach(({ entry }, i) => {
          store[i] = { entry, hash: createHash('sha256').update(encodeLine(entry)).digest() }
        })
        return correct.open()
      },
    }),
  },
  {
    fault: 'joins the hashes as hexadecimal text',
    caughtBy: 'leaf-hashes.every-range',
    methods: correct => ({
      leafHashes: async (start, end) =>
        Buffer.from(Buffer.from(await correct.leafHashes(start, end)).toString('hex')),
    }),
  },
  {
    fault: 'gives an array of numbers for hashes',
    caughtBy: 'leaf-hashes.is-uint8array',
    methods: correct => ({
      // An array passes for bytes until someone asks for their buffer.
      leafHashes: async (start, end) => [...(await correct.leafHashes(start, end))] as unknown as Uint8Array,
    }),
  },
  {
    fault: 'fills hashes beyond the end with zeroes',
    caughtBy: 'leaf-hashes.beyond-the-end',
    methods: (correct, store) => ({
      leafHashes: async (start, end) => {
        const missing = Math.max(0, Math.min(end, store.length + 1) - Math.max(start, store.length))
        return Buffer.concat([await correct.leafHashes(start, end), Buffer.alloc(missing * 32)])
      },
    }),
  },
  {
    fault: 'gives the hashes of one batch at most',
    caughtBy: 'leaf-hashes.across-batches',
    methods: correct => ({
      leafHashes: async (start, end) => correct.leafHashes(start, Math.min(end, start + 7)),
    }),
  },
  {
    fault: 'loses a hash when a subtree of 256 leaves is complete',
    caughtBy: 'leaf-hashes.boundary-256',
    methods: losingHashAt(255),
  },
  {
    fault: 'loses a hash when a subtree of 65,536 leaves is complete',
    caughtBy: 'leaf-hashes.boundary-65536',
    methods: losingHashAt(65_535),
  },
]

/** Keeps what it gave out, unfrozen, and gives it again; when entries were added, it begins anew. */
function givingTheSame(
  correct: ArrayBackend,
  load: () => Promise<AuditEntry[]>,
): () => Promise<AuditEntry[]> {
  let given: AuditEntry[] = []
  return async () => {
    if (given.length !== (await correct.size())) given = structuredClone(await load())
    return [...given]
  }
}

function hashing(bytesOf: (entry: AuditEntry) => Uint8Array): BrokenBackend['methods'] {
  return correct => ({
    leafHashes: async (start, end) =>
      Buffer.concat(
        (await correct.read(start, end)).map(entry => createHash('sha256').update(bytesOf(entry)).digest()),
      ),
  })
}

function losingHashAt(index: number): BrokenBackend['methods'] {
  return (correct: ArrayBackend, store: Stored[]) => ({
    append: async leaves => {
      const first = await correct.append(leaves)
      const stored = store[index]
      if (stored) store[index] = { ...stored, hash: new Uint8Array(32) }
      return first
    },
  })
}
