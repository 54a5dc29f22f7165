import type { BrokenBackend } from './broken-backend.ts'

export const modelling: readonly BrokenBackend[] = [
  {
    fault: 'counts as before the last append when nothing was found in between',
    caughtBy: 'model.any-order',
    methods: correct => {
      const counts = new Map<string, number>()
      return {
        find: async selection => {
          counts.clear()
          return correct.find(selection)
        },
        count: async selection => {
          const key = JSON.stringify(selection)
          const count = counts.get(key) ?? (await correct.count(selection))
          counts.set(key, count)
          return count
        },
      }
    },
  },
  {
    fault: 'loses its last entry when it is closed after a count',
    caughtBy: 'model.reopening',
    methods: (correct, store) => {
      let hasCounted = false
      return {
        append: async leaves => {
          hasCounted = false
          return correct.append(leaves)
        },
        count: async selection => {
          hasCounted = true
          return correct.count(selection)
        },
        close: async () => {
          if (hasCounted) store.pop()
          hasCounted = false
          return correct.close()
        },
      }
    },
  },
  {
    fault: 'reads no further than it appended itself, once it has read',
    caughtBy: 'model.several-instances',
    methods: correct => {
      let known = Number.POSITIVE_INFINITY
      return {
        append: async leaves => {
          const first = await correct.append(leaves)
          known = first + leaves.length
          return first
        },
        read: (start, end) => correct.read(start, Math.max(start, Math.min(end, known))),
      }
    },
  },
]
