import { type AuditEntry, matches, type Page, partialPage } from '@audit/core/backend'
import type { BrokenBackend } from './broken-backend.ts'

/** Backends that end a page early, in a wrong way. */
export const stopping: readonly BrokenBackend[] = [
  {
    fault: 'ends a page of read early without saying so',
    caughtBy: 'partial-pages.read',
    methods: correct => ({ read: async (start, end) => [...(await correct.read(start, end))] }),
  },
  {
    fault: 'ends a page of find early without saying so',
    caughtBy: 'partial-pages.find-asc',
    methods: correct => ({ find: async selection => [...(await correct.find(selection))] }),
  },
  {
    fault: 'ends a page of find early without saying so in the reverse order',
    caughtBy: 'partial-pages.find-desc',
    methods: correct => ({
      find: async selection => {
        const page = await correct.find(selection)
        return selection.order === 'desc' ? [...page] : page
      },
    }),
  },
  {
    fault: 'loses the first entry of a page that ends early',
    caughtBy: 'partial-pages.read',
    methods: correct => ({
      read: async (start, end) => partial(await correct.read(start, end), page => page.slice(1)),
    }),
  },
  {
    fault: 'gives a partial page without an entry',
    caughtBy: 'partial-pages.read',
    methods: correct => ({ read: async (start, end) => partial(await correct.read(start, end), () => []) }),
  },
  {
    fault: 'says of every page that there may be more',
    caughtBy: 'read.every-range',
    methods: correct => ({ read: async (start, end) => partialPage(await correct.read(start, end)) }),
  },
  {
    fault: 'gives the same page again behind a partial one',
    caughtBy: 'partial-pages.find-asc',
    methods: correct => ({ find: ({ after: _, ...selection }) => correct.find(selection) }),
  },
  {
    fault: 'holds a whole log in one page of read',
    caughtBy: 'partial-pages.bounded-read',
    methods: (correct, store) => ({
      read: async (start, end) => {
        const pages = []
        for (let i = start; i < Math.min(end, store.length); i++)
          pages.push(...(await correct.read(i, i + 1)))
        return pages
      },
    }),
  },
  {
    fault: 'holds a whole log in one page of find',
    caughtBy: 'partial-pages.bounded-find',
    methods: correct => ({
      find: selection => correct.select(selection, entry => matches(selection, entry)),
    }),
  },
  {
    fault: 'says isPartial with something else than true',
    caughtBy: 'read.every-range',
    methods: correct => ({
      read: async (start, end) =>
        Object.assign(await correct.read(start, end), { isPartial: 1 }) as unknown as Page,
    }),
  },
]

function partial(page: Page, change: (page: AuditEntry[]) => AuditEntry[]): Page {
  return page.isPartial ? partialPage(change(page)) : page
}
