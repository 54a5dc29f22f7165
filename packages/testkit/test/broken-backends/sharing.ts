import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditEntry } from '@audit/core'
import type { BrokenBackend } from './broken-backend.ts'

export const sharing: readonly BrokenBackend[] = [
  {
    fault: 'knows only the size that it wrote itself',
    caughtBy: 'sharing.size-at-once',
    methods: correct => {
      let size: number | undefined
      return {
        append: async leaves => {
          const first = await correct.append(leaves)
          size = first + leaves.length
          return first
        },
        size: async () => {
          size ??= await correct.size()
          await correct.size() // rejects where it must
          return size
        },
      }
    },
  },
  {
    fault: 'finds only what was there when it first looked',
    caughtBy: 'sharing.find-at-once',
    methods: correct => {
      let found: AuditEntry[] | undefined
      return {
        append: async leaves => {
          found = undefined
          return correct.append(leaves)
        },
        find: async selection => {
          found ??= await correct.find({ order: 'asc' })
          const known = new Set(found.map(({ index }) => index))
          return (await correct.find(selection)).filter(({ index }) => known.has(index))
        },
      }
    },
  },
  {
    fault: 'gives out an index that another instance has given out',
    caughtBy: 'sharing.contiguous-indexes',
    methods: correct => ({
      append: async leaves => {
        const first = await correct.size()
        await nextTurn()
        await correct.append(leaves)
        return first
      },
    }),
  },
  {
    fault: 'mixes its batch with those of others',
    caughtBy: 'sharing.whole-batches',
    methods: correct => ({
      append: async leaves => {
        const whole = [...leaves].map(({ entry, line, hash }) => ({ entry, line, hash }))
        const first = await correct.append(whole.slice(0, 1))
        if (whole.length > 100) await nextTurn()
        if (whole.length > 1) await correct.append(whole.slice(1))
        return first
      },
    }),
  },
  {
    fault: 'empties the store when it opens it fresh',
    caughtBy: 'sharing.one-closes',
    methods: (correct, store) => ({
      open: async () => {
        if (store.length < 5) store.length = 0
        await correct.open()
      },
    }),
  },
  {
    fault: 'creates the store that another instance is creating',
    caughtBy: 'sharing.opened-at-once',
    methods: (correct, store) => ({
      open: async () => {
        const isFresh = store.length === 0
        const before = openings.get(store) ?? 0
        openings.set(store, before + 1)
        // Each needs longer than the one before, as processes that start one after the other.
        for (let turn = 0; turn < before * 3; turn++) await nextTurn()
        if (isFresh) store.length = 0
        await correct.open()
      },
    }),
  },
  {
    fault: 'sorts what others appended behind its own',
    caughtBy: 'sharing.clocks-behind',
    methods: correct => {
      const own = new Set<number>()
      return {
        append: async leaves => {
          const first = await correct.append(leaves)
          leaves.forEach((_, i) => {
            own.add(first + i)
          })
          return first
        },
        find: async selection => {
          const found = await correct.find(selection)
          return own.size === 0
            ? found
            : [
                ...found.filter(({ index }) => own.has(index)),
                ...found.filter(({ index }) => !own.has(index)),
              ]
        },
      }
    },
  },
  {
    fault: 'hashes only what it wrote itself',
    caughtBy: 'leaf-hashes.shared-writing',
    methods: correct => {
      const own = new Set<number>()
      return {
        append: async leaves => {
          const first = await correct.append(leaves)
          leaves.forEach((_, i) => {
            own.add(first + i)
          })
          return first
        },
        leafHashes: async (start, end) => {
          const hashes = Buffer.from(await correct.leafHashes(start, end))
          for (let i = 0; i < hashes.length / 32; i++) {
            if (own.size > 0 && !own.has(start + i)) hashes.fill(0, i * 32, (i + 1) * 32)
          }
          return hashes
        },
      }
    },
  },
  {
    fault: 'shows other instances a batch while it grows',
    caughtBy: 'atomicity.others-see-whole-batches',
    methods: (correct, store) => {
      let before: number | undefined
      return {
        append: async leaves => {
          const whole = [...leaves].map(({ entry, line, hash }) => ({ entry, line, hash }))
          before = store.length
          await correct.append(whole.slice(0, 1))
          await nextTurn()
          if (whole.length > 1) await correct.append(whole.slice(1))
          const first = before
          before = undefined
          return first
        },
        size: async () => before ?? correct.size(),
        read: async (start, end) => correct.read(start, Math.min(end, before ?? end)),
        find: async selection =>
          correct.find(before === undefined ? selection : { ...selection, size: before }),
        count: async selection =>
          correct.count(before === undefined ? selection : { ...selection, size: before }),
        leafHashes: async (start, end) => correct.leafHashes(start, Math.min(end, before ?? end)),
      }
    },
  },
]

const openings = new WeakMap<object, number>()
