import { hash } from 'node:crypto'
import {
  type AuditEntry,
  compareEntries,
  createEntry,
  EntryIndex,
  matches,
  placeEntry,
  type Selection,
} from '@audit/core/backend'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const timestampOf = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString()

const user = fc.constantFrom('', 'alice', 'Alice')
const model = fc.constantFrom('a', 'b')
/** Mostly in order, sometimes late, sometimes far off, often at the same instant. */
const entries = fc
  .array(fc.record({ user, model, step: fc.oneof(fc.nat(3), fc.integer({ min: -20, max: 5 }), fc.nat(1)) }), {
    maxLength: 60,
  })
  .map(list => {
    let ms = 1000
    return list.map(({ user, model, step }, index) => {
      ms += step
      return placeEntry(
        { ...template, entryId: `id-${index}`, user, model, timestamp: timestampOf(ms) },
        index,
      )
    })
  })
const template = createEntry({ model: 'm', user: 'u', inputText: '', outputText: '' })
const fieldsOf = (entryId: string, ms: number) => ({ ...template, entryId, timestamp: timestampOf(ms) })

const timestamp = fc.integer({ min: 980, max: 1060 }).map(timestampOf)
const selection: fc.Arbitrary<Selection> = fc.record(
  {
    order: fc.constantFrom('asc' as const, 'desc' as const),
    user,
    model,
    since: timestamp,
    until: timestamp,
    size: fc.nat(60),
    after: fc.record({ timestamp, index: fc.nat(60) }),
  },
  { requiredKeys: ['order'] },
)

function expected(all: readonly AuditEntry[], selection: Selection): number[] {
  const found = all.filter(entry => matches(selection, entry)).sort(compareEntries)
  return (selection.order === 'asc' ? found : found.reverse()).map(entry => entry.index)
}

test('places and counts are those of a plain array, also while entries are added', () => {
  fc.assert(
    fc.property(entries, fc.array(selection, { minLength: 1, maxLength: 8 }), (all, selections) => {
      const index = new EntryIndex()
      const steps = selections.map((_, i) => Math.ceil((all.length * (i + 1)) / selections.length))
      selections.forEach((selection, i) => {
        for (const entry of all.slice(index.size, steps[i])) index.add(entry)
        const there = all.slice(0, index.size)
        expect([...index.indexes(selection)]).toEqual(expected(there, selection))
        const { after: _, ...counted } = selection
        expect(index.count(counted)).toBe(expected(there, counted).length)
      })
    }),
    { numRuns: 500 },
  )
})

test('a reading that has begun gives what was there then, whatever is added meanwhile', () => {
  fc.assert(
    fc.property(entries, fc.nat(60), selection, fc.nat(4), (all, begun, selection, pace) => {
      const index = new EntryIndex()
      for (const entry of all.slice(0, begun)) index.add(entry)
      const there = all.slice(0, begun)
      const rest = all.slice(begun)
      const found: number[] = []
      for (const place of index.indexes(selection)) {
        found.push(place)
        for (const entry of rest.splice(0, pace)) index.add(entry)
      }
      expect(found).toEqual(expected(there, selection))
    }),
    { numRuns: 1000 },
  )
})

test('a selection of a size that the log has not reached yet gives what is there', () => {
  const index = new EntryIndex()
  index.add({ ...template, timestamp: timestampOf(1) })
  const places = index.indexes({ order: 'desc', size: 2 })
  expect(places.next().value).toBe(0)
  index.add({ ...template, timestamp: timestampOf(0) })
  expect([...places]).toEqual([])
})

test('entries far from their place in time are found in order', () => {
  const index = new EntryIndex()
  const times = [5000, 5001, ...Array.from({ length: 3000 }, (_, i) => 6000 + i), 1, 2, 9000, 3, 5001]
  times.forEach((ms, i) => {
    index.add(fieldsOf(`id-${i}`, ms))
    if (i === 100) expect([...index.indexes({ order: 'asc' })]).toHaveLength(101)
  })
  const sorted = times.map((ms, place) => ({ ms, place })).sort((a, b) => a.ms - b.ms || a.place - b.place)
  expect([...index.indexes({ order: 'asc' })]).toEqual(sorted.map(({ place }) => place))
  expect([...index.indexes({ order: 'desc', user: 'u' })]).toEqual(sorted.map(({ place }) => place).reverse())
})

