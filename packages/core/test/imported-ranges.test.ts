import { AuditError, AuditLog, type ImportedRange, MemoryBackend, type VerificationReport } from '@audit/core'
import {
  createEntry,
  createLeaf,
  IMPORT_MODEL,
  importMetadata,
  type Leaf,
  MerkleAccumulator,
  placeEntry,
  type Selection,
} from '@audit/core/backend'
import { expect, test } from 'vitest'

/** An entry as another program made it: its id does not hold its time. */
function foreignLeaf(i: number, text = `text ${i}`): Leaf {
  const entryId = `5f1c2a3b-4d5e-4f70-8192-${String(i).padStart(12, '0')}`
  const input = { model: 'm', inputText: text, outputText: '' }
  return createLeaf(createEntry(input, { entryId, timestamp: '2025-03-01T00:00:00.000Z' }))
}

function rootOf(leaves: readonly Leaf[]): Uint8Array {
  const accumulator = new MerkleAccumulator()
  for (const { hash } of leaves) accumulator.add(hash)
  return accumulator.root()
}

/** A log of imported entries, closed by an entry that says so, with a further one after it. */
async function importedLog(count: number, claimed: Partial<ImportedRange> = {}, stored?: readonly Leaf[]) {
  const leaves = Array.from({ length: count }, (_, i) => foreignLeaf(i))
  const backend = new MemoryBackend()
  await backend.open()
  await backend.append(stored ?? leaves)
  const log = new AuditLog({ backend })
  const range = { entries: count, root: rootOf(leaves), source: 'audit_log.db', ...claimed }
  const closing = { model: IMPORT_MODEL, inputText: '', outputText: '', metadata: importMetadata(range) }
  await log.record(closing)
  await log.record({ model: 'm', inputText: 'later', outputText: '' })
  return { backend, log, range, closing }
}

const kinds = ({ findings }: VerificationReport) => findings.map(({ kind, index }) => [kind, index])

test.each([1, 255, 256, 700])('a range of %i imported entries is information and no finding', async count => {
  const { log, range } = await importedLog(count)
  const report = await log.verify()
  expect(report).toMatchObject({ ok: true, findings: [] })
  expect(report.imported).toEqual(range)
})

test('a log without imported entries has none in its report', async () => {
  const log = new AuditLog()
  await log.record({ model: 'm', inputText: '', outputText: '' })
  expect(await log.verify()).not.toHaveProperty('imported')
})

test('a foreign entry after the range stays a finding', async () => {
  const { backend, log } = await importedLog(3)
  await backend.append([foreignLeaf(100)])
  const report = await log.verify()
  expect(kinds(report)).toEqual([['foreign-entry', 5]])
  expect(report.imported?.entries).toBe(3)
})

test('a range that was changed since is not explained by the entry that closes it', async () => {
  const changed = [foreignLeaf(0), foreignLeaf(1, 'changed'), foreignLeaf(2)]
  const report = await (await importedLog(3, {}, changed)).log.verify()
  expect(kinds(report)).toEqual([0, 1, 2].map(index => ['foreign-entry', index]))
  expect(report.imported).toBeUndefined()
})

test.each([
  ['fewer entries than there are', { entries: 2 }],
  ['more entries than there are', { entries: 4 }],
  ['no entries', { entries: 0 }],
  ['half an entry', { entries: 0.5 }],
  ['a short root', { root: new Uint8Array(31) }],
])('a claim of %s explains nothing', async (_, claimed) => {
  const report = await (await importedLog(3, claimed)).log.verify()
  expect(kinds(report)).toEqual([0, 1, 2].map(index => ['foreign-entry', index]))
})

test('a claim of an entry that is not in the log explains nothing', async () => {
  const leaves = [foreignLeaf(0), foreignLeaf(1), foreignLeaf(2)]
  const range = { entries: 2, root: rootOf(leaves.slice(0, 2)), source: '' }
  const claim = createEntry({
    model: IMPORT_MODEL,
    inputText: '',
    outputText: '',
    metadata: importMetadata(range),
  })
  class LyingBackend extends MemoryBackend {
    override async find(selection: Selection) {
      return selection.model === IMPORT_MODEL ? [placeEntry(claim, 2)] : super.find(selection)
    }
  }
  const backend = new LyingBackend()
  await backend.open()
  await backend.append(leaves)
  expect(kinds(await new AuditLog({ backend }).verify())).toHaveLength(3)
})

test('the claim of an entry that is itself foreign explains nothing', async () => {
  const leaves = [foreignLeaf(0), foreignLeaf(1)]
  const metadata = importMetadata({ entries: 2, root: rootOf(leaves), source: '' })
  const { entryId, timestamp } = foreignLeaf(2).entry
  const input = { model: IMPORT_MODEL, inputText: '', outputText: '', metadata }
  const backend = new MemoryBackend()
  await backend.open()
  await backend.append([...leaves, createLeaf(createEntry(input, { entryId, timestamp }))])
  expect(kinds(await new AuditLog({ backend }).verify())).toHaveLength(3)
})

test('a log that was imported with its own imported range explains both', async () => {
  const { backend, log } = await importedLog(3)
  const all = await backend.read(0, 5)
  const leaves = all.map(({ index, ...fields }) => createLeaf(Object.freeze(fields)))
  const metadata = importMetadata({ entries: 5, root: rootOf(leaves), source: 'another log' })
  await log.record({ model: IMPORT_MODEL, inputText: '', outputText: '', metadata })
  const report = await log.verify()
  expect(report).toMatchObject({ ok: true, imported: { entries: 5, source: 'another log' } })
})

test('a false claim after a true one brings back the findings behind the true one alone', async () => {
  const { backend, log } = await importedLog(3)
  await backend.append([foreignLeaf(100)])
  const metadata = importMetadata({ entries: 6, root: new Uint8Array(32), source: '' })
  await log.record({ model: IMPORT_MODEL, inputText: '', outputText: '', metadata })
  const report = await log.verify()
  expect(kinds(report)).toEqual([['foreign-entry', 5]])
  expect(report.imported?.entries).toBe(3)
})

test('a report of a range that is not explained counts the findings that it does not hold', async () => {
  const { log } = await importedLog(10_100, { root: new Uint8Array(32) })
  const { findings } = await log.verify()
  expect(findings).toHaveLength(10_000)
  expect(findings.at(-1)?.message).toContain('and 100 further findings')
})

test.each(['AUDIT_READ_FAILED', 'AUDIT_CORRUPT'] as const)(
  'a log that cannot be searched (%s) is verified without claims',
  async code => {
    const { backend, log } = await importedLog(3)
    backend.find = async () => {
      throw new AuditError(code, 'an index is gone')
    }
    const report = await log.verify()
    expect(kinds(report)).toEqual([0, 1, 2].map(index => ['foreign-entry', index]))
  },
)

test('an entry that was changed in a range is still found', async () => {
  const { backend, log } = await importedLog(3)
  const read = backend.read.bind(backend)
  backend.read = async (start, end) => {
    const entries = await read(start, end)
    return entries.map(entry => (entry.index === 1 ? { ...entry, user: 'mallory' } : entry))
  }
  const report = await log.verify()
  expect(kinds(report)).toContainEqual(['entry-changed', 1])
  expect(report.imported).toBeUndefined()
})
