import { type AuditBackend, AuditError } from '@audit/core'
import { ArrayBackend, type Stored } from '../array-backend.ts'
import type { BrokenBackend } from './broken-backend.ts'

type Methods = BrokenBackend['methods']

/** Backends that do something wrong when they may only read. */
export const looking: readonly BrokenBackend[] = [
  {
    fault: 'does not say that it may only read',
    caughtBy: 'read-only.is-read-only',
    methods: () => ({ isReadOnly: false }),
  },
  {
    fault: 'always says that it may only read',
    caughtBy: 'read-only.is-read-only',
    methods: () => ({ isReadOnly: true }),
  },
  {
    fault: 'opens a log that is not there',
    caughtBy: 'read-only.nothing-there',
    methods: whenReadOnly((_, store) => {
      const empty = new ArrayBackend(store)
      return { open: () => empty.open(), size: () => empty.size() }
    }),
  },
  {
    fault: 'rejects with another code where there is no log',
    caughtBy: 'read-only.nothing-there',
    methods: whenReadOnly(correct => ({
      open: () => correct.open().catch(() => Promise.reject(new AuditError('AUDIT_READ_FAILED', 'no log'))),
    })),
  },
  {
    fault: 'sees no more than three entries when it may only read',
    caughtBy: 'read-only.reads-everything',
    methods: whenReadOnly(correct => ({ read: (start, end) => correct.read(start, Math.min(end, 3)) })),
  },
  {
    fault: 'appends although it may only read',
    caughtBy: 'read-only.append',
    methods: whenReadOnly((_, store) => ({
      append: leaves => writerOver(store, writer => writer.append(leaves)),
    })),
  },
  {
    fault: 'appends and says that it may only read',
    caughtBy: 'read-only.append',
    methods: whenReadOnly((correct, store) => ({
      append: async leaves => {
        await writerOver(store, writer => writer.append(leaves))
        return correct.append(leaves)
      },
    })),
  },
  {
    fault: 'rejects an append with another code',
    caughtBy: 'read-only.log',
    methods: whenReadOnly(() => ({
      append: async () => {
        throw new AuditError('AUDIT_WRITE_FAILED', 'no')
      },
    })),
  },
  {
    fault: 'takes roots of subtrees although it may only read',
    caughtBy: 'read-only.subtrees',
    methods: whenReadOnly(({ subtrees }) => ({ subtrees: { ...subtrees, write: async () => {} } })),
  },
  {
    fault: 'has damage when it may only read',
    caughtBy: 'read-only.log',
    methods: whenReadOnly(() => ({ inspect: async () => [{ kind: 'damaged', message: 'a line' }] })),
  },
  {
    fault: 'shows the log as it was opened when it may only read',
    caughtBy: 'read-only.sees-writers',
    methods: whenReadOnly((correct, store) => {
      let size = 0
      return {
        open: () => {
          size = store.length
          return correct.open()
        },
        read: (start, end) => correct.read(start, Math.min(end, size)),
      }
    }),
  },
  {
    fault: 'empties the log when a reader closes',
    caughtBy: 'read-only.writers-go-on',
    methods: whenReadOnly((correct, store) => ({
      close: () => {
        store.length = 0
        return correct.close()
      },
    })),
  },
  {
    fault: 'reads after it was closed when it may only read',
    caughtBy: 'read-only.closed',
    methods: whenReadOnly((_, store) => ({ size: async () => store.length })),
  },
]

/** The fault shows in instances that may only read. */
function whenReadOnly(methods: Methods): Methods {
  return (correct, store) => (correct.isReadOnly ? methods(correct, store) : {})
}

async function writerOver<T>(store: Stored[], write: (writer: AuditBackend) => Promise<T>): Promise<T> {
  const writer = new ArrayBackend(store)
  await writer.open()
  return write(writer)
}
