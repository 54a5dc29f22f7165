import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { encodeLine, leafHash } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { freshPath, inputOf, openBackend, textsOf } from './scene.ts'

/** As SynapseKit writes it: Python's `json.dumps` of an entry with microseconds, an offset and a short id. */
function synapseKitLine(id: string, time: string, text: string): string {
  const escaped = JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return (
    `{"entry_id": "${id}", "timestamp": "2026-11-23T${time}+00:00", "user": "alice", "model": "gpt-4o", ` +
    `"input_text": ${escaped}, "output_text": "Paris.", "cost_usd": null, "latency_ms": null, "metadata": {}}\n`
  )
}

const FIRST = '0123456789abcdef0123456789abcdef'
const SECOND = 'fedcba9876543210fedcba9876543210'

test('a file of SynapseKit is read as its bytes say, and appended to', async () => {
  const path = freshPath()
  const lines =
    synapseKitLine(SECOND, '21:07:03.624441', 'Größe? 🦊') + synapseKitLine(FIRST, '21:07:03.624999', 'b')
  await writeFile(path, lines)
  const { log, damages } = await openBackend(path)
  const recorded = await log.record({ ...inputOf('c'), user: 'alice' })

  expect(recorded.index).toBe(2)
  expect(await log.query({ model: 'gpt-4o' })).toMatchObject([
    { entryId: SECOND, timestamp: '2026-11-23T21:07:03.624441+00:00', inputText: 'Größe? 🦊', index: 0 },
    { entryId: FIRST, inputText: 'b', index: 1 },
  ])
  expect(await log.count({ since: '2026-11-23T21:07:03.624Z', until: '2026-11-23T21:07:03.624Z' })).toBe(2)
  expect(await log.get('01234567-89AB-CDEF-0123-456789ABCDEF')).toMatchObject({ inputText: 'b' })
  expect(damages).toEqual([])
  expect(await readFile(path, 'utf8')).toBe(`${lines}${encodeLine(recorded)}\n`)
})

test('the leaf hash of a foreign line is that of its canonical form', async () => {
  const path = freshPath()
  await writeFile(path, synapseKitLine(FIRST, '21:07:03.624441', 'é'))
  const { backend } = await openBackend(path)
  const canonical =
    `{"cost_usd":null,"entry_id":"${FIRST}","input_text":"é","latency_ms":null,"metadata":{},"model":"gpt-4o",` +
    '"output_text":"Paris.","timestamp":"2026-11-23T21:07:03.624441+00:00","user":"alice"}'
  expect(Buffer.from(await backend.leafHashes(0, 1))).toEqual(Buffer.from(leafHash(canonical)))
})

test('the same id in another spelling is a duplicate', async () => {
  const path = freshPath()
  const spelt = '01234567-89AB-CDEF-0123-456789ABCDEF'
  await writeFile(path, synapseKitLine(FIRST, '21:00:00.1', 'a') + synapseKitLine(spelt, '21:00:00.2', 'b'))
  const { backend, damages } = await openBackend(path)
  expect(await textsOf(backend)).toEqual(['a'])
  expect(damages).toMatchObject([{ line: 2, reason: 'duplicate-id' }])
})

test('lines that others append while the log is open are seen, even if written in pieces', async () => {
  const path = freshPath()
  const { backend, log, damages } = await openBackend(path)
  await log.record(inputOf('own'))
  const line = synapseKitLine(FIRST, '21:07:03.624441', 'theirs')
  await appendFile(path, line.slice(0, 50))
  expect(await textsOf(backend)).toEqual(['own'])
  expect(await backend.damage()).toMatchObject([{ line: 2, reason: 'torn' }])
  await appendFile(path, line.slice(50))
  expect(await textsOf(backend)).toEqual(['own', 'theirs'])
  expect(await backend.damage()).toEqual([])
  expect(damages).toHaveLength(1)
})

test('line ends of Windows, blank lines and a byte order mark do no harm', async () => {
  const path = freshPath()
  const crlf = (text: string) => text.replace('\n', '\r\n')
  const first = crlf(synapseKitLine(FIRST, '21:00:00.1', 'a'))
  await writeFile(path, `\ufeff${first}\r\n \t\n\n${crlf(synapseKitLine(SECOND, '21:00:00.2', 'b'))}`)
  const { backend, damages } = await openBackend(path)
  expect(await textsOf(backend)).toEqual(['a', 'b'])
  expect(damages).toEqual([])
})

test.each([
  ['a key twice', (line: string) => line.replace('{', '{"user": "bob", ')],
  ['a key twice, once escaped', (line: string) => line.replace('{', '{"us\\u0065r": "bob", ')],
  ['a key of metadata twice', (line: string) => line.replace('{}', '{"a": {"b": [{"c": 1, "c": 2}]}}')],
  ['a number that no double holds', (line: string) => line.replace('{}', '{"n": 9007199254740993}')],
  ['a cost that no double holds', (line: string) => line.replace('"cost_usd": null', '"cost_usd": 1e400')],
])('a line that says two things at once is damaged: %s', async (_, change) => {
  const path = freshPath()
  const line = synapseKitLine(FIRST, '21:07:03.624441', 'x')
  expect(change(line)).not.toBe(line)
  await writeFile(path, change(line) + synapseKitLine(SECOND, '21:07:03.7', 'b'))
  const { backend, damages } = await openBackend(path)
  expect(await textsOf(backend)).toEqual(['b'])
  expect(damages).toMatchObject([{ line: 1, reason: 'not-entry' }])
})
