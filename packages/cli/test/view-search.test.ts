import { type AuditEntry, AuditLog, MemoryBackend } from '@audit/core'
import { createEntry, createLeaf } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { neighboursOf, searchPage } from '../src/view/entry-search.ts'
import type { Position } from '../src/view/position.ts'

const NEWEST = Date.parse('2026-11-25T12:00:00.000Z')
const HOUR = 3_600_000
/** Several entries at the edges of the windows that a search goes through, and long gaps between them. */
const AGES = [
  0,
  0,
  1,
  HOUR,
  HOUR,
  HOUR,
  HOUR + 1,
  5 * HOUR,
  5 * HOUR,
  5 * HOUR + 1,
  21 * HOUR,
  700 * HOUR,
  9000 * HOUR,
]
const { signal } = new AbortController()

/** A log of these ages, in which every entry matches. */
async function spreadLog(): Promise<AuditLog> {
  const backend = new MemoryBackend()
  await backend.open()
  const leaves = AGES.toReversed().map((age, i) => {
    const ms = NEWEST - age
    const time = ms.toString(16).padStart(12, '0')
    const entryId = `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${i.toString(16).padStart(12, '0')}`
    const input = { model: 'm', inputText: `needle ${i}`, outputText: '', metadata: { tenant: 'eu' } }
    return createLeaf(createEntry(input, { entryId, timestamp: new Date(ms).toISOString() }))
  })
  await backend.append(leaves)
  return new AuditLog({ backend })
}

const FILTERS = [
  { filter: { metadata: { tenant: 'eu' } }, matches: undefined },
  { filter: {}, matches: ({ inputText }: AuditEntry) => inputText.includes('needle') },
  {
    filter: { metadata: { tenant: 'eu' } },
    matches: ({ inputText }: AuditEntry) => inputText.includes('needle'),
  },
]

test.each(FILTERS)(
  'a search by windows of time finds each entry once, in the order of the log: %#',
  async filters => {
    await using log = await spreadLog()
    const found: AuditEntry[] = []
    let after: Position | undefined
    do {
      const page = await searchPage(log, filters, after, signal)
      found.push(...page.entries)
      after = page.next
    } while (after)
    expect(found.map(({ index }) => index)).toEqual(
      (await log.query({ order: 'desc' })).map(({ index }) => index),
    )
  },
)

test.each(FILTERS)(
  'each entry has the one before and the one behind it as its neighbours: %#',
  async filters => {
    await using log = await spreadLog()
    const all = await log.query()
    for (const [i, entry] of all.entries()) {
      const { newer, older } = await neighboursOf(log, filters, entry, signal)
      expect([i, older?.index, newer?.index]).toEqual([i, all[i - 1]?.index, all[i + 1]?.index])
    }
  },
)

test('since and until hold in a search by windows', async () => {
  await using log = await spreadLog()
  const filter = {
    metadata: { tenant: 'eu' },
    since: new Date(NEWEST - 5 * HOUR),
    until: new Date(NEWEST - HOUR),
  }
  const { entries, next } = await searchPage(log, { filter, matches: undefined }, undefined, signal)
  expect([entries.length, next]).toEqual([6, undefined])
})

test('a search in an empty log ends', async () => {
  await using log = new AuditLog({ backend: new MemoryBackend() })
  for (const filters of FILTERS)
    expect(await searchPage(log, filters, undefined, signal)).toEqual({
      entries: [],
      next: undefined,
      isCut: false,
    })
})
