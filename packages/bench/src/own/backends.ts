import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type AuditBackend, MemoryBackend } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'
import { SqliteBackend } from '@audit/sqlite'

/** The backends of this project that are measured while they grow. */
export const BACKENDS = ['sqlite', 'jsonl', 'memory'] as const
export type BackendName = (typeof BACKENDS)[number]

/** As they stand in tables and plots. */
export const TITLES: Readonly<Record<BackendName, string>> = {
  sqlite: 'SQLite',
  jsonl: 'JSONL',
  memory: 'memory',
}

/** Where a backend keeps its log in a folder. */
export function fileOf(name: BackendName, folder: string): string {
  return join(folder, name === 'sqlite' ? 'audit.db' : 'audit.jsonl')
}

/** A backend with its log in this folder. */
export function newBackend(name: BackendName, folder: string): AuditBackend {
  if (name === 'memory') return new MemoryBackend()
  const path = fileOf(name, folder)
  return name === 'sqlite' ? new SqliteBackend({ path }) : new JsonlBackend({ path })
}

/** Bytes on disk, with the entries that SQLite has not yet moved into its main file. */
export async function bytesOf(path: string): Promise<number> {
  const sizes = [path, `${path}-wal`].map(async file => (await stat(file).catch(() => undefined))?.size ?? 0)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
