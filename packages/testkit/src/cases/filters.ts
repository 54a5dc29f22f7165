import assert from 'node:assert/strict'
import type { AuditBackend, AuditEntry, EntryFields, JsonObject, Selection } from '@audit/core/backend'
import type { Area, Case } from '../case.ts'
import { expectFound } from '../expect-entries.ts'
import type { Place } from '../place.ts'
import { entryOf, instant, leavesOf, mixedEntries, placed, plainEntries } from '../sample-entries.ts'
import { everySelection } from '../sample-selections.ts'

/** What a user's or a model's name must not be confused with. */
const NAMES: readonly { readonly id: string; readonly what: string; readonly names: readonly string[] }[] = [
  {
    id: 'case',
    what: 'upper and lower case',
    names: ['alice', 'Alice', 'ALICE', 'straße', 'STRASSE', 'i', 'İ'],
  },
  {
    id: 'normalisation',
    what: 'composed and decomposed accents',
    names: ['Ren\u00e9', 'Rene\u0301', 'Rene', '\uFB01', 'fi', '\u2126', '\u03A9'],
  },
  { id: 'nul', what: 'what stands behind a NUL', names: ['a', 'a\0', 'a\0b', 'a\0c', '\0'] },
  { id: 'spaces', what: 'spaces around it', names: ['bob', ' bob', 'bob ', 'bob\n', 'bob\t', ' ', '\u00a0'] },
  { id: 'wildcards', what: 'wildcards', names: ['a%', 'a_', 'abc', '%', '_', '*', 'a*', '?', '.*', '[a]'] },
  {
    id: 'quotes',
    what: 'quotes',
    names: ["o'hara", "o''hara", 'o"hara', 'o\\hara', "' OR '1'='1", '`', '$1', ':user'],
  },
  { id: 'prefix', what: 'a beginning or an end', names: ['ann', 'anna', 'an', 'hanna', 'ann/a', 'ann.a'] },
  { id: 'number', what: 'a number', names: ['1', '01', '1.0', '1e0', 'true', 'null', 'undefined', 'NaN'] },
]

/** Metadata filters, with metadata that a loose comparison takes for equal. */
export const METADATA: readonly {
  readonly id: string
  readonly title: string
  readonly stored: readonly JsonObject[]
  readonly asked?: readonly JsonObject[]
}[] = [
  {
    id: 'types',
    title: 'a metadata value matches only its own type: 1 is not "1", nor true',
    stored: [{ v: 1 }, { v: '1' }, { v: true }, { v: 0 }, { v: '0' }, { v: false }, { v: '' }, { v: 'true' }],
  },
  {
    id: 'null',
    title: 'null matches only null, and not a missing key',
    stored: [{ v: null }, {}, { v: 'null' }, { v: 0 }, { w: null }, { v: {} }, { v: [] }],
  },
  {
    id: 'arrays',
    title: 'an array matches only the same elements in the same order',
    stored: [
      { v: ['x', 'y'] },
      { v: ['y', 'x'] },
      { v: ['x'] },
      { v: ['x', 'y', 'y'] },
      { v: 'x' },
      { v: [['x', 'y']] },
    ],
  },
  {
    id: 'nested',
    title: 'a nested object matches only as a whole, whatever the order of its keys',
    stored: [
      { v: { a: 1, b: { c: [true] } } },
      { v: { b: { c: [true] }, a: 1 } },
      { v: { a: 1 } },
      { v: { a: 1, b: { c: [true], d: null } } },
      { a: 1 },
    ],
  },
  {
    id: 'several-keys',
    title: 'all keys of the filter must match, and other keys do not matter',
    stored: [{ a: 1, b: 2 }, { a: 1, b: 3 }, { a: 1 }, { b: 2 }, { a: 1, b: 2, c: 3 }],
  },
  {
    id: 'keys',
    title: 'a key is taken literally: dots, quotes, brackets, wildcards, spaces, the empty key',
    stored: [
      'a.b',
      'a',
      '',
      ' ',
      '"',
      "'",
      '$',
      '$.a',
      'a[0]',
      '[0]',
      '0',
      '%',
      '*',
      '#',
      'a\0b',
      'A',
      '\u00e9',
      'e\u0301',
      '😀',
    ].map(key => ({ [key]: 1 })),
    asked: [
      { a: 1 },
      { 'a.b': 1 },
      { '': 1 },
      { '"': 1 },
      { '$.a': 1 },
      { 'a[0]': 1 },
      { '0': 1 },
      { 'a\0b': 1 },
    ],
  },
  {
    id: 'prototype',
    title: 'names from the prototype are keys like any other',
    stored: [
      {},
      JSON.parse('{"__proto__":1}'),
      { constructor: 1 },
      { toString: 'x' },
      { hasOwnProperty: null },
    ],
    asked: [JSON.parse('{"__proto__":1}'), { constructor: 1 }, { toString: 'x' }, { valueOf: 'x' }],
  },
  {
    id: 'numbers',
    title: 'numbers match by value, to the last bit',
    stored: [0.1 + 0.2, 0.3, 1e21, 1e-7, 5e-324, 0, 2 ** 53, 2 ** 53 - 1, -1, 1, 1.5].map(v => ({ v })),
  },
  {
    id: 'texts',
    title: 'texts match exactly: case, accents, NUL and quotes',
    stored: ['a', 'A', 'a\0', '\u00e9', 'e\u0301', "'", '"', '%', '😀', '\ufffd'].map(v => ({ v })),
  },
  {
    id: 'empty',
    title: 'an empty metadata filter matches everything',
    stored: [{}, { a: 1 }],
    asked: [{}],
  },
]