test('behind each entry, the places are those of the others in order', () => {
  const times = [5, 5, 1, 5, 9, 1, 5]
  const index = new EntryIndex()
  times.forEach((ms, i) => {
    index.add(fieldsOf(`${i}`, ms))
  })
  const sorted = times.map((ms, place) => ({ ms, place })).sort((a, b) => a.ms - b.ms || a.place - b.place)
  const all = sorted.map(({ place }) => place)
  for (const [i, { ms, place }] of sorted.entries()) {
    const after = { timestamp: timestampOf(ms), index: place }
    expect([...index.indexes({ order: 'asc', after })]).toEqual(all.slice(i + 1))
    expect([...index.indexes({ order: 'desc', after })]).toEqual(all.slice(0, i).reverse())
    expect(index.count({ order: 'asc', after })).toBe(all.length - i - 1)
  }
})

test.each(['asc', 'desc'] as const)(
  'a reading that has begun, %s, gives what was there then, however far from the end others are put',
  order => {
    const count = 3000
    for (const late of [0, 1500, 2999]) {
      const index = new EntryIndex()
      for (let i = 0; i < count; i++) {
        index.add(fieldsOf(`id-${i}`, 1000 + i))
      }
      const found: number[] = []
      for (const place of index.indexes({ order, user: 'u' })) {
        found.push(place)
        if (found.length % 500 !== 10) continue
        for (const ms of [500 + late, 1000 + late, 9000]) {
          index.add(fieldsOf(`id-${index.size}`, ms))
        }
      }
      const all = Array.from({ length: count }, (_, i) => i)
      expect(found).toEqual(order === 'asc' ? all : all.reverse())
      expect([...index.indexes({ order })]).toHaveLength(index.size)
      expect(index.count({ order, until: timestampOf(999 + late) })).toBe(
        [...index.indexes({ order, until: timestampOf(999 + late) })].length,
      )
    }
  },
)

test('ids are found, and others are not, at any size', () => {
  const index = new EntryIndex()
  for (let i = 0; i < 600; i++) {
    index.add(fieldsOf(`id-${i}`, 0))
    expect(index.indexesOfId(`id-${i}`)).toContain(i)
    expect(index.indexesOfId('another')).toEqual([])
  }
  for (let i = 0; i < 600; i++) expect(index.indexesOfId(`id-${i}`)).toContain(i)
})

test('a text that looks like the digest of a long one is another', () => {
  const index = new EntryIndex()
  const long = 'u'.repeat(1000)
  index.add({ ...fieldsOf('', 0), user: long })
  for (const prefix of ['', 'u', 'sha256:', '\ufffd']) {
    for (const encoding of ['base64', 'hex'] as const) {
      const user = prefix + hash('sha256', long, encoding)
      expect(index.count({ order: 'asc', user })).toBe(0)
    }
  }
  expect(index.count({ order: 'asc', user: long })).toBe(1)
})

test('an id leads to its place, however a UUID is spelt', () => {
  const index = new EntryIndex()
  const idOf = (i: number) => `0193a1b2-0000-7000-8000-${i.toString(16).padStart(12, '0')}`
  for (let i = 0; i < 20_000; i++) {
    index.add(fieldsOf(idOf(i), i))
  }
  for (let i = 0; i < 20_000; i += 997) {
    expect(index.indexesOfId(idOf(i))).toContain(i)
    expect(index.indexesOfId(idOf(i).replaceAll('-', '').toUpperCase())).toContain(i)
  }
  expect(index.indexesOfId(idOf(20_000)).length).toBeLessThan(2)
})

test('long users and models are told apart, at no more cost than short ones', () => {
  const index = new EntryIndex()
  const long = (i: number) => 'u'.repeat(20_000) + String(i).padStart(7, '0') // its hash is that of all the others
  const count = 20_000 // comparing each with all others would take longer than any test may
  for (let i = 0; i < count; i++) {
    index.add({ ...fieldsOf(`${i}`, i), user: long(i), model: i % 2 ? long(0) : 'm' })
  }
  expect([...index.indexes({ user: long(7), order: 'asc' })]).toEqual([7])
  expect(index.count({ user: long(count), order: 'asc' })).toBe(0)
  expect(index.count({ model: long(0), order: 'asc' })).toBe(count / 2)
  expect([...index.indexes({ user: long(9), model: long(0), order: 'asc' })]).toEqual([9])
})

test('ids that share a hash in one index do not in the next', () => {
  const ids = Array.from({ length: 200_000 }, (_, i) => `id ${i}`)
  const shared = (index: EntryIndex) => {
    for (const entryId of ids) index.add(fieldsOf(entryId, 0))
    return ids.find(id => index.indexesOfId(id).length > 1)
  }
  const id = shared(new EntryIndex()) // of so many, some do
  expect(id).toBeDefined()
  const again = [new EntryIndex(), new EntryIndex(), new EntryIndex()]
  for (const index of again) shared(index)
  expect(again.every(index => index.indexesOfId(id ?? '').length > 1)).toBe(false)
})
