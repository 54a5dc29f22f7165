import {
  type AuditEntry,
  canonicalJson,
  compareEntries,
  createEntry,
  EntryIndex,
  type EntryInput,
  indexedFieldsOf,
  type JsonObject,
  matches,
  placeEntry,
  type Selection,
} from '@audit/core/backend'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const timestampOf = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString()
const LONG = 'x'.repeat(20_000)

const value = fc.constantFrom<JsonObject['string']>(
  'a',
  '"a"',
  1,
  '1',
  null,
  true,
  [1, 'a'],
  { a: 1, b: 2 },
  { b: 2, a: 1 },
  `${LONG}1`,
  `${LONG}2`,
)
const metadata = fc
  .record({ k: value, other: fc.nat(2), __proto__x: fc.nat(1) }, { requiredKeys: [] })
  .map(({ __proto__x, ...rest }): JsonObject => {
    // An own key of this name cannot be written down as a literal.
    return __proto__x === undefined ? rest : Object.assign(JSON.parse(`{"__proto__": ${__proto__x}}`), rest)
  })
const user = fc.constantFrom('', 'alice', 'bob')
const model = fc.constantFrom('a', 'b')

const entries = fc
  .array(fc.record({ user, model, metadata, step: fc.integer({ min: -3, max: 4 }) }), { maxLength: 50 })
  .map(list => {
    let ms = 1000
    return list.map(({ step, ...input }, index) => {
      ms += step
      return entryOf(index, ms, input)
    })
  })

const timestamp = fc.integer({ min: 990, max: 1030 }).map(timestampOf)
const selection: fc.Arbitrary<Selection> = fc.record(
  {
    order: fc.constantFrom('asc' as const, 'desc' as const),
    user,
    model,
    since: timestamp,
    until: timestamp,
    metadata,
    size: fc.nat(50),
    after: fc.record({ timestamp, index: fc.nat(50) }),
  },
  { requiredKeys: ['order'] },
)

function entryOf(index: number, ms: number, input: Partial<EntryInput>): AuditEntry {
  const entry = createEntry({ model: 'm', inputText: '', outputText: '', ...input })
  return placeEntry({ ...entry, entryId: `id-${index}`, timestamp: timestampOf(ms) }, index)
}

function expected(all: readonly AuditEntry[], selection: Selection): number[] {
  const found = all.filter(entry => matches(selection, entry)).sort(compareEntries)
  return (selection.order === 'asc' ? found : found.reverse()).map(entry => entry.index)
}

function indexOf(all: readonly AuditEntry[], metadataIndexes: readonly string[]): EntryIndex {
  const index = new EntryIndex({ metadataIndexes })
  for (const entry of all) index.add(entry)
  return index
}

test('with all keys named, indexes and counts are exactly those of a plain array', () => {
  fc.assert(
    fc.property(entries, fc.array(selection, { minLength: 1, maxLength: 8 }), (all, selections) => {
      const index = indexOf(all, ['k', 'other', '__proto__'])
      for (const selection of selections) {
        expect(index.covers(selection)).toBe(true)
        expect([...index.indexes(selection)]).toEqual(expected(all, selection))
        const { after: _, ...counted } = selection
        expect(index.count(counted)).toBe(expected(all, counted).length)
      }
    }),
    { numRuns: 300 },
  )
})

test('with some keys named, the indexes hold all that match, in order', () => {
  fc.assert(
    fc.property(entries, selection, (all, selection) => {
      const index = indexOf(all, ['k'])
      const isNamed = Object.keys(selection.metadata ?? {}).every(key => key === 'k')
      expect(index.covers(selection)).toBe(isNamed)
      const candidates = [...index.indexes(selection)]
      const found = candidates.filter(at => all[at] && matches(selection, all[at]))
      expect(found).toEqual(expected(all, selection))
    }),
    { numRuns: 300 },
  )
})

test('what is added while a named key is read does not change the reading', () => {
  fc.assert(
    fc.property(entries, selection, fc.nat(50), (all, selection, begun) => {
      const index = indexOf(all.slice(0, begun), ['k', 'other', '__proto__'])
      const rest = all.slice(begun)
      const found: number[] = []
      for (const at of index.indexes(selection)) {
        found.push(at)
        for (const entry of rest.splice(0, 2)) index.add(entry)
      }
      expect(found).toEqual(expected(all.slice(0, begun), selection))
    }),
    { numRuns: 300 },
  )
})

test('the rarest of several conditions is walked, and the others look at no entry', () => {
  const index = new EntryIndex({ metadataIndexes: ['k', 'rare'] })
  for (let i = 0; i < 20_000; i++) {
    index.add(entryOf(i, i, { user: 'u', metadata: { k: 'common', ...(i === 777 && { rare: 1 }) } }))
  }
  const metadata = { k: 'common', rare: 1 }
  expect([...index.indexes({ order: 'desc', user: 'u', metadata })]).toEqual([777])
  expect(index.count({ order: 'asc', user: 'u', metadata })).toBe(1)
  expect(index.count({ order: 'asc', user: 'u', metadata: { k: 'none' } })).toBe(0)
})

test('a text that looks like the key of a long value is another', () => {
  const long = [canonicalJson(LONG), LONG]
  const index = indexOf([entryOf(0, 0, { metadata: { k: LONG } })], ['k'])
  for (const k of long.flatMap(text => [text, `\ufffd${text}`, text.slice(0, 256)])) {
    if (k !== LONG) expect(index.count({ order: 'asc', metadata: { k } })).toBe(0)
  }
  expect(index.count({ order: 'asc', metadata: { k: LONG } })).toBe(1)
})

test('an index in another thread needs nothing of the metadata but the named keys, and what summaries read', () => {
  const metadata: JsonObject = JSON.parse('{"__proto__": 1, "k": null, "audit.status": "ok", "other": 2}')
  const fields = indexedFieldsOf(entryOf(0, 0, { metadata }), ['k', '__proto__', 'missing'])
  expect(JSON.stringify(fields.metadata)).toBe('{"audit.status":"ok","k":null,"__proto__":1}')
  expect(Object.keys(fields).toSorted()).toEqual(
    ['costUsd', 'entryId', 'latencyMs', 'metadata', 'model', 'timestamp', 'user'].toSorted(),
  )
})
