import assert from 'node:assert/strict'
import type { AuditBackend, AuditEntry, Selection } from '@audit/core/backend'
import type { Area } from '../case.ts'
import { collect, expectEntries, expectFound } from '../expect-entries.ts'
import { oracle } from '../oracle.ts'
import type { Place } from '../place.ts'
import { entryOf, instant, leavesOf, mixedEntries, placed } from '../sample-entries.ts'

export const paging: Area = {
  name: 'paging',
  cases: [
    {
      id: 'paging.after-exclusive',
      title: 'after continues after an entry and does not return it again',
      async run(place) {
        const backend = await place.open()
        const log = placed([0, 1, 2, 3].map(ms => entryOf({ timestamp: instant(ms) })))
        await backend.append(leavesOf(log))
        for (const after of log) {
          await expectFound(backend, log, { after, order: 'asc' })
          await expectFound(backend, log, { after, order: 'desc' })
        }
      },
    },
    {
      id: 'paging.after-within-ties',
      title: 'after continues by index among entries of one timestamp',
      async run(place) {
        const backend = await place.open()
        const log = placed([1, 5, 5, 0, 5, 5, 9, 5].map(ms => entryOf({ timestamp: instant(ms) })))
        await backend.append(leavesOf(log))
        for (const after of log) {
          await expectFound(backend, log, { after, order: 'asc' })
          await expectFound(backend, log, { after, order: 'desc' })
        }
      },
    },
    {
      id: 'paging.after-anywhere',
      title: 'the cursor need not be an entry of the log or of the selection',
      async run(place) {
        const backend = await place.open()
        const log = placed(mixedEntries(30, 31))
        await backend.append(leavesOf(log))
        for (const ms of [-1, 0, 2, 4, 100]) {
          for (const index of [0, 7, 29, 30, 5000]) {
            const after = { timestamp: instant(ms), index }
            await expectFound(backend, log, { after, order: 'asc' })
            await expectFound(backend, log, { after, order: 'desc', user: 'alice' })
          }
        }
      },
    },
    ...(['asc', 'desc'] as const).map(order => ({
      id: `paging.joined-${order}`,
      title: `pages of any length, '${order}', joined together are the whole result`,
      async run(place: Place) {
        const backend = await place.open()
        const log = placed(mixedEntries(100, 32))
        await backend.append(leavesOf(log))
        const filters = [
          {},
          { user: 'alice' },
          { model: 'gpt-4o', since: instant(3) },
          { metadata: { session: 'b' } },
        ]
        for (const filter of filters) {
          for (const limit of [1, 3, 7, 100]) {
            const selection: Selection = { ...filter, order }
            const joined = await pagesOf(backend, selection, limit)
            expectEntries(joined, oracle(log, selection), `pages of ${limit} of ${JSON.stringify(selection)}`)
          }
        }
      },
    })),
    {
      id: 'paging.while-appending',
      title: 'pages of a fixed size show the log as it was while others append',
      async run(place) {
        const backend = await place.open()
        const log = placed(mixedEntries(40, 33))
        await backend.append(leavesOf(log))
        const selection: Selection = { order: 'asc', size: 40 }
        const joined = await pagesOf(backend, selection, 6, () =>
          backend.append(leavesOf(mixedEntries(3, 34))),
        )
        expectEntries(joined, oracle(log, selection), 'pages at size 40')
      },
    },
    {
      id: 'paging.long-page',
      title: 'a limit of many thousands is one page',
      async run(place) {
        const backend = await place.open()
        const log = placed(mixedEntries(3000, 35))
        await backend.append(leavesOf(log))
        await expectFound(backend, log, { order: 'desc', limit: 2999 })
      },
    },
    {
      id: 'paging.query-and-stream',
      title: "a log's query, stream and entries return all of a log that is longer than their pages",
      async run(place) {
        const log = place.log()
        const entries = await Promise.all(
          mixedEntries(1500, 36).map(({ user, model, inputText, outputText, metadata }) =>
            log.record({ user, model, inputText, outputText, metadata }),
          ),
        )
        const expected = oracle(entries, { order: 'asc' })
        expectEntries(await log.query(), expected, 'query()')
        expectEntries(await collect(log.stream(), entries.length), expected, 'stream()')
        expectEntries(await collect(log.entries(), entries.length), entries, 'entries()')
      },
    },
    {
      id: 'paging.stream-as-it-began',
      title: 'a stream sees the log as it was when it began',
      async run(place) {
        const log = place.log()
        const input = { model: 'gpt-4o', inputText: 'in', outputText: 'out' }
        await Promise.all(Array.from({ length: 200 }, () => log.record(input)))
        let seen = 0
        for await (const { index } of log.stream({ order: 'asc' })) {
          if (seen++ % 50 === 0) await log.record(input)
          assert.ok(index < 200, `index ${index} was recorded after the stream began`)
        }
        assert.equal(seen, 200, 'entries in the stream')
      },
    },
  ],
}

async function pagesOf(
  backend: AuditBackend,
  selection: Selection,
  limit: number,
  between: () => Promise<unknown> = async () => {},
): Promise<AuditEntry[]> {
  const joined: AuditEntry[] = []
  for (;;) {
    const last = joined.at(-1)
    const page = await backend.find({ ...selection, limit, ...(last && { after: last }) })
    joined.push(...page)
    if (page.length < limit) return joined
    // A page that repeats itself would never end.
    assert.ok(joined.length < 10_000, 'the pages do not end')
    await between()
  }
}
