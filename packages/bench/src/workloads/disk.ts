import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type AuditEntry, decodeLine, encodeLine } from '@audit/core'
import Database from 'better-sqlite3'
import type { Measurements } from '../measurements.ts'
import { bytesOf, fileOf } from '../own/backends.ts'
import { FilledLog } from '../own/filled-log.ts'
import type { Scale } from '../scale.ts'
import { inNewFolder } from '../workplace.ts'

/** The name of a figure in bytes an entry. */
export function diskOf(backend: 'sqlite' | 'jsonl', part: string): string {
  return `disk/${backend}/${part}`
}

/** Where the bytes on disk go, an entry, on average. `texts` are those of input and output in UTF-8. */
export async function measureDisk(measurements: Measurements, { small }: Scale): Promise<void> {
  for (const backend of ['sqlite', 'jsonl'] as const) {
    await inNewFolder(async newFolder => {
      const folder = newFolder()
      const filled = new FilledLog(backend, folder, small)
      await filled.fill(small)
      await filled.log.close()
      const path = fileOf(backend, folder)
      const parts = backend === 'sqlite' ? partsOfDatabase(path) : await partsOfLines(path)
      for (const [part, bytes] of Object.entries(parts))
        measurements.add(diskOf(backend, part), bytes / small)
      const total = (await bytesOf(path)) / small
      const { texts = 0 } = parts
      measurements.add(diskOf(backend, 'total beyond the texts'), total - texts / small)
    })
  }
}

type Parts = Readonly<Record<string, number>>

function partsOfDatabase(path: string): Parts {
  const database = new Database(path, { readonly: true })
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

async function partsOfLines(path: string): Promise<Parts> {
  const parts = {
    texts: 0,
    escapes: 0,
    'the other fields': 0,
    'names of the fields, punctuation, newline': 0,
  }
  for await (const line of createInterface({ input: createReadStream(path) })) {
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
