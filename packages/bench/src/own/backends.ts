import { stat } from 'node:fs/promises'
import { type AuditBackend, MemoryBackend } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'
import { PostgresBackend } from '@audit/postgres'
import { SqliteBackend } from '@audit/sqlite'
import { poolOn } from '../databases.ts'
import { type FileBackendName, fileOf } from './log-file.ts'

/** The backends that need no server. */
export const LOCAL_BACKENDS = ['sqlite', 'jsonl', 'memory'] as const

/** The backends of this project that are measured while they grow. */
export type BackendName = (typeof LOCAL_BACKENDS)[number] | 'postgres'
/** Those that keep a log on a disk. */
export type DiskBackendName = FileBackendName | 'postgres'

/** As they stand in tables and plots. */
export const TITLES: Readonly<Record<BackendName, string>> = {
  sqlite: 'SQLite',
  jsonl: 'JSONL',
  memory: 'memory',
  postgres: 'PostgreSQL',
}

/** A backend with its log in this place, a folder or a database, and with an index of each of these keys of the metadata. */
export function newBackend(
  name: BackendName,
  place: string,
  metadataIndexes: readonly string[] = [],
): AuditBackend {
  switch (name) {
    case 'memory':
      return new MemoryBackend({ metadataIndexes })
    case 'sqlite':
      return new SqliteBackend({ path: fileOf(name, place), metadataIndexes })
    case 'jsonl':
      return new JsonlBackend({ path: fileOf(name, place), metadataIndexes })
    case 'postgres':
      return new PostgresBackend({ pool: poolOn(place), metadataIndexes })
  }
}

/** What any call to a log in this place takes at least: a server's answer to nothing. Where there is no server, nothing. */
export async function roundTrip(name: BackendName, place: string): Promise<void> {
  if (name === 'postgres') await poolOn(place).query('SELECT 1')
}

/** Bytes on disk: with the entries that SQLite has not yet moved into its main file, and with the indexes of PostgreSQL. */
export async function bytesOf(name: DiskBackendName, place: string): Promise<number> {
  if (name !== 'postgres') {
    const path = fileOf(name, place)
    return (await sizeOf(path)) + (await sizeOf(`${path}-wal`))
  }
  const { rows } = await poolOn(place).query(
    `SELECT pg_total_relation_size('audit.entries') + pg_total_relation_size('audit.subtrees') AS bytes`,
  )
  return Number(rows[0]?.bytes)
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}
