import { setTimeout as sleep } from 'node:timers/promises'
import { type AuditEntry, AuditLog, type EntryInput, type Query } from '@audit/core'
import { REAL_EXCHANGES } from '@audit/harness'
import type { BackendPlace } from '@audit/testkit'
import { BACKEND_IDS } from '@audit/torture/backends'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newPlace } from './backends.ts'
import { everyFilter, everyQuery } from './every-query.ts'
import { generatedExchanges, labelledExchanges } from './exchanges.ts'
import { expected, inOrder } from './oracle.ts'

const WAVES = 8

/** Records in waves, so that there are many entries of one millisecond, and many milliseconds. */
async function recordAll(log: AuditLog, exchanges: readonly EntryInput[]): Promise<readonly AuditEntry[]> {
  const recorded: AuditEntry[] = []
  const size = Math.ceil(exchanges.length / WAVES)
  for (let start = 0; start < exchanges.length; start += size) {
    const wave = exchanges.slice(start, start + size)
    recorded.push(...(await Promise.all(wave.map(exchange => log.record(exchange)))))
    await sleep(2)
  }
  return recorded
}

const DATA = [
  REAL_EXCHANGES
    ? { name: 'the real exchanges', load: labelledExchanges }
    : { name: 'the real exchanges: skipped, their file is not beside the checkout', load: undefined },
  { name: 'generated exchanges', load: () => generatedExchanges(500) },
]

describe.each(DATA)('$name', ({ load }) => {
  describe.skipIf(!load).each(BACKEND_IDS)('on %s', id => {
    let place: BackendPlace
    let log: AuditLog
    let exchanges: readonly EntryInput[]
    let recorded: readonly AuditEntry[]
    let sorted: readonly AuditEntry[]

    beforeAll(async () => {
      place = await newPlace(id)
      log = new AuditLog({ backend: place.open() })
      exchanges = load?.() ?? []
      recorded = await recordAll(log, exchanges)
      sorted = inOrder(recorded)
    })
    afterAll(async () => {
      await log.close()
      await place.teardown()
    })

    /** The places that a query should find and does not, or the other way round. */
    async function differences(query: Query) {
      const [found, wanted] = [await log.query(query), expected(sorted, query)].map(placesOf)
      return found === wanted ? [] : [{ query, found, wanted }]
    }

    test('are all kept, in their order, as they were given', async () => {
      const kept = await Array.fromAsync(log.entries())
      expect(kept).toEqual(recorded)
      expect(kept.map(({ entryId, timestamp, ...fields }) => fields)).toEqual(
        exchanges.map((exchange, index) => ({
          costUsd: null,
          latencyMs: null,
          metadata: {},
          ...exchange,
          index,
        })),
      )
    })

    test('every query finds what going through all entries finds', async () => {
      const wrong = []
      for (const query of everyQuery(sorted)) wrong.push(...(await differences(query)))
      expect(wrong).toEqual([])
    })

    test('every count is the number of entries that match', async () => {
      for (const filter of everyFilter(sorted)) {
        expect({ filter, count: await log.count(filter) }).toEqual({
          filter,
          count: expected(sorted, filter).length,
        })
      }
    })

    test.each(['asc', 'desc'] as const)('pages of a query, %s, are the whole query', async order => {
      const { model } = recorded[0] ?? {}
      for (const filter of [{}, model === undefined ? {} : { model }]) {
        const pages: AuditEntry[][] = []
        for (let after: AuditEntry | undefined; ; after = pages.at(-1)?.at(-1)) {
          const page = await log.query({ ...filter, order, limit: 97, ...(after && { after }) })
          if (page.length === 0) break
          pages.push(page)
        }
        expect(pages.flat()).toEqual(expected(sorted, { ...filter, order }))
      }
    })

    test('a stream gives what the query gives', async () => {
      for (const query of [{}, { order: 'desc', limit: 333 }, { user: recorded[0]?.user ?? '' }] as const) {
        expect(await Array.fromAsync(log.stream(query))).toEqual(expected(sorted, query))
      }
    })

    test('each entry is found by its id', async () => {
      for (const entry of recorded) expect(await log.get(entry.entryId)).toEqual(entry)
    })
  })
})

function placesOf(entries: readonly AuditEntry[]): string {
  return entries.map(({ index }) => index).join(' ')
}
