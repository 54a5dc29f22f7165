import { compareEntries, matches, type Selection } from '@audit/core/backend'
import { asking, type BrokenBackend, comparing } from './broken-backend.ts'

export const reading: readonly BrokenBackend[] = [
  {
    fault: 'reads to the end, inclusive',
    caughtBy: 'read.every-range',
    methods: correct => ({ read: (start, end) => correct.read(start, end + 1) }),
  },
  {
    fault: 'fills places beyond the end with its last entry',
    caughtBy: 'read.beyond-the-end',
    methods: (correct, store) => ({
      read: async (start, end) =>
        start < store.length ? correct.read(start, end) : correct.read(store.length - 1, end),
    }),
  },
  {
    fault: 'gives one entry for an empty range',
    caughtBy: 'read.empty-range',
    methods: correct => ({ read: (start, end) => correct.read(start, Math.max(end, start + 1)) }),
  },
  {
    fault: 'reads by time',
    caughtBy: 'read.not-by-time',
    methods: correct => ({
      read: async (start, end) => (await correct.find({ order: 'asc' })).slice(start, end),
    }),
  },
  {
    fault: 'sorts by index only',
    caughtBy: 'order.by-time',
    methods: correct => ({
      find: selection =>
        correct.select(
          selection,
          entry => matches(selection, entry),
          (a, b) => (a.index - b.index) * (selection.order === 'asc' ? 1 : -1),
        ),
    }),
  },
  {
    fault: 'turns entries with the same timestamp round',
    caughtBy: 'order.ties-by-index',
    methods: correct => ({
      find: selection =>
        correct.select(
          selection,
          entry => matches(selection, entry),
          (a, b) =>
            compareEntries({ ...a, index: -a.index }, { ...b, index: -b.index }) *
            (selection.order === 'asc' ? 1 : -1),
        ),
    }),
  },
  {
    fault: 'leaves ties as they are in the reverse order',
    caughtBy: 'order.desc-is-the-reverse',
    methods: correct => ({
      find: selection =>
        correct.select(
          selection,
          entry => matches(selection, entry),
          (a, b) =>
            a.timestamp === b.timestamp
              ? a.index - b.index
              : compareEntries(a, b) * (selection.order === 'asc' ? 1 : -1),
        ),
    }),
  },
  {
    fault: 'limits before it sorts',
    caughtBy: 'order.limit-takes-the-first',
    methods: (correct, store) => ({
      find: async selection => {
        const { limit = store.length, ...unlimited } = selection
        const stored = (await correct.read(0, store.length)).filter(entry => matches(unlimited, entry))
        const first = new Set(stored.slice(0, limit).map(({ index }) => index))
        return correct.select(selection, ({ index }) => first.has(index))
      },
    }),
  },
  {
    fault: 'takes years before 1970 for 1970',
    caughtBy: 'order.any-year',
    methods: correct => ({
      find: selection => {
        const time = (timestamp: string): number => Math.max(0, Date.parse(timestamp))
        return correct.select(
          selection,
          entry => matches(selection, entry),
          (a, b) =>
            (time(a.timestamp) - time(b.timestamp) || a.index - b.index) *
            (selection.order === 'asc' ? 1 : -1),
        )
      },
    }),
  },
  {
    fault: 'gives the entry of the cursor again',
    caughtBy: 'paging.after-exclusive',
    methods: comparing(
      'after',
      (after, entry, { order }) => compareEntries(entry, after) * (order === 'asc' ? 1 : -1) >= 0,
    ),
  },
  {
    fault: 'goes on behind the timestamp of the cursor',
    caughtBy: 'paging.after-within-ties',
    methods: comparing('after', (after, entry, { order }) =>
      order === 'asc' ? entry.timestamp > after.timestamp : entry.timestamp < after.timestamp,
    ),
  },
  {
    fault: 'looks for the entry of the cursor and begins anew when it is not there',
    caughtBy: 'paging.after-anywhere',
    methods: (correct, store) => ({
      find: ({ after, ...selection }) => {
        const isThere = after && store[after.index]?.entry.timestamp === after.timestamp
        return correct.find(isThere ? { ...selection, after } : selection)
      },
    }),
  },
  {
    fault: 'forgets the cursor in the reverse order',
    caughtBy: 'paging.joined-desc',
    methods: asking(({ after, ...selection }) =>
      after && selection.order === 'asc' ? { ...selection, after } : selection,
    ),
  },
  {
    fault: 'takes the index of the cursor for an offset',
    caughtBy: 'paging.joined-asc',
    methods: correct => ({
      find: async ({ after, limit, ...selection }) =>
        (await correct.find(selection)).slice(after ? after.index + 1 : 0).slice(0, limit),
    }),
  },
  {
    fault: 'has pages of 1,000 entries at most',
    caughtBy: 'paging.long-page',
    methods: asking(selection => ({ ...selection, limit: Math.min(selection.limit ?? 1e9, 1000) })),
  },
  {
    fault: 'counts the entries of one page',
    caughtBy: 'count.beyond-a-page',
    methods: correct => ({ count: async selection => Math.min(1000, await correct.count(selection)) }),
  },
  {
    fault: 'counts without the metadata filter',
    caughtBy: 'count.combinations',
    methods: correct => ({ count: async ({ metadata: _, ...selection }) => correct.count(selection) }),
  },
  {
    fault: 'remembers counts',
    caughtBy: 'count.moves-on',
    methods: correct => {
      const counts = new Map<string, Promise<number>>()
      return {
        count: (selection: Selection) => {
          const key = JSON.stringify(selection)
          const counted = counts.get(key) ?? correct.count(selection)
          counts.set(key, counted)
          return counted
        },
      }
    },
  },
]
