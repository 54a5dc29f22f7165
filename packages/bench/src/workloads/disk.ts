import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type AuditEntry, decodeLine, encodeLine } from '@audit/core/backend'
import Database from 'better-sqlite3'
import { poolOn } from '../databases.ts'
import type { Measurements } from '../measurements.ts'
import { bytesOf, type DiskBackendName } from '../own/backends.ts'
import { NAMED_KEYS } from '../own/conversations.ts'
import { FilledLog } from '../own/filled-log.ts'
import { fileOf } from '../own/log-file.ts'
import type { Scale } from '../scale.ts'
import type { Workplace } from '../workplace.ts'

/** All bytes of a log on disk but those of the texts of input and output in UTF-8. */
export const TOTAL = 'total beyond the texts'

/** The name of a figure in bytes an entry. */
export function diskOf(backend: DiskBackendName, part: string): string {
  return `disk/${backend}/${part}`
}

/** Fills a small log, and tells where the bytes on disk go; and another, with an index of a key. */
export async function measureDisk(
  measurements: Measurements,
  { small }: Scale,
  backend: DiskBackendName,
  inPlaces: Workplace,
): Promise<void> {
  await inPlaces(async newPlace => {
    const filled = async (keys: readonly string[]) => {
      const place = await newPlace()
      const log = new FilledLog(backend, place, small, keys)
      await log.fill()
      await log.log.close()
      return place
    }
    const plain = await filled([])
    const [key] = NAMED_KEYS
    const more = (await bytesOf(backend, await filled([key]))) - (await bytesOf(backend, plain))
    const { texts, ...others } = await PARTS[backend](plain)
    const beyond = (await bytesOf(backend, plain)) - texts
    const parts = { texts, ...others, [TOTAL]: beyond, 'more with one named key': more }
    for (const [part, bytes] of Object.entries(parts)) {
      measurements.add(diskOf(backend, part), bytes / small)
    }
  })
}

type Parts = Readonly<Record<string, number>> & { readonly texts: number }

const PARTS: Readonly<Record<DiskBackendName, (place: string) => Promise<Parts>>> = {
  sqlite: partsOfFile,
  jsonl: partsOfLines,
  postgres: partsOfTables,
}

async function partsOfFile(folder: string): Promise<Parts> {
  const database = new Database(fileOf('sqlite', folder), { readonly: true })
  try {
    const bytesOfColumns = (...columns: string[]) =>
      database
        .prepare<[], number>(
          `SELECT ${columns.map(c => `sum(octet_length(${c}))`).join(' + ')} FROM audit_log`,
        )
        .pluck()
        .get() ?? 0
    const pages = new Map(
      database
        .prepare<[], [string, number]>('SELECT name, sum(pgsize) FROM dbstat GROUP BY name')
        .raw()
        .all(),
    )
    const table = pages.get('audit_log') ?? 0
    const indexes = [...pages].filter(([name]) => name.startsWith('audit_log_'))
    const texts = bytesOfColumns('input_text', 'output_text')
    const fields = bytesOfColumns('entry_id', 'timestamp', 'user', 'model', 'metadata')
    const hashes = bytesOfColumns('leaf_hash')
    return {
      texts,
      'the other fields': fields,
      'leaf hash': hashes,
      'numbers, row and page headers, unused parts of pages': table - texts - fields - hashes,
      ...Object.fromEntries(
        indexes.map(([name, bytes]) => [`index ${name.replace('audit_log_', '')}`, bytes]),
      ),
    }
  } finally {
    database.close()
  }
}

async function partsOfLines(folder: string): Promise<Parts> {
  const parts = {
    texts: 0,
    escapes: 0,
    'the other fields': 0,
    'names of the fields, punctuation, newline': 0,
  }
  for await (const line of createInterface({ input: createReadStream(fileOf('jsonl', folder)) })) {
    const entry = decodeLine(line)
    const texts = bytes(entry.inputText) + bytes(entry.outputText)
    const written = bytes(JSON.stringify(entry.inputText)) + bytes(JSON.stringify(entry.outputText)) - 4
    const others = bytesOfOthers(entry)
    parts.texts += texts
    parts.escapes += written - texts
    parts['the other fields'] += others
    parts['names of the fields, punctuation, newline'] += bytes(encodeLine(entry)) + 1 - written - others
  }
  return parts
}

/** PostgreSQL compresses the texts of rows beyond 2 KB: the table is then smaller than what is in it. */
async function partsOfTables(database: string): Promise<Parts> {
  const pool = poolOn(database)
  const { rows: columns } = await pool.query<Record<string, string>>(
    `SELECT sum(octet_length(input_text) + octet_length(output_text)) AS texts,
       sum(octet_length(entry_id) + octet_length("user") + octet_length(model) + octet_length(metadata)) AS fields,
       sum(octet_length(leaf_hash)) AS hashes, pg_table_size('audit.entries') AS table
     FROM audit.entries`,
  )
  const [{ texts = 0, fields = 0, hashes = 0, table = 0 } = {}] = columns
  const { rows: indexes } = await pool.query<{ readonly name: string; readonly bytes: string }>(
    `SELECT replace(indexrelid::regclass::text, 'audit.entries_', '') AS name, pg_relation_size(indexrelid) AS bytes
     FROM pg_index WHERE indrelid = 'audit.entries'::regclass ORDER BY name`,
  )
  return {
    texts: Number(texts),
    'the other fields': Number(fields),
    'leaf hash': Number(hashes),
    'numbers, row and page headers, unused parts of pages, less what is compressed':
      Number(table) - Number(texts) - Number(fields) - Number(hashes),
    ...Object.fromEntries(indexes.map(({ name, bytes }) => [`index ${name}`, Number(bytes)])),
  }
}

function bytesOfOthers({
  entryId,
  timestamp,
  user,
  model,
  costUsd,
  latencyMs,
  metadata,
}: Omit<AuditEntry, 'index'>) {
  const values = [
    entryId,
    timestamp,
    user,
    model,
    String(costUsd),
    String(latencyMs),
    JSON.stringify(metadata),
  ]
  return values.reduce((sum, value) => sum + bytes(value), 0)
}

function bytes(text: string): number {
  return Buffer.byteLength(text)
}
