import { setImmediate as nextTurn } from 'node:timers/promises'
import { type AuditEntry, canonicalJson, type JsonObject, matches, type Selection } from '@audit/core/backend'
import type { ArrayBackend, Stored } from '../array-backend.ts'
import { type BrokenBackend, comparing } from './broken-backend.ts'

type Methods = BrokenBackend['methods']

/** Backends whose index of a named key is wrong. Without a named key they are right. */
export const indexing: readonly BrokenBackend[] = [
  {
    fault: 'indexes the text of a value',
    caughtBy: 'named-keys.values',
    methods: matchingJson(json => json.replaceAll('"', '')),
  },
  {
    fault: 'indexes a missing key as null',
    caughtBy: 'named-keys.values',
    methods: matching((wanted, entry) =>
      Object.keys(wanted).every(
        key => canonicalJson(wanted[key] ?? null) === canonicalJson(entry[key] ?? null),
      ),
    ),
  },
  {
    fault: 'indexes the first 1,000 characters of a value',
    caughtBy: 'named-keys.hostile-values',
    methods: matchingJson(json => json.slice(0, 1000)),
  },
  {
    fault: 'indexes a value up to a NUL',
    caughtBy: 'named-keys.hostile-values',
    methods: matchingJson(json => json.split('\\u0000')[0] ?? ''),
  },
  {
    fault: 'indexes a key without the quotes in it',
    caughtBy: 'named-keys.hostile-keys',
    methods: matching((wanted, entry) => {
      const bare = Object.fromEntries(Object.entries(entry).map(([key, v]) => [key.replaceAll("'", ''), v]))
      return Object.entries(wanted).every(([key, value]) => {
        const name = key.replaceAll("'", '')
        return Object.hasOwn(bare, name) && canonicalJson(bare[name] ?? null) === canonicalJson(value)
      })
    }),
  },
  {
    fault: 'finds by a named key in the order of the index',
    caughtBy: 'named-keys.order',
    methods: whenNamed(correct => ({
      find: selection =>
        correct.select(
          selection,
          entry => matches(selection, entry),
          (a, b) => (selection.order === 'asc' ? a.index - b.index : b.index - a.index),
        ),
    })),
  },
  ...(['asc', 'desc'] as const).map(
    (order): BrokenBackend => ({
      fault: `forgets the index of a cursor with a named key, '${order}'`,
      caughtBy: `named-keys.pages-${order}`,
      methods: whenNamed(correct => ({
        find: selection =>
          correct.find(
            selection.after && selection.order === order
              ? { ...selection, after: { ...selection.after, index: order === 'asc' ? 1e9 : 0 } }
              : selection,
          ),
      })),
    }),
  ),
  {
    fault: 'forgets the model beside a named key',
    caughtBy: 'named-keys.filters',
    methods: whenNamed(correct => ({
      find: ({ model, ...selection }) =>
        correct.find(model !== undefined && !selection.metadata ? { ...selection, model } : selection),
    })),
  },
  {
    fault: 'is content when the named key matches',
    caughtBy: 'named-keys.other-keys',
    methods: whenNamed(correct => ({
      find: selection => correct.find(withNamedOnly(selection, correct.metadataIndexes)),
      count: selection => correct.count(withNamedOnly(selection, correct.metadataIndexes)),
    })),
  },
  {
    fault: 'counts all that have the value, whatever else is asked for',
    caughtBy: 'named-keys.count',
    methods: whenNamed(correct => ({
      count: ({ metadata, ...selection }) =>
        correct.count(metadata ? { metadata, order: 'asc' } : { ...selection }),
    })),
  },
  {
    fault: 'counts no more than 1,000 by a named key',
    caughtBy: 'named-keys.count-thousands',
    methods: whenNamed(correct => ({
      count: async selection => Math.min(await correct.count(selection), 1000),
    })),
  },
  {
    fault: 'finds by a named key what it found before',
    caughtBy: 'named-keys.moves-on',
    methods: whenNamed(correct => {
      const known = new Map<string, readonly AuditEntry[]>()
      return {
        find: async selection => {
          const key = JSON.stringify(selection)
          const found = known.get(key) ?? (await correct.find(selection))
          known.set(key, found)
          return [...found]
        },
      }
    }),
  },
  {
    fault: 'indexes only what is appended once the key is named',
    caughtBy: 'named-keys.full-log',
    methods: whenNamed((correct, store) => {
      let indexedFrom = 0
      return {
        open: () => {
          indexedFrom = store.length
          return correct.open()
        },
        find: selection => findWhere(correct, selection, ({ index }) => index >= indexedFrom),
      }
    }),
  },
  {
    fault: 'does not index what is appended while no instance has the key named',
    caughtBy: 'named-keys.no-longer-named',
    methods: (correct, store) => {
      const index = indexOf(store)
      const isNamed = correct.metadataIndexes.length > 0
      if (isNamed) index.wasNamed = true
      return {
        append: async leaves => {
          const first = await correct.append(leaves)
          if (!isNamed && index.wasNamed) for (let i = first; i < store.length; i++) index.missed.add(i)
          return first
        },
        find: selection =>
          isNamed
            ? findWhere(correct, selection, entry => !index.missed.has(entry.index))
            : correct.find(selection),
      }
    },
  },
  {
    fault: 'finds nothing by a key without an index when it may only read',
    caughtBy: 'named-keys.reading-only',
    methods: correct =>
      correct.isReadOnly
        ? {
            find: selection => findWhere(correct, selection, () => selection.metadata?.session !== undefined),
          }
        : {},
  },
  {
    fault: 'indexes only what it appended itself, and what was there',
    caughtBy: 'named-keys.different-instances',
    methods: whenNamed((correct, store) => {
      const own = new Set(store.keys())
      return {
        append: async leaves => {
          const first = await correct.append(leaves)
          for (let i = first; i < store.length; i++) own.add(i)
          return first
        },
        find: selection => findWhere(correct, selection, ({ index }) => own.has(index)),
      }
    }),
  },
  {
    fault: 'uses an index that another instance is still making',
    caughtBy: 'named-keys.opened-at-once',
    methods: whenNamed((correct, store) => {
      const index = indexOf(store)
      let isComplete = true
      return {
        open: async () => {
          isComplete = index.makers === 0
          index.makers++
          await nextTurn()
          index.makers--
          await correct.open()
        },
        find: selection => findWhere(correct, selection, () => isComplete),
      }
    }),
  },
  {
    fault: 'takes the index of a named key for tampering',
    caughtBy: 'named-keys.verified',
    methods: whenNamed(() => ({ inspect: async () => [{ kind: 'damaged', message: 'an unknown index' }] })),
  },
]

