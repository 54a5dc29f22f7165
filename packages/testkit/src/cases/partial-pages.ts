import assert from 'node:assert/strict'
import { type AuditBackend, type AuditEntry, PAGE_BYTES, type Page } from '@audit/core/backend'
import type { Area, Case } from '../case.ts'
import { collect, expectEntries } from '../expect-entries.ts'
import { oracle } from '../oracle.ts'
import type { Place } from '../place.ts'
import { entryOf, instant, leavesOf, placed } from '../sample-entries.ts'

const HEAVY_BYTES = 3_000_000
const ENTRIES = 6
/** 18 MB are written, and read several times. */
const HEAVY_FACTOR = 4
/** More than a page, with two entries of one time, so that both parts of a cursor matter. */
const TIMES = [0, 3, 1, 3, 2, 1]

export const partialPages: Area = {
  name: 'pages that end early',
  cases: [
    {
      id: 'partial-pages.read',
      timeoutFactor: HEAVY_FACTOR,
      title: 'pages of read that end early say so, and the rest follows after their last entry',
      async run(place) {
        const { backend, log } = await heavyLog(place)
        for (const [start, end] of [
          [0, ENTRIES],
          [1, 5],
          [2, 100],
        ] as const) {
          const pages = await pagesOf(
            () => backend.read(start, end),
            last => backend.read(last.index + 1, end),
          )
          expectEntries(pages.flat(), log.slice(start, end), `the pages of read(${start}, ${end})`)
        }
      },
    },
    ...(['asc', 'desc'] as const).map(
      (order): Case => ({
        id: `partial-pages.find-${order}`,
        timeoutFactor: HEAVY_FACTOR,
        title: `pages of find, '${order}', that end early say so, and the rest follows after their last entry`,
        async run(place) {
          const { backend, log } = await heavyLog(place)
          for (const filter of [{}, { user: 'alice' }, { since: instant(1) }, { limit: 5 }]) {
            const selection = { ...filter, order }
            const pages = await pagesOf(
              () => backend.find(selection),
              (last, found) => findBehind(backend, selection, last, found),
            )
            expectEntries(
              pages.flat(),
              oracle(log, selection),
              `the pages of find(${JSON.stringify(selection)})`,
            )
          }
        },
      }),
    ),
    {
      id: 'partial-pages.log',
      timeoutFactor: HEAVY_FACTOR,
      title: "a log's query, stream and entries return every entry, whatever the entries weigh",
      async run(place) {
        const log = place.log()
        const entries = await Promise.all(
          TIMES.map((_, i) =>
            log.record({ model: 'gpt-4o', inputText: `${i}`.repeat(HEAVY_BYTES), outputText: '' }),
          ),
        )
        expectEntries(await log.query(), entries, 'query()')
        expectEntries(await collect(log.stream({ order: 'desc' }), ENTRIES), entries.toReversed(), 'stream()')
        expectEntries(await collect(log.entries(), ENTRIES), entries, 'entries()')
      },
    },
    {
      id: 'partial-pages.bounded-read',
      title: 'a page of read weighs about PAGE_BYTES, unless the backend holds the entries in memory anyway',
      needs: ['persistence'],
      timeoutFactor: HEAVY_FACTOR,
      run: place => expectBounded(place, backend => backend.read(0, ENTRIES)),
    },
    {
      id: 'partial-pages.bounded-find',
      title: 'a page of find weighs about PAGE_BYTES, unless the backend holds the entries in memory anyway',
      needs: ['persistence'],
      timeoutFactor: HEAVY_FACTOR,
      run: place => expectBounded(place, backend => backend.find({ order: 'desc' })),
    },
  ],
}

/** A log that weighs more than two pages, over an instance whose pages come as they are. */
async function heavyLog(
  place: Place,
): Promise<{ readonly backend: AuditBackend; readonly log: readonly AuditEntry[] }> {
  const backend = await place.openPaged()
  const entries = TIMES.map((ms, i) =>
    entryOf({
      timestamp: instant(ms),
      user: i % 3 === 0 ? 'bob' : 'alice',
      inputText: `${i}`.repeat(HEAVY_BYTES),
    }),
  )
  await backend.append(leavesOf(entries))
  return { backend, log: placed(entries) }
}

/** All pages, up to the first that is not partial. */
async function pagesOf(
  first: () => Promise<Page>,
  next: (last: AuditEntry, found: number) => Promise<Page>,
): Promise<readonly Page[]> {
  const pages = [await first()]
  for (;;) {
    const page = pages.at(-1)
    const last = page?.at(-1)
    if (!page?.isPartial || !last) return pages
    // More pages than entries means that one did not advance.
    assert.ok(pages.length <= ENTRIES + 1, 'the pages do not end')
    pages.push(
      await next(
        last,
        pages.reduce((sum, { length }) => sum + length, 0),
      ),
    )
  }
}

async function findBehind(
  backend: AuditBackend,
  { limit = ENTRIES, ...selection }: Parameters<AuditBackend['find']>[0],
  { timestamp, index }: AuditEntry,
  found: number,
): Promise<Page> {
  if (found >= limit) return []
  return backend.find({ ...selection, limit: limit - found, after: { timestamp, index } })
}

async function expectBounded(place: Place, load: (backend: AuditBackend) => Promise<Page>): Promise<void> {
  const { backend } = await heavyLog(place)
  const [page, again] = [await load(backend), await load(backend)]
  // The same objects twice: they are in memory anyway, whether a page holds them or not.
  if (page.length === ENTRIES && page.every((entry, i) => entry === again[i])) return
  const bytes = page.reduce((sum, { inputText }) => sum + Buffer.byteLength(inputText), 0)
  assert.ok(
    bytes <= PAGE_BYTES + HEAVY_BYTES,
    `a page holds ${bytes} bytes of texts; at most ${PAGE_BYTES} and one entry more are expected`,
  )
  assert.ok(page.isPartial, 'isPartial of a page that ends early')
}
