import { type AuditBackend, type AuditEntry, AuditLog, MemoryBackend } from '@audit/core'
import { type Cursor, type Page, partialPage, type Selection } from '@audit/core/backend'
import { expect, test } from 'vitest'

const input = (inputText = '', user = 'alice') => ({ model: 'm', inputText, outputText: '', user })
const code = (expected: string) => expect.objectContaining({ name: 'AuditError', code: expected })

/** Gives pages of two entries at most, and says so. */
class SmallPages extends MemoryBackend {
  async #early(page: Promise<Page>): Promise<Page> {
    const entries = await page
    return entries.length > 2 ? partialPage(entries.slice(0, 2)) : entries
  }

  override read(start: number, end: number): Promise<Page> {
    return this.#early(super.read(start, end))
  }

  override find(selection: Selection): Promise<Page> {
    return this.#early(super.find(selection))
  }
}

async function filled(backend: AuditBackend, count: number): Promise<AuditLog> {
  const log = new AuditLog({ backend })
  await Promise.all(
    Array.from({ length: count }, (_, i) => log.record(input(`${i}`, i % 3 ? 'alice' : 'bob'))),
  )
  return log
}

async function indexesOf(entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>): Promise<number[]> {
  const indexes: number[] = []
  for await (const { index } of entries) indexes.push(index)
  return indexes
}

test('pages that end early are gone on from, and nothing is missing or twice', async () => {
  const log = await filled(new SmallPages(), 600)
  const all = Array.from({ length: 600 }, (_, i) => i)
  expect(await indexesOf(await log.query())).toEqual(all)
  expect(await indexesOf(await log.query({ order: 'desc' }))).toEqual(all.toReversed())
  expect(await indexesOf(await log.query({ limit: 7 }))).toEqual(all.slice(0, 7))
  expect(await indexesOf(await log.query({ user: 'bob', limit: 5 }))).toEqual([0, 3, 6, 9, 12])
  expect(await indexesOf(log.stream({ user: 'bob' }))).toEqual(all.filter(i => i % 3 === 0))
  expect(await indexesOf(log.entries({ start: 3, end: 590 }))).toEqual(all.slice(3, 590))
  const [, , third] = await log.query()
  if (third) expect(await indexesOf(await log.query({ after: third, limit: 3 }))).toEqual([3, 4, 5])
  expect(await log.verify()).toMatchObject({ ok: true, size: 600 })
})

test('verify reads on behind a page that ends early, past what is damaged', async () => {
  class Gap extends SmallPages {
    override async read(start: number, end: number): Promise<Page> {
      const page = await super.read(start, end)
      const found = page.filter(entry => entry.index !== 300)
      return page.isPartial ? partialPage(found) : found
    }
  }
  const log = await filled(new Gap(), 600)
  const { findings } = await log.verify()
  expect(findings.map(({ kind, index }) => [kind, index])).toEqual([['entry-missing', 300]])
  await expect(indexesOf(log.entries())).rejects.toThrow(code('AUDIT_CORRUPT'))
})

const broken: readonly [string, new () => AuditBackend][] = [
  [
    'ignores after',
    class extends MemoryBackend {
      override find({ after: _, ...selection }: Selection): Promise<Page> {
        return super.find(selection)
      }
    },
  ],
  [
    'drops milliseconds',
    class extends MemoryBackend {
      override async find({ after, ...selection }: Selection): Promise<Page> {
        const cut = after && { after: { ...after, timestamp: `${after.timestamp.slice(0, 19)}.000Z` } }
        return super.find({ ...selection, ...cut })
      }
    },
  ],
  [
    'goes on at the cursor and not behind it',
    class extends MemoryBackend {
      override async find({ after, ...selection }: Selection): Promise<Page> {
        return super.find({ ...selection, ...(after && { after: { ...after, index: after.index - 1 } }) })
      }
    },
  ],
  [
    'ignores the limit',
    class extends MemoryBackend {
      override async find({ limit: _, ...selection }: Selection): Promise<Page> {
        return super.find(selection)
      }
    },
  ],
  [
    'gives the entries in the wrong order',
    class extends MemoryBackend {
      override async find(selection: Selection): Promise<Page> {
        return (await super.find(selection)).reverse()
      }
    },
  ],
  [
    'makes up one more entry for ever',
    class extends MemoryBackend {
      #made = 0

      override async find(selection: Selection): Promise<Page> {
        const [entry] = await super.find({ order: 'asc', limit: 1 })
        if (!entry) return []
        const ms = Date.parse(entry.timestamp) + this.#made++
        return partialPage([{ ...entry, timestamp: new Date(ms).toISOString(), index: selection.limit ?? 0 }])
      }
    },
  ],
  [
    'gives what is no entry',
    class extends MemoryBackend {
      override async find(): Promise<Page> {
        return [{}] as unknown as Page // breaks the contract
      }
    },
  ],
  [
    'says for ever that there are more',
    class extends MemoryBackend {
      override async find(selection: Selection): Promise<Page> {
        return partialPage(await super.find(selection))
      }
    },
  ],
]

