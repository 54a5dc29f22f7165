import {
  type AuditEntry,
  createLeaf,
  type EntryFields,
  type JsonValue,
  type Leaf,
  placeEntry,
} from '@audit/core/backend'
import { seededRandom } from './random.ts'

const FIRST_MS = Date.parse('2026-03-01T12:00:00.000Z')

/** Users that a careless comparison confuses. The fourth has a combining accent. */
export const USERS = [
  'alice',
  'Alice',
  'Ren\u00e9',
  'Rene\u0301',
  '',
  'a%',
  'a_',
  "o'hara",
  'al\0ice',
] as const
/** Models that differ only in case or in their endings. */
export const MODELS = ['gpt-4o', 'GPT-4o', 'gpt-4o-mini', 'claude'] as const

const METADATA: readonly { readonly [key: string]: JsonValue }[] = [
  {},
  { session: 'a', step: 1 },
  { session: 'a', step: '1' },
  { session: 'b', step: null },
  { session: 'b', tags: ['x', 'y'], nested: { a: 1, b: [true] } },
  { tags: ['y', 'x'], nested: { b: [true], a: 1 } },
]

let made = 0

/** An entry with a new id and defaults for missing fields, deeply frozen like core's. */
export function entryOf(fields: Partial<EntryFields> = {}): EntryFields {
  const timestamp = fields.timestamp ?? instant(0)
  return freezeDeep({
    entryId: entryIdOf(timestamp),
    timestamp,
    user: 'anonymous',
    model: 'gpt-4o',
    inputText: 'in',
    outputText: 'out',
    costUsd: null,
    latencyMs: null,
    metadata: {},
    ...fields,
  })
}

/** Entries that differ only in their input text and their time. */
export function plainEntries(count: number): EntryFields[] {
  return Array.from({ length: count }, (_, i) =>
    entryOf({ inputText: `question ${i}`, timestamp: instant(i) }),
  )
}

/** Entries that mix few users, models, times and metadata: many share a timestamp, and time goes back. */
export function mixedEntries(count: number, seed: number): EntryFields[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, i) =>
    entryOf({
      timestamp: instant(random.below(Math.ceil(count / 6))),
      user: random.pick(USERS),
      model: random.pick(MODELS),
      inputText: `question ${i}`,
      costUsd: random.pick([null, 0, 0.003]),
      latencyMs: random.pick([null, 0, 250]),
      metadata: random.pick(METADATA),
    }),
  )
}

/** A canonical timestamp, this many milliseconds after a fixed one. */
export function instant(ms: number): string {
  return new Date(FIRST_MS + ms).toISOString()
}

/** What a log returns for entries that were appended from index `first` on. */
export function placed(entries: readonly EntryFields[], first = 0): AuditEntry[] {
  return entries.map((entry, i) => placeEntry(entry, first + i))
}

/** What a backend's `append` takes. */
export function leavesOf(entries: readonly EntryFields[]): Leaf[] {
  return entries.map(createLeaf)
}

/** Shaped as UUID v7 (RFC 9562, section 5.7), unique in this process. */
function entryIdOf(timestamp: string): string {
  const time = Math.max(0, Date.parse(timestamp)).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${(made++).toString(16).padStart(12, '0')}`
}

function freezeDeep<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(freezeDeep)
  return Object.freeze(value)
}
