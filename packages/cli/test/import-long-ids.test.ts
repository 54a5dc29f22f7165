import { AuditLog, MemoryBackend } from '@audit/core'
import { createEntry, createLeaf } from '@audit/core/backend'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ImportedEntries } from '../src/import/imported-entries.ts'
import { beginningOf, Importer } from '../src/import/importer.ts'
import type { Source } from '../src/import/source.ts'

const { signal } = new AbortController()
const TEXTS = { model: 'm', inputText: '', outputText: '' }
const TIMESTAMP = '2026-11-23T20:28:00.123Z'

/** A source whose ids are these. */
function sourceOf(ids: readonly string[]): Source {
  return {
    name: 'long.jsonl',
    format: 'jsonl',
    total: ids.length,
    findings: [],
    async *items() {
      for (const [i, entryId] of ids.entries()) {
        const fields = createEntry(TEXTS, { entryId, timestamp: TIMESTAMP })
        const original = { entry_id: entryId, timestamp: TIMESTAMP }
        yield { where: `line ${i + 1}`, entry: { fields, original, hasLostNumber: false } }
      }
    },
    sha256: async () => undefined,
    [Symbol.asyncDispose]: async () => {},
  }
}

test('no long id stands in a Set as it is, in which thousands of them would share a bucket', async () => {
  const long = (end: string) => 'x'.repeat(20_000) + end
  const backend = new MemoryBackend()
  const log = new AuditLog({ backend })
  await log.open()
  const source = sourceOf([long('a'), long('b'), long('a')])
  const lock = { assertHeld() {} } as ConstructorParameters<typeof Importer>[1]['lock'] // nobody else is there
  const listener = { signal, onRead() {}, async onOmitted() {} }

  const add = vi.spyOn(Set.prototype, 'add')
  onTestFinished(() => add.mockRestore())
  const start = await beginningOf(source, backend)
  const report = await new Importer(source, { log, backend, lock, name: 'log' }, listener).keep(start ?? 0)
  const known = await ImportedEntries.of(log, signal)
  const texts = add.mock.calls.flatMap(([item]) => (typeof item === 'string' ? [item.length] : []))

  expect(Math.max(...texts)).toBeLessThan(1000)
  expect(report).toMatchObject({ entries: 2, omitted: 1 })
  const leafWith = (end: string, user: string) =>
    createLeaf(createEntry({ ...TEXTS, user }, { entryId: long(end), timestamp: TIMESTAMP }))
  expect(known.compare(leafWith('a', 'anonymous'))).toBe('same')
  expect(known.compare(leafWith('a', 'eve'))).toBe('other')
  expect(known.compare(leafWith('c', 'anonymous'))).toBe('none')
})
