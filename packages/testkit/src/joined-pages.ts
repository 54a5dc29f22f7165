import assert from 'node:assert/strict'
import {
  type AuditBackend,
  type AuditEntry,
  compareEntries,
  type Page,
  type Selection,
} from '@audit/core/backend'

/**
 * The same backend, except that `read` and `find` return everything they were asked for. If a page ends early, they
 * continue after its last entry, as core does.
 */
export function joiningPages(backend: AuditBackend): AuditBackend {
  const read = (start: number, end: number): Promise<Page> =>
    joined('read', backend.read(start, end), {
      next: last => backend.read(last.index + 1, end),
      isBehind: (entry, last) => entry.index > last.index,
    })
  const find = (selection: Selection): Promise<Page> =>
    joined('find', backend.find(selection), {
      next: (last, found) => findBehind(backend, selection, last, found),
      isBehind: (entry, last) =>
        (selection.order === 'asc' ? compareEntries(entry, last) : compareEntries(last, entry)) > 0,
    })
  const own: Partial<AuditBackend> = { read, find }
  const proxy = new Proxy(
    {},
    {
      get: (_, key) => Reflect.get(Object.hasOwn(own, key) ? own : backend, key),
      has: (_, key) => key in backend,
    },
  )
  return proxy as AuditBackend // every property is that of the backend, but for these two
}

interface GoingOn {
  readonly next: (last: AuditEntry, found: number) => Promise<Page>
  readonly isBehind: (entry: AuditEntry, last: AuditEntry) => boolean
}

async function findBehind(
  backend: AuditBackend,
  selection: Selection,
  last: AuditEntry,
  found: number,
): Promise<Page> {
  const { limit = Number.POSITIVE_INFINITY } = selection
  if (found >= limit) return []
  const rest = limit === Number.POSITIVE_INFINITY ? {} : { limit: limit - found }
  const { timestamp, index } = last
  return backend.find({ ...selection, ...rest, after: { timestamp, index } })
}

async function joined(
  method: string,
  reading: Promise<Page>,
  { next, isBehind }: GoingOn,
): Promise<AuditEntry[]> {
  const first = await reading
  let last = first.isPartial ? first.at(-1) : undefined
  if (!last) return first
  const all = [...first]
  while (last) {
    const page: Page = await next(last, all.length)
    const [head] = page
    // Each page advances and has at least one entry, so this ends.
    if (head && !isBehind(head, last)) {
      assert.fail(`${method}: asked for what follows index ${last.index}, it gave index ${head.index}`)
    }
    for (const entry of page) all.push(entry)
    last = page.isPartial ? page.at(-1) : undefined
  }
  return all
}
