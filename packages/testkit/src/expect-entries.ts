import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { type AuditBackend, type AuditEntry, encodeLine, type Selection } from '@audit/core/backend'
import { shown } from './failure.ts'
import { oracle } from './oracle.ts'

const KEYS = [
  'costUsd',
  'entryId',
  'index',
  'inputText',
  'latencyMs',
  'metadata',
  'model',
  'outputText',
  'timestamp',
  'user',
] as const

/** Asserts that these are exactly the expected entries, in order. The message shows the first difference, shortened. */
export function expectEntries(
  actual: readonly AuditEntry[],
  expected: readonly AuditEntry[],
  what: string,
): void {
  assert.ok(Array.isArray(actual), `${what}: an array is expected, not ${inspect(actual)}`)
  expected.forEach((wanted, i) => {
    const entry = actual[i]
    if (!entry) {
      assert.fail(
        `${what}: ${actual.length} entries instead of ${expected.length}; missing from index ${wanted.index} on`,
      )
    }
    if (entry.index !== wanted.index) {
      assert.fail(`${what}: at position ${i}, index ${entry.index} instead of ${wanted.index}`)
    }
    expectEntry(entry, wanted, what)
  })
  if (actual.length > expected.length) {
    const [first] = actual.slice(expected.length)
    assert.fail(
      `${what}: ${actual.length} entries instead of ${expected.length}; the first too many has index ${first?.index}`,
    )
  }
}

/** Asserts that these are 0, 1, 2, … Shows only the first difference: comparing whole arrays takes too long. */
export function expectIndexes(indexes: readonly number[], what: string): void {
  const odd = indexes.findIndex((index, i) => index !== i)
  if (odd >= 0) assert.fail(`${what}: at position ${odd}, ${indexes[odd]} instead of ${odd}`)
}

/** What `read` returns, joined from its pages if they end early. */
export async function readAll(backend: AuditBackend, start: number, end: number): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = []
  for (let next = start; ; ) {
    const page = await backend.read(next, end)
    if (!Array.isArray(page)) return page // the caller says what is wrong with it
    entries.push(...page)
    const last = page.at(-1)
    if (!page.isPartial || !last || !(last.index >= next)) return entries
    next = last.index + 1
  }
}

/** What `find` returns, joined from its pages if they end early, until there are more than `most` entries. */
async function findAll(backend: AuditBackend, selection: Selection, most: number): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = []
  for (let rest = selection; ; ) {
    const page = await backend.find(rest)
    if (!Array.isArray(page)) return page // the caller says what is wrong with it
    entries.push(...page)
    const last = page.at(-1)
    const limit = rest.limit === undefined ? undefined : rest.limit - page.length
    if (!page.isPartial || !last || limit === 0 || entries.length > most) return entries
    rest = { ...rest, after: last, ...(limit !== undefined && { limit }) }
  }
}

/** Asserts that `find` returns what the oracle returns. */
export async function expectFound(
  backend: AuditBackend,
  log: readonly AuditEntry[],
  selection: Selection,
): Promise<void> {
  const actual = await findAll(backend, selection, log.length)
  expectEntries(actual, oracle(log, selection), `find(${inspect(selection, { breakLength: 200 })})`)
}

/** Asserts that a backend holds exactly these entries, in the answers of every method. */
export async function expectLog(backend: AuditBackend, log: readonly AuditEntry[]): Promise<void> {
  assert.equal(await backend.size(), log.length, 'size()')
  expectEntries(await readAll(backend, 0, log.length + 1), log, 'read(0, …)')
  await expectFound(backend, log, { order: 'asc' })
  assert.equal(await backend.count({ order: 'asc' }), log.length, 'count()')
  const { byteLength } = await backend.leafHashes(0, log.length + 1)
  assert.equal(byteLength, log.length * 32, 'bytes of leafHashes(0, …)')
}

/** What a log yields, up to one more than `most`, which is enough to see that there are too many. */
export async function collect(entries: AsyncIterable<AuditEntry>, most: number): Promise<AuditEntry[]> {
  const collected: AuditEntry[] = []
  for await (const entry of entries) {
    collected.push(entry)
    if (collected.length > most) break
  }
  return collected
}

function expectEntry(actual: AuditEntry, expected: AuditEntry, what: string): void {
  const where = `${what}: index ${expected.index}`
  const keys = Object.keys(actual).sort()
  if (keys.join() !== KEYS.join()) assert.fail(`${where}: the keys of the entry are ${shown(keys)}`)
  for (const key of KEYS) {
    if (key === 'metadata' || Object.is(actual[key], expected[key])) continue
    assert.fail(`${where}: ${key} is ${shown(actual[key])} instead of ${shown(expected[key])}`)
  }
  // Metadata may come back with its keys in another order, so this compares canonical lines.
  if (lineOf(actual) === encodeLine(expected)) return
  assert.fail(`${where}: metadata is ${shown(actual.metadata)} instead of ${shown(expected.metadata)}`)
}

/** The line of an entry, or `undefined` if it has none, since its metadata may be anything. */
function lineOf(entry: AuditEntry): string | undefined {
  try {
    return encodeLine(entry)
  } catch {
    return undefined
  }
}
