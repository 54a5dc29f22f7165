import { writeFileSync } from 'node:fs'
import { digestsOf, type EntryFields, encodeLine } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { freshPath, leafOf, openBackend } from './scene.ts'

const { entry } = leafOf('text')
const OTHER_TIME = '2020-01-01T00:00:00.000Z'
/** What stands in a line around the id and the time. */
const IMITATED = `x,"entry_id":"${entry.entryId}","timestamp":"${OTHER_TIME}","user":"u"}`

const entries: Readonly<Record<string, EntryFields>> = {
  'of this package': entry,
  'with texts that imitate the keys': {
    ...entry,
    inputText: IMITATED,
    user: IMITATED,
    model: `,"timestamp":"`,
  },
  'with metadata that have the same keys': {
    ...entry,
    metadata: { entry_id: 'other', timestamp: OTHER_TIME, user: 'other' },
  },
  'with a time that is not that of its id': { ...entry, timestamp: OTHER_TIME },
  'with a time in another spelling': { ...entry, timestamp: entry.timestamp.replace('Z', '+00:00') },
  'with an id in another spelling': { ...entry, entryId: entry.entryId.toUpperCase() },
  'with a longer id': { ...entry, entryId: `${entry.entryId}0` },
  'with an id that goes on behind a quotation mark': { ...entry, entryId: `${entry.entryId}"` },
  'with a short id': { ...entry, entryId: '"' },
}

test.each(Object.entries(entries))('the digest of a line is that of its entry: %s', async (_, each) => {
  const path = freshPath()
  const line = encodeLine(each)
  writeFileSync(path, `${line}\n`)
  const { backend } = await openBackend(path)
  const read = await backend.read(0, 1)
  expect(read).toMatchObject([{ entryId: each.entryId, timestamp: each.timestamp }])
  expect(await backend.digests(0, 1)).toEqual(digestsOf(read, false))
  expect(await backend.inspect()).toEqual([])
})

test.each([
  ['a space behind it', (line: string) => `${line} `],
  ['a byte order mark before it', (line: string) => `\ufeff${line}`],
  ['an escape', (line: string) => line.replace('"text"', '"te\\u0078t"')],
  ['the number 250.0', (line: string) => line.replace('"latency_ms":null', '"latency_ms":250.0')],
  [
    'another order',
    (line: string) => line.replace('{"cost_usd":null,', '{').replace(/}$/, ',"cost_usd":null}'),
  ],
])('a line in another spelling has the digest of its entry, and is reported: %s', async (_, spell) => {
  const path = freshPath()
  const line = encodeLine(entry)
  expect(spell(line)).not.toBe(line)
  writeFileSync(path, `${spell(line)}\n`)
  const { backend } = await openBackend(path)
  expect(await backend.digests(0, 1)).toEqual(digestsOf(await backend.read(0, 1), false))
  expect(await backend.inspect()).toMatchObject([{ kind: 'foreign-entry', index: 0 }])
})
