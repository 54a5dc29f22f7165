import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AuditEntry, AuditLog } from '@audit/core'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend } from '@audit/sqlite'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { openLog } from './open-log.ts'

const MARKED = {
  user: 'marked user',
  model: 'marked model',
  inputText: 'marked input',
  outputText: 'marked output',
  metadata: { key: 'marked metadata' },
  costUsd: 0.123456789,
  latencyMs: 98.7654321,
}

async function logOfThree() {
  const path = join(temporaryFolder(), 'audit.db')
  const log = openLog(path)
  await log.record({ ...MARKED, user: 'first', inputText: 'first' })
  const marked = await log.record(MARKED)
  await log.record({ ...MARKED, user: 'third', inputText: 'third' })
  const entries = await log.query()
  await log.close()
  return { path, entries, marked }
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes
}

async function allOf(log: AuditLog): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = []
  for await (const entry of log.entries()) entries.push(entry)
  return entries
}

/** Where these bytes stand in the file. */
function placesOf(file: Buffer, bytes: Buffer): number[] {
  const places: number[] = []
  for (let at = file.indexOf(bytes); at >= 0; at = file.indexOf(bytes, at + 1)) places.push(at)
  return places
}

test.each([
  ['entry id', (entry: AuditEntry) => Buffer.from(entry.entryId)],
  ['timestamp', (entry: AuditEntry) => Buffer.from(entry.timestamp)],
  ['user', () => Buffer.from(MARKED.user)],
  ['model', () => Buffer.from(MARKED.model)],
  ['cost', () => float(MARKED.costUsd)],
  ['latency', () => float(MARKED.latencyMs)],
  ['metadata', () => Buffer.from(MARKED.metadata.key)],
  ['input text', () => Buffer.from(MARKED.inputText)],
  ['output text', () => Buffer.from(MARKED.outputText)],
])('a changed byte in the %s is never returned, wherever it is', async (_, bytesOf) => {
  const { path, entries, marked } = await logOfThree()
  const file = readFileSync(path)
  const bytes = bytesOf(marked)
  const places = placesOf(file, bytes)
  expect(places.length).toBeGreaterThan(0)
  let refusals = 0
  for (const place of places) {
    const damaged = Buffer.from(file)
    damaged.writeUInt8(damaged.readUInt8(place + bytes.length - 1) ^ 1, place + bytes.length - 1)
    writeFileSync(path, damaged)
    const log = openLog(path)
    const { entryId, timestamp } = marked
    const answers = await Promise.allSettled([
      allOf(log),
      log.query(),
      log.query({ user: MARKED.user }),
      log.query({ model: MARKED.model }),
      log.query({ user: MARKED.user, model: MARKED.model }),
      log.query({ since: timestamp, until: timestamp }),
      log.get(entryId).then(entry => (entry ? [entry] : [])),
    ])
    await log.close()
    for (const answer of answers) {
      if (answer.status === 'fulfilled') expect(entries).toEqual(expect.arrayContaining(answer.value))
      else expect(answer.reason).toMatchObject({ code: 'AUDIT_CORRUPT' })
    }
    if (answers[0].status === 'fulfilled') expect(answers[0].value).toEqual(entries)
    else refusals++
  }
  expect(refusals).toBeGreaterThan(0)
})

test('a row missing from the middle does not end a read by index unnoticed', async () => {
  const { path } = await logOfThree()
  const database = new Database(path)
  const { sql } = database
    .prepare("SELECT sql FROM sqlite_schema WHERE name = 'audit_log_no_delete'")
    .get() as {
    sql: string // a trigger has its text there
  }
  database.exec(`DROP TRIGGER audit_log_no_delete; DELETE FROM audit_log WHERE "index" = 1; ${sql}`)
  database.close()
  await expect(allOf(openLog(path))).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})

test('a leaf hash that damage has turned into NULL is refused as damage', async () => {
  const { path, marked } = await logOfThree()
  const file = readFileSync(path)
  const blobOf32Bytes = 12 + 2 * 32 // its type in the header of a row (SQLite file format, section 2.1)
  let changed = 0
  for (const place of placesOf(file, Buffer.from(marked.entryId))) {
    const header = file.subarray(place - 12, place)
    const at = header.indexOf(blobOf32Bytes)
    if (at < 0) continue // an index
    header.writeUInt8(0, at)
    changed++
  }
  expect(changed).toBe(1)
  writeFileSync(path, file)
  const backend = new SqliteBackend({ path })
  await backend.open()
  onTestFinished(() => backend.close())
  await expect(backend.leafHashes(0, 3)).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
})