export const filters: Area = {
  name: 'filters',
  cases: [
    {
      id: 'find.everything',
      title: 'a selection without filters finds everything',
      async run(place) {
        const { backend, log } = await filled(place, mixedEntries(50, 21))
        await expectFound(backend, log, { order: 'asc' })
        await expectFound(backend, log, { order: 'desc' })
      },
    },
    {
      id: 'find.empty-log',
      title: 'a query on an empty log finds nothing',
      async run(place) {
        const backend = await place.open()
        await expectFound(backend, [], { order: 'asc' })
        await expectFound(backend, [], { user: 'alice', order: 'desc', limit: 5 })
      },
    },
    ...NAMES.flatMap(({ id, what, names }) => [
      nameCase('user', id, what, names),
      nameCase('model', id, what, names),
    ]),
    {
      id: 'find.user-empty',
      title: 'the empty user is a user: it matches neither everyone nor no one',
      async run(place) {
        const entries = ['', 'anonymous', ' ', '', '\0'].map(user => entryOf({ user }))
        const { backend, log } = await filled(place, entries)
        await expectFound(backend, log, { user: '', order: 'asc' })
      },
    },
    {
      id: 'find.user-unknown',
      title: 'a user or a model that nobody recorded finds nothing',
      async run(place) {
        const { backend, log } = await filled(place, plainEntries(5))
        await expectFound(backend, log, { user: 'nobody', order: 'asc' })
        await expectFound(backend, log, { model: 'none', order: 'asc' })
      },
    },
    {
      id: 'find.since-inclusive',
      title: 'since includes its very millisecond, and not the one before',
      run: place => expectBounds(place, ms => ({ since: instant(ms), order: 'asc' })),
    },
    {
      id: 'find.until-inclusive',
      title: 'until includes its very millisecond, and not the one after',
      run: place => expectBounds(place, ms => ({ until: instant(ms), order: 'asc' })),
    },
    {
      id: 'find.one-instant',
      title: 'since and until at the same millisecond find that millisecond',
      run: place => expectBounds(place, ms => ({ since: instant(ms), until: instant(ms), order: 'desc' })),
    },
    {
      id: 'find.empty-window',
      title: 'since after until finds nothing',
      run: place => expectBounds(place, ms => ({ since: instant(ms), until: instant(ms - 1), order: 'asc' })),
    },
    {
      id: 'find.limit-zero',
      title: 'limit 0 finds nothing',
      run: place => expectLimits(place, [0]),
    },
    {
      id: 'find.limit',
      title: 'at most limit entries are found, and all if there are fewer',
      run: place => expectLimits(place, [1, 2, 9, 10, 11, 1000, Number.MAX_SAFE_INTEGER]),
    },
    {
      id: 'find.size',
      title: 'size shows the log as it was at that size: later entries are left out',
      async run(place) {
        const { backend, log } = await filled(place, mixedEntries(20, 22))
        for (const size of [0, 1, 10, 19, 20, 21, Number.MAX_SAFE_INTEGER]) {
          await expectFound(backend, log, { size, order: 'asc' })
          await expectFound(backend, log, { size, order: 'desc', limit: 3 })
        }
      },
    },
    {
      id: 'find.entry-id',
      title: 'an entry id finds its entry and no other',
      async run(place) {
        const { backend, log } = await filled(place, mixedEntries(20, 23))
        for (const { entryId } of log) await expectFound(backend, log, { entryId, order: 'asc', limit: 1 })
        const [unknown] = plainEntries(1)
        await expectFound(backend, log, { entryId: unknown?.entryId ?? '', order: 'asc' })
      },
    },
    ...METADATA.map(
      ({ id, title, stored, asked = stored }): Case => ({
        id: `find.metadata-${id}`,
        title,
        async run(place) {
          const entries = stored.map(metadata => entryOf({ metadata }))
          const { backend, log } = await filled(place, entries)
          for (const metadata of asked) await expectFound(backend, log, { metadata, order: 'asc' })
        },
      }),
    ),
    {
      id: 'find.all-filters-hold',
      title: 'an entry that matches all filters but one is not found',
      async run(place) {
        const fitting = { user: 'alice', model: 'gpt-4o', timestamp: instant(5), metadata: { a: 1 } }
        const unfit: readonly Partial<EntryFields>[] = [
          { user: 'bob' },
          { model: 'claude' },
          { timestamp: instant(4) },
          { timestamp: instant(6) },
          { metadata: { a: 2 } },
        ]
        const entries = [{}, ...unfit, {}].map(difference => entryOf({ ...fitting, ...difference }))
        const { backend, log } = await filled(place, entries)
        const { timestamp, ...filter } = fitting
        const selection = { ...filter, since: timestamp, until: timestamp } as const
        await expectFound(backend, log, { ...selection, order: 'asc' })
        await expectFound(backend, log, { ...selection, size: 6, order: 'desc' })
      },
    },
    combinationsCase('asc'),
    combinationsCase('desc'),
  ],
}

