import { isDeepStrictEqual } from 'node:util'
import {
  type AuditEntry,
  type JsonObject,
  type JsonValue,
  matches,
  type Selection,
} from '@audit/core/backend'
import { asking, type BrokenBackend, comparing } from './broken-backend.ts'

export const filtering: readonly BrokenBackend[] = [
  {
    fault: 'leaves out the millisecond of since',
    caughtBy: 'find.since-inclusive',
    methods: comparing('since', (since, entry) => entry.timestamp > since),
  },
  {
    fault: 'leaves out the millisecond of until',
    caughtBy: 'find.until-inclusive',
    methods: comparing('until', (until, entry) => entry.timestamp < until),
  },
  {
    fault: 'compares since by the second',
    caughtBy: 'find.since-inclusive',
    methods: comparing('since', (since, entry) => entry.timestamp.slice(0, 19) >= since.slice(0, 19)),
  },
  {
    fault: 'takes one instant for no window at all',
    caughtBy: 'find.one-instant',
    methods: asking(({ since, until, ...selection }) => ({
      ...selection,
      ...(since !== undefined && since !== until && { since }),
      ...(until !== undefined && since !== until && { until }),
    })),
  },
  {
    fault: 'turns since and until round when they are the wrong way',
    caughtBy: 'find.empty-window',
    methods: asking(({ since, until, ...selection }) => {
      if (since === undefined || until === undefined) {
        return { ...selection, ...(since !== undefined && { since }), ...(until !== undefined && { until }) }
      }
      return since < until ? { ...selection, since, until } : { ...selection, since: until, until: since }
    }),
  },
  {
    fault: 'ignores limit',
    caughtBy: 'find.limit',
    methods: asking(({ limit: _, ...selection }) => selection),
  },
  {
    fault: 'takes limit 0 for no limit',
    caughtBy: 'find.limit-zero',
    methods: asking(({ limit, ...selection }) => (limit ? { ...selection, limit } : selection)),
  },
  {
    fault: 'ignores size',
    caughtBy: 'find.size',
    methods: asking(({ size: _, ...selection }) => selection),
  },
  {
    fault: 'takes size for the last index',
    caughtBy: 'find.size',
    methods: comparing('size', (size, entry) => entry.index <= size),
  },
  {
    fault: 'ignores the entry id',
    caughtBy: 'find.entry-id',
    methods: asking(({ entryId: _, ...selection }) => selection),
  },
  {
    fault: 'compares users without case',
    caughtBy: 'find.user-case',
    methods: comparing('user', (user, entry) => entry.user.toLowerCase() === user.toLowerCase()),
  },
  {
    fault: 'compares models without case',
    caughtBy: 'find.model-case',
    methods: comparing('model', (model, entry) => entry.model.toLowerCase() === model.toLowerCase()),
  },
  {
    fault: 'compares users without their normalisation form',
    caughtBy: 'find.user-normalisation',
    methods: comparing('user', (user, entry) => entry.user.normalize() === user.normalize()),
  },
  {
    fault: 'compares users up to a NUL',
    caughtBy: 'find.user-nul',
    methods: comparing('user', (user, entry) => entry.user.split('\0')[0] === user.split('\0')[0]),
  },
  {
    fault: 'compares users without the spaces around them',
    caughtBy: 'find.user-spaces',
    methods: comparing('user', (user, entry) => entry.user.trim() === user.trim()),
  },
  {
    fault: 'takes % and _ in users for wildcards',
    caughtBy: 'find.user-wildcards',
    methods: comparing('user', (user, entry) => isLike(user, entry.user)),
  },
  {
    fault: 'takes % and _ in models for wildcards',
    caughtBy: 'find.model-wildcards',
    methods: comparing('model', (model, entry) => isLike(model, entry.model)),
  },
  {
    fault: 'doubles quotes in users',
    caughtBy: 'find.user-quotes',
    methods: comparing('user', (user, entry) => entry.user === user.replaceAll("'", "''")),
  },
  {
    fault: 'compares the beginning of models',
    caughtBy: 'find.model-prefix',
    methods: comparing('model', (model, entry) => entry.model.startsWith(model)),
  },
  {
    fault: 'compares users that look like numbers as numbers',
    caughtBy: 'find.user-number',
    methods: comparing(
      'user',
      (user, entry) => entry.user === user || (user.trim() !== '' && Number(entry.user) === Number(user)),
    ),
  },
  {
    fault: 'takes the empty user for everyone',
    caughtBy: 'find.user-empty',
    methods: comparing('user', (user, entry) => user === '' || entry.user === user),
  },
  {
    fault: 'finds every entry for a user that it does not know',
    caughtBy: 'find.user-unknown',
    methods: correct => ({
      find: async selection => {
        const { user, ...others } = selection
        const isKnown = user === undefined || (await correct.count({ user, order: 'asc' })) > 0
        return correct.find(isKnown ? selection : others)
      },
    }),
  },
  {
    fault: 'compares metadata loosely',
    caughtBy: 'find.metadata-types',
    // biome-ignore lint/suspicious/noDoubleEquals: the fault
    methods: comparingMetadata((wanted, value) => isDeepStrictEqual(wanted, value) || wanted == value),
  },
  {
    fault: 'takes a missing metadata key for null',
    caughtBy: 'find.metadata-null',
    methods: comparingMetadata((wanted, value) => isDeepStrictEqual(wanted, value ?? null)),
  },
  {
    fault: 'compares metadata arrays as sets',
    caughtBy: 'find.metadata-arrays',
    methods: comparingMetadata((wanted, value) =>
      Array.isArray(wanted) && Array.isArray(value)
        ? isDeepStrictEqual(new Set(wanted), new Set(value))
        : isDeepStrictEqual(wanted, value),
    ),
  },
  {
    fault: 'compares metadata with its keys in their order',
    caughtBy: 'find.metadata-nested',
    methods: comparingMetadata((wanted, value) => JSON.stringify(wanted) === JSON.stringify(value)),
  },
  {
    fault: 'is content when one metadata key matches',
    caughtBy: 'find.metadata-several-keys',
    methods: comparing('metadata', (wanted, { metadata }) => {
      const keys = Object.keys(wanted)
      return keys.length === 0 || keys.some(key => isDeepStrictEqual(wanted[key], metadata[key]))
    }),
  },
  {
    fault: 'takes dots in metadata keys for a path',
    caughtBy: 'find.metadata-keys',
    methods: comparing('metadata', (wanted, { metadata }) =>
      Object.keys(wanted).every(key => isDeepStrictEqual(wanted[key], valueAt(metadata, key.split('.')))),
    ),
  },
  {
    fault: 'copies a metadata filter by assigning its keys',
    caughtBy: 'find.metadata-prototype',
    methods: asking(selection => {
      const metadata: Record<string, JsonValue> = {}
      for (const [key, value] of Object.entries(selection.metadata ?? {})) metadata[key] = value
      return selection.metadata ? { ...selection, metadata } : selection
    }),
  },
  {
    fault: 'compares numbers in metadata to single precision',
    caughtBy: 'find.metadata-numbers',
    methods: comparingMetadata((wanted, value) =>
      typeof wanted === 'number' && typeof value === 'number'
        ? Math.fround(wanted) === Math.fround(value)
        : isDeepStrictEqual(wanted, value),
    ),
  },
  {
    fault: 'compares texts in metadata without case',
    caughtBy: 'find.metadata-texts',
    methods: comparingMetadata((wanted, value) =>
      typeof wanted === 'string' && typeof value === 'string'
        ? wanted.toLowerCase() === value.toLowerCase()
        : isDeepStrictEqual(wanted, value),
    ),
  },
  {
    fault: 'finds nothing for an empty metadata filter',
    caughtBy: 'find.metadata-empty',
    methods: comparing(
      'metadata',
      (wanted, entry) => Object.keys(wanted).length > 0 && matches({ metadata: wanted, order: 'asc' }, entry),
    ),
  },
  {
    fault: 'is content when user or model matches',
    caughtBy: 'find.all-filters-hold',
    methods: comparing('user', (user, entry, { model }) => entry.user === user || model !== undefined),
  },
  {
    fault: 'forgets until where user, model and a cursor are given',
    caughtBy: 'find.combinations-asc',
    methods: asking(({ until, ...selection }) => forgetsUntil(selection, until)),
  },
]

function forgetsUntil(selection: Selection, until: string | undefined): Selection {
  const { user, model, after } = selection
  if (until === undefined || (user !== undefined && model !== undefined && after)) return selection
  return { ...selection, until }
}

function comparingMetadata(
  isEqual: (wanted: JsonValue | undefined, value: JsonValue | undefined) => boolean,
): BrokenBackend['methods'] {
  return comparing('metadata', (wanted: JsonObject, { metadata }: AuditEntry) =>
    Object.keys(wanted).every(key =>
      isEqual(wanted[key], Object.hasOwn(metadata, key) ? metadata[key] : undefined),
    ),
  )
}

/** SQL's LIKE, for patterns with no more than a wildcard at their end. */
function isLike(pattern: string, text: string): boolean {
  if (pattern.endsWith('%')) return text.startsWith(pattern.slice(0, -1))
  if (pattern.endsWith('_')) return text.slice(0, -1) === pattern.slice(0, -1)
  return text === pattern
}

function valueAt(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return valueAt((value as JsonObject)[key], rest) // isArray does not narrow readonly
}
