import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Leaf } from '@audit/core/backend'
import { type BrokenBackend, storing } from './broken-backend.ts'

export const appending: readonly BrokenBackend[] = [
  {
    fault: 'loses the last entry of a batch',
    caughtBy: 'append.whole-batch',
    methods: correct => ({
      append: leaves => correct.append(leaves.length > 1 ? leaves.slice(0, -1) : leaves),
    }),
  },
  {
    fault: 'swaps two entries of a batch',
    caughtBy: 'append.keeps-order',
    methods: correct => ({
      append: ([first, second, ...others]) =>
        correct.append([second, first, ...others].filter(leaf => leaf !== undefined)),
    }),
  },
  {
    fault: 'returns the size instead of the first index',
    caughtBy: 'append.first-index',
    methods: correct => ({ append: async leaves => (await correct.append(leaves)) + leaves.length }),
  },
  {
    fault: 'gives out an index twice',
    caughtBy: 'append.contiguous',
    methods: correct => ({ append: async leaves => Math.max(0, (await correct.append(leaves)) - 1) }),
  },
  {
    fault: 'answers before it has stored',
    caughtBy: 'append.readable-at-once',
    methods: (correct, store) => ({
      append: async leaves => {
        setImmediate(() => correct.append(leaves).catch(() => {}))
        return store.length
      },
    }),
  },
  {
    fault: 'writes every hundredth batch twice',
    caughtBy: 'append.many-batches',
    methods: (correct, store) => ({
      append: async leaves => {
        const first = await correct.append(leaves)
        if (store.length % 100 === 0) await correct.append(leaves)
        return first
      },
    }),
  },
  {
    fault: 'stores 1,000 entries of a batch at most',
    caughtBy: 'append.large-batch',
    methods: correct => ({ append: leaves => correct.append(leaves.slice(0, 1000)) }),
  },
  {
    fault: 'cuts texts at 16 MB',
    caughtBy: 'append.large-text',
    methods: storing(entry => ({ ...entry, inputText: entry.inputText.slice(0, 16_000_000) })),
  },
  {
    fault: 'takes entries with the same content for one',
    caughtBy: 'append.equal-content',
    methods: correct => ({
      append: leaves => {
        const texts = leaves.map(({ entry }) => `${entry.user} ${entry.inputText} ${entry.outputText}`)
        return correct.append(leaves.filter((_, i) => texts.indexOf(texts[i] ?? '') === i))
      },
    }),
  },
  {
    fault: 'swallows an entry whose id it has already',
    caughtBy: 'append.same-id-again',
    methods: (correct, store) => ({
      append: async leaves => {
        const known = new Set(store.map(({ entry }) => entry.entryId))
        await correct.append(leaves.filter(({ entry }) => !known.has(entry.entryId)))
        return store.length - leaves.length
      },
    }),
  },
  {
    fault: 'stores what it refuses',
    caughtBy: 'append.same-id-again',
    methods: (correct, store) => ({
      append: async leaves => {
        const known = new Set(store.map(({ entry }) => entry.entryId))
        const first = await correct.append(leaves)
        if (leaves.some(({ entry }) => known.has(entry.entryId))) throw new Error('an id is there already')
        return first
      },
    }),
  },
  {
    fault: 'stores everything and then says that it failed',
    caughtBy: 'atomicity.interrupted-by-hash',
    methods: (correct, store) => ({
      append: async leaves => {
        const first = store.length
        await correct.append(leaves.map(({ entry, line }) => ({ entry, line, hash: new Uint8Array(32) })))
        if (leaves.some(({ hash }) => hash.length === 0)) throw new Error('no hash')
        return first
      },
    }),
  },
  {
    fault: 'stores what is left of a batch that failed with the next one',
    caughtBy: 'atomicity.interrupted-by-line',
    methods: correct => {
      let left: readonly Leaf[] = []
      return {
        append: async leaves => {
          const taken = left.length
          const first = await correct.append([...left, ...leaves]).catch(error => {
            left = leaves.slice(1, 2)
            throw error
          })
          left = []
          return first + taken
        },
      }
    },
  },
  {
    fault: 'keeps half a batch when it fails',
    caughtBy: 'atomicity.interrupted-by-line',
    methods: (correct, store) => ({
      append: async leaves => {
        const first = store.length
        for (const leaf of leaves) await correct.append([leaf])
        return first
      },
    }),
  },
  {
    fault: 'keeps half a batch when the entry that fails is the last',
    caughtBy: 'atomicity.interrupted-by-field',
    methods: (correct, store) => ({
      append: async leaves => {
        const first = store.length
        for (const leaf of leaves) if (leaf.entry.outputText !== undefined) await correct.append([leaf])
        return first
      },
    }),
  },
  {
    fault: 'stores nothing more once a batch has failed',
    caughtBy: 'atomicity.interrupted-by-hash',
    methods: correct => {
      let failure: unknown
      return {
        append: async leaves => {
          if (failure) throw failure
          return correct.append(leaves).catch(error => {
            failure = error
            throw error
          })
        },
      }
    },
  },
  {
    fault: 'uses up indexes for a batch that failed',
    caughtBy: 'atomicity.interrupted-by-batch',
    methods: correct => {
      let lost = 0
      return {
        append: async leaves =>
          lost +
          (await correct.append(leaves).catch(error => {
            lost += leaves.length
            throw error
          })),
      }
    },
  },
  {
    fault: 'shows its readers a batch while it grows',
    caughtBy: 'atomicity.readers-see-whole-batches',
    methods: (correct, store) => ({
      append: async leaves => {
        const first = store.length
        const whole = [...leaves].map(({ entry, line, hash }) => ({ entry, line, hash }))
        await correct.append(whole.slice(0, 1))
        if (whole.length > 100) await nextTurn()
        if (whole.length > 1) await correct.append(whole.slice(1))
        return first
      },
    }),
  },
]
