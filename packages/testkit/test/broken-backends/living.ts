import { setImmediate as nextTurn } from 'node:timers/promises'
import { type AuditBackend, AuditError, type Leaf, placeEntry } from '@audit/core/backend'
import type { ArrayBackend } from '../array-backend.ts'
import type { BrokenBackend } from './broken-backend.ts'

export const living: readonly BrokenBackend[] = [
  {
    fault: 'works before it was opened',
    caughtBy: 'life-cycle.size-before-open',
    methods: (_, store) => ({ size: async () => store.length }),
  },
  {
    fault: 'appends after it was closed',
    caughtBy: 'life-cycle.append-after-close',
    methods: correct => ({ close: async () => {}, append: leaves => correct.append(leaves) }),
  },
  {
    fault: 'reads after it was closed',
    caughtBy: 'life-cycle.read-after-close',
    methods: (_, store) => ({
      read: async (start, end) => store.slice(start, end).map(({ entry }, i) => placeEntry(entry, start + i)),
    }),
  },
  {
    fault: 'rejects with a plain error after it was closed',
    caughtBy: 'life-cycle.find-after-close',
    methods: correct => ({
      find: selection =>
        correct.find(selection).catch(error => {
          throw new Error('not open', { cause: error })
        }),
    }),
  },
  {
    fault: 'rejects with another code after it was closed',
    caughtBy: 'life-cycle.leafHashes-after-close',
    methods: correct => ({
      leafHashes: (start, end) =>
        correct.leafHashes(start, end).catch(cause => {
          throw new AuditError('AUDIT_READ_FAILED', 'not open', { cause })
        }),
    }),
  },
  {
    fault: 'throws instead of rejecting',
    caughtBy: 'life-cycle.count-before-open',
    methods: correct => {
      let isOpen = false
      return {
        open: () => {
          isOpen = true
          return correct.open()
        },
        count: selection => {
          if (!isOpen) throw new AuditError('AUDIT_CLOSED', 'not open')
          return correct.count(selection)
        },
      }
    },
  },
  {
    fault: 'cannot be closed twice',
    caughtBy: 'life-cycle.close-twice',
    methods: correct => {
      let isClosed = false
      return {
        close: () => {
          if (isClosed) throw new Error('closed already')
          isClosed = true
          return correct.close()
        },
      }
    },
  },
  {
    fault: 'cannot be closed before it was opened',
    caughtBy: 'life-cycle.close-before-open',
    methods: correct => ({
      close: async () => {
        await correct.size().catch(error => {
          if (!isOpened.has(correct)) throw error
        })
        await correct.close()
      },
      open: () => {
        isOpened.add(correct)
        return correct.open()
      },
    }),
  },
  {
    fault: 'claims one thing before and another thing after opening',
    caughtBy: 'life-cycle.supports',
    methods: correct => {
      const supports = { persistence: true, sharing: true }
      return {
        supports,
        open: () => {
          supports.sharing = false
          return correct.open()
        },
      }
    },
  },
  {
    fault: 'answers 0 to who asked before it closes',
    caughtBy: 'life-cycle.size-while-closing',
    methods: correct => {
      let isClosing = false
      return {
        size: async () => {
          const size = await correct.size()
          await nextTurn()
          return isClosing ? 0 : size
        },
        close: async () => {
          isClosing = true
          await correct.close()
        },
      }
    },
  },
  {
    fault: 'drops who asked before it closes',
    caughtBy: 'life-cycle.count-while-closing',
    methods: correct => ({
      count: async selection => {
        await nextTurn()
        return correct.count(selection)
      },
    }),
  },
  {
    fault: 'swallows the batch that is being stored when it closes',
    caughtBy: 'life-cycle.append-while-closing',
    methods: (correct, store) => ({
      append: async leaves => {
        const first = store.length
        await nextTurn()
        await correct.append(leaves).catch(() => {})
        return first
      },
    }),
  },
  ...(['read', 'find', 'leafHashes'] as const).map(
    (name): BrokenBackend => ({
      fault: `answers ${name} while it closes`,
      caughtBy: `life-cycle.${name}-while-closing`,
      methods: correct => closingLate(correct),
    }),
  ),
  {
    fault: 'inspects before it was opened',
    caughtBy: 'life-cycle.inspect-before-open',
    methods: () => ({ inspect: async () => [] }),
  },
  {
    fault: 'inspects while it closes',
    caughtBy: 'life-cycle.inspect-while-closing',
    methods: correct => closingLate(correct),
  },
  {
    fault: 'inspects after it was closed',
    caughtBy: 'life-cycle.inspect-after-close',
    methods: () => ({ inspect: async () => [] }),
  },
  {
    fault: 'reads roots of subtrees before it was opened',
    caughtBy: 'life-cycle.subtrees-read-before-open',
    methods: ({ subtrees }) => ({ subtrees: { ...subtrees, read: async () => new Uint8Array() } }),
  },
  {
    fault: 'reads roots of subtrees while it closes',
    caughtBy: 'life-cycle.subtrees-read-while-closing',
    methods: correct => closingLate(correct),
  },
  {
    fault: 'writes roots of subtrees while it closes',
    caughtBy: 'life-cycle.subtrees-write-while-closing',
    methods: correct => closingLate(correct),
  },
  {
    fault: 'takes roots of subtrees before it was opened',
    caughtBy: 'life-cycle.subtrees-write-before-open',
    methods: ({ subtrees }) => ({ subtrees: { ...subtrees, write: async () => {} } }),
  },
  {
    fault: 'takes roots of subtrees after it was closed',
    caughtBy: 'life-cycle.subtrees-write-after-close',
    methods: ({ subtrees }) => ({ subtrees: { ...subtrees, write: async () => {} } }),
  },
  {
    fault: 'begins with an entry of its own',
    caughtBy: 'life-cycle.fresh-place',
    methods: correct => ({ size: async () => Math.max(1, await correct.size()) }),
  },
  {
    fault: 'forgets when it is opened again',
    caughtBy: 'persistence.same-log',
    methods: (correct, store) => ({
      close: async () => {
        store.length = 0
        await correct.close()
      },
    }),
  },
  {
    fault: 'begins at index 0 when it is opened again',
    caughtBy: 'persistence.next-index',
    methods: correct => {
      let before: number | undefined
      return {
        append: async leaves => {
          before ??= await correct.size()
          return (await correct.append(leaves)) - before
        },
      }
    },
  },
  {
    fault: 'writes when it is closed',
    caughtBy: 'persistence.without-closing',
    methods: (correct, store) => {
      const own: Leaf[] = []
      return {
        append: async leaves => store.length + own.push(...leaves) - leaves.length,
        close: async () => {
          if (own.length > 0) await correct.append(own.splice(0))
          await correct.close()
        },
      }
    },
  },
  {
    fault: 'writes the good part of a batch that failed when it is closed',
    caughtBy: 'atomicity.still-nothing-after-reopening',
    methods: correct => {
      let left: readonly Leaf[] = []
      return {
        append: leaves =>
          correct.append(leaves).catch(error => {
            left = leaves.slice(0, 1)
            throw error
          }),
        close: async () => {
          if (left.length > 0) await correct.append(left).catch(() => {})
          await correct.close()
        },
      }
    },
  },
  {
    fault: 'finds by user only what was appended since it was opened',
    caughtBy: 'persistence.every-filter',
    methods: (correct, store) => {
      let before = 0
      return {
        open: () => {
          before = store.length
          return correct.open()
        },
        find: async selection => {
          const found = await correct.find(selection)
          return selection.user === undefined ? found : found.filter(({ index }) => index >= before)
        },
      }
    },
  },
  {
    fault: 'loses the last entry when it is opened again',
    caughtBy: 'persistence.reading-only',
    methods: (correct, store) => ({
      close: async () => {
        store.pop()
        await correct.close()
      },
    }),
  },
]

const isOpened = new WeakSet<object>()

/** Closes, but a turn later. */
function closingLate(correct: ArrayBackend): Partial<AuditBackend> {
  return {
    close: async () => {
      await nextTurn()
      await correct.close()
    },
  }
}