test.each(broken)('a backend that %s ends the call with AUDIT_CORRUPT', async (_, Backend) => {
  const log = await filled(new Backend(), 300)
  await expect(log.query()).rejects.toThrow(code('AUDIT_CORRUPT'))
  await expect(indexesOf(log.stream())).rejects.toThrow(code('AUDIT_CORRUPT'))
})

test('a backend that does not go on behind the cursor of a query ends it with AUDIT_CORRUPT', async () => {
  const changes: readonly ((cursor: Cursor) => Selection['after'])[] = [
    () => undefined,
    ({ timestamp, index }) => ({ timestamp, index: index - 1 }),
  ]
  for (const change of changes) {
    class Broken extends MemoryBackend {
      override find({ after, ...selection }: Selection): Promise<Page> {
        const changed = after && change(after)
        return super.find({ ...selection, ...(changed && { after: changed }) })
      }
    }
    const log = await filled(new Broken(), 10)
    const [, , third] = await log.query()
    for (const limit of [1, 3, undefined]) {
      await expect(log.query({ after: third, limit })).rejects.toThrow(code('AUDIT_CORRUPT'))
    }
  }
})

test('a page that cannot be read behind what the consumer wanted is nobody’s error', async () => {
  class Failing extends MemoryBackend {
    override find(selection: Selection): Promise<Page> {
      return selection.after ? Promise.reject(new Error('the cable is out')) : super.find(selection)
    }
  }
  const log = await filled(new Failing(), 600)
  for await (const { index } of log.stream()) if (index === 3) break
  await new Promise(resolve => setImmediate(resolve)) // a rejection that nobody took would fail the run
  await expect(log.query()).rejects.toThrow(code('AUDIT_READ_FAILED'))
})

const brokenRanges: readonly [string, (page: Page) => Page][] = [
  ['skips an entry', page => page.filter(({ index }) => index !== 200)],
  ['gives an entry twice', page => page.flatMap(entry => (entry.index === 200 ? [entry, entry] : [entry]))],
  ['exchanges two entries', page => page.toReversed()],
  ['leaves out the first entry', page => page.slice(1)],
  ['leaves out the last entry', page => page.slice(0, -1)],
  ['says that there are more, and gives none', () => partialPage([])],
  ['gives another entry under an index', page => page.map(e => (e.index === 200 ? { ...e, index: 201 } : e))],
]

test.each(brokenRanges)(
  'entries() over a backend whose read %s ends with AUDIT_CORRUPT',
  async (_, change) => {
    let calls = 0
    class Broken extends MemoryBackend {
      override async read(start: number, end: number): Promise<Page> {
        if (++calls > 5000) throw new Error('this would go on for ever')
        return change(await super.read(start, end))
      }
    }
    const log = await filled(new Broken(), 300)
    await expect(indexesOf(log.entries())).rejects.toThrow(code('AUDIT_CORRUPT'))
    const report = await log.verify()
    expect(report.size).toBe(300) // it ends
  },
)

test.each([undefined, null, 'text', {}, 7])(
  'a backend whose find gives %j ends the call with AUDIT_CORRUPT',
  async given => {
    const backend = Object.assign(new MemoryBackend(), { find: async () => given as unknown as Page }) // breaks the contract
    await expect(new AuditLog({ backend }).query()).rejects.toThrow(code('AUDIT_CORRUPT'))
  },
)

test.each([undefined, null, 'text', -1, 0.5, Number.NaN])(
  'a backend whose append resolves with %j leaves open whether the entry is stored',
  async given => {
    const backend = Object.assign(new MemoryBackend(), { append: async () => given as number }) // breaks the contract
    await expect(new AuditLog({ backend }).record(input())).rejects.toThrow(code('AUDIT_OUTCOME_UNKNOWN'))
  },
)