/** The index of a store, as far as the faults need it. */
interface StoreIndex {
  wasNamed: boolean
  makers: number
  /** What is missing in it. */
  readonly missed: Set<number>
}

const indexes = new WeakMap<object, StoreIndex>()

function indexOf(store: Stored[]): StoreIndex {
  const index = indexes.get(store) ?? { wasNamed: false, makers: 0, missed: new Set() }
  indexes.set(store, index)
  return index
}

/** The fault shows in instances that have named keys. */
function whenNamed(methods: Methods): Methods {
  return (correct, store) => (correct.metadataIndexes.length > 0 ? methods(correct, store) : {})
}

/** Compares a metadata filter in its own way. */
function matching(isMatch: (wanted: JsonObject, metadata: JsonObject) => boolean): Methods {
  return whenNamed((...args) =>
    comparing('metadata', (wanted, { metadata }) => isMatch(wanted, metadata))(...args),
  )
}

/** Compares what is made of the canonical JSON of values. */
function matchingJson(change: (json: string) => string): Methods {
  return matching((wanted, metadata) =>
    Object.entries(wanted).every(
      ([key, value]) =>
        Object.hasOwn(metadata, key) &&
        change(canonicalJson(metadata[key] ?? null)) === change(canonicalJson(value)),
    ),
  )
}

/** Finds by metadata only what the index has, and all else as it should. */
function findWhere(
  correct: ArrayBackend,
  selection: Selection,
  isIndexed: (entry: AuditEntry) => boolean,
): Promise<AuditEntry[]> {
  return correct.select(
    selection,
    entry => matches(selection, entry) && (!selection.metadata || isIndexed(entry)),
  )
}

function withNamedOnly(selection: Selection, named: readonly string[]): Selection {
  const metadata = Object.entries(selection.metadata ?? {})
  if (!metadata.some(([key]) => named.includes(key))) return selection
  return { ...selection, metadata: Object.fromEntries(metadata.filter(([key]) => named.includes(key))) }
}
