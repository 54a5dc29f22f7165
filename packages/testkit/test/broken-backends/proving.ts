import type { SubtreeStore } from '@audit/core/backend'
import { ArrayBackend } from '../array-backend.ts'
import type { BrokenBackend } from './broken-backend.ts'

/** Faults that only checkpoints, proofs and verification meet. */
export const proving: readonly BrokenBackend[] = [
  {
    fault: 'finds faults in a log that has none',
    caughtBy: 'integrity.fine-as-recorded',
    methods: () => ({ inspect: async () => [{ kind: 'damaged', message: 'nothing in particular' }] }),
  },
  {
    fault: 'gives at most 100 leaf hashes at once',
    caughtBy: 'integrity.proofs',
    methods: correct => ({
      leafHashes: (start, end) => correct.leafHashes(start, Math.min(end, start + 100)),
    }),
  },
  {
    fault: 'gives the leaf hashes of its first 256 entries in another order once there are more',
    caughtBy: 'integrity.checkpoints-are-continued',
    methods: (correct, store) => ({
      leafHashes: async (start, end) => {
        const hashes = Buffer.from(await correct.leafHashes(start, end))
        return start === 0 && store.length > 256 ? hashes.swap32() : hashes
      },
    }),
  },
  {
    fault: 'computes leaf hashes anew, in another way, once it was opened again',
    caughtBy: 'integrity.after-reopening',
    methods: (correct, store) => {
      let found = 0
      return {
        open: async () => {
          await correct.open()
          found = store.length
        },
        leafHashes: async (start, end) => {
          const hashes = Buffer.from(await correct.leafHashes(start, end))
          return hashes.fill(0, 0, Math.max(0, Math.min(found, end) - start) * 32)
        },
      }
    },
  },
  {
    fault: 'gives zeroes for the leaf hashes that another instance wrote',
    caughtBy: 'integrity.shared-writing',
    methods: (correct, store) => {
      const own = new Set<number>()
      return {
        append: async leaves => {
          const first = await correct.append(leaves)
          for (let i = first; i < store.length; i++) own.add(i)
          return first
        },
        leafHashes: async (start, end) => {
          const hashes = Buffer.from(await correct.leafHashes(start, end))
          for (let i = 0; i < hashes.length / 32; i++)
            if (!own.has(start + i)) hashes.fill(0, i * 32, i * 32 + 32)
          return hashes
        },
      }
    },
  },
  {
    fault: 'takes the roots of all levels for one',
    caughtBy: 'subtrees.reads-what-was-written',
    methods: correct =>
      withSubtrees({ ...correct.subtrees, read: (_, start, end) => correct.subtrees.read(1, start, end) }),
  },
  {
    fault: 'appends roots that are written again',
    caughtBy: 'subtrees.same-again',
    methods: ({ subtrees }) =>
      withSubtrees({
        ...subtrees,
        write: async (level, _, hashes) => {
          const stored = await subtrees.read(level, 0, 1000)
          await subtrees.write(level, stored.length / 32, hashes)
        },
      }),
  },
  {
    fault: 'counts roots among its entries',
    caughtBy: 'subtrees.beside-the-entries',
    methods: correct => {
      let roots = 0
      return {
        size: async () => (await correct.size()) + roots,
        ...withSubtrees({
          ...correct.subtrees,
          write: async (level, start, hashes) => {
            roots += hashes.length / 32
            await correct.subtrees.write(level, start, hashes)
          },
        }),
      }
    },
  },
  {
    fault: 'forgets roots when it is closed',
    caughtBy: 'subtrees.after-reopening',
    methods: correct => {
      const forgetful = new ArrayBackend([])
      return {
        open: async () => {
          await correct.open()
          await forgetful.open()
        },
        ...withSubtrees(forgetful.subtrees),
      }
    },
  },
  {
    fault: 'gives roots after it was closed',
    caughtBy: 'life-cycle.subtrees-read-after-close',
    methods: correct => withSubtrees({ ...correct.subtrees, read: async () => new Uint8Array() }),
  },
]

function withSubtrees(subtrees: SubtreeStore): { readonly subtrees: SubtreeStore } {
  return { subtrees }
}