function nameCase(field: 'user' | 'model', id: string, what: string, names: readonly string[]): Case {
  return {
    id: `find.${field}-${id}`,
    title: `a ${field} is compared exactly: not confused by ${what}`,
    async run(place) {
      const { backend, log } = await filled(
        place,
        names.map(name => entryOf({ [field]: name })),
      )
      for (const name of names) await expectFound(backend, log, { [field]: name, order: 'asc' })
      assert.equal(await backend.count({ [field]: names[0] ?? '', order: 'asc' }), 1, 'count()')
    },
  }
}

function combinationsCase(direction: Selection['order']): Case {
  return {
    id: `find.combinations-${direction}`,
    timeoutFactor: 3, // a thousand calls
    title: `every combination of filters, size, cursor and limit finds what it should, '${direction}'`,
    async run(place) {
      const { backend, log } = await filled(place, mixedEntries(240, 24))
      for (const seed of [1, 2]) {
        for (const selection of everySelection(log, direction, seed))
          await expectFound(backend, log, selection)
      }
    },
  }
}

async function expectBounds(place: Place, selectionAt: (ms: number) => Selection): Promise<void> {
  const entries = [0, 1, 2, 2, 3, 1, 999, 1000].map(ms => entryOf({ timestamp: instant(ms) }))
  const { backend, log } = await filled(place, entries)
  for (const ms of [-1, 0, 1, 2, 3, 4, 999, 1000, 1001]) await expectFound(backend, log, selectionAt(ms))
}

async function expectLimits(place: Place, limits: readonly number[]): Promise<void> {
  const { backend, log } = await filled(place, mixedEntries(10, 25))
  for (const limit of limits) {
    await expectFound(backend, log, { limit, order: 'asc' })
    await expectFound(backend, log, { limit, order: 'desc' })
    await expectFound(backend, log, { limit, user: log[0]?.user ?? '', order: 'asc' })
    await expectFound(backend, log, { limit, metadata: { session: 'a' }, order: 'asc' })
  }
}

async function filled(
  place: Place,
  entries: readonly EntryFields[],
): Promise<{ readonly backend: AuditBackend; readonly log: readonly AuditEntry[] }> {
  const backend = await place.open()
  await backend.append(leavesOf(entries))
  return { backend, log: placed(entries) }
}
