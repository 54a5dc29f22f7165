import type { AuditBackend, AuditEntry } from '@audit/core'
import type { BrokenBackend } from './broken-backend.ts'

type Methods = BrokenBackend['methods']

/** Faults that would end the process, or never end, if the kit did not see to it. */
export const DEADLY: Readonly<Record<string, Methods>> = {
  'never settles': () => ({
    open: never,
    append: never,
    size: never,
    read: never,
    find: never,
    count: never,
    leafHashes: never,
    inspect: never,
    close: never,
    subtrees: { read: never, write: never },
  }),
  'ignores after': correct => ({ find: ({ after: _, ...selection }) => correct.find(selection) }),
  'drops milliseconds': correct => ({
    read: async (start, end) => wholeSeconds(await correct.read(start, end)),
    find: async selection => wholeSeconds(await correct.find(selection)),
  }),
  'compares whole seconds': correct => ({
    find: ({ after, ...selection }) =>
      correct.find({
        ...selection,
        ...(after && { after: { ...after, timestamp: seconds(after.timestamp) } }),
      }),
  }),
  'rejects where nobody listens': correct => ({
    append: leaves => {
      void Promise.reject(new Error('nobody listens'))
      return correct.append(leaves)
    },
  }),
  'rejects with nothing where nobody listens': correct => ({
    append: leaves => {
      void Promise.reject(undefined)
      return correct.append(leaves)
    },
  }),
  'throws what throws when it is looked at': () => ({
    append: () => {
      throw new Proxy(
        {},
        {
          get: () => {
            throw new Error('looked at')
          },
          getPrototypeOf: () => {
            throw new Error('looked at')
          },
        },
      )
    },
  }),
  'ends the process': () => ({
    append: () => process.exit(0),
  }),
  'throws in a timer': correct => ({
    append: leaves => {
      setTimeout(() => {
        throw new Error('in a timer')
      }, 0)
      return correct.append(leaves)
    },
  }),
  'throws in a later timer': correct => ({
    size: () => {
      setTimeout(() => {
        throw new Error('in a timer')
      }, 30)
      return correct.size()
    },
  }),
  'throws a text in a timer': correct => ({
    append: leaves => {
      setTimeout(() => {
        throw 'a text' // what backends do
      }, 0)
      return correct.append(leaves)
    },
  }),
  'gives arrays without end': () => ({
    read: async () => new Array(2 ** 32 - 1),
    find: async () => new Array(2 ** 32 - 1),
  }),
  'gives far too many entries': correct => ({
    find: async selection => {
      const [first] = await correct.find(selection)
      return first ? new Array<AuditEntry>(500_000).fill(first) : []
    },
  }),
  'claims to have 2 ** 53 - 1 entries': () => ({
    size: async () => Number.MAX_SAFE_INTEGER,
    count: async () => Number.MAX_SAFE_INTEGER,
  }),
  'has a million findings': () => ({
    inspect: async () => new Array(1_000_000).fill({ kind: 'damaged', message: 'a line' }),
  }),
  'waits for itself': correct => ({
    append: async leaves => {
      for (;;) if ((await correct.size()) < 0) return correct.append(leaves)
    },
  }),
  'loops for ever': correct => ({
    find: selection => {
      while (selection.limit === 0);
      return correct.find(selection)
    },
  }),
  'loops for ever at once': () => ({
    open: () => {
      for (;;);
    },
  }),
}

const never = (): Promise<never> => new Promise(() => {})

function wholeSeconds<T extends Awaited<ReturnType<AuditBackend['find']>>>(page: T): AuditEntry[] {
  return page.map(entry => ({ ...entry, timestamp: seconds(entry.timestamp) }))
}

function seconds(timestamp: string): string {
  return timestamp.replace(/\.\d{3}Z$/, '.000Z')
}
