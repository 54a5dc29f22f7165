import { randomUUID } from 'node:crypto'
import { type AuditBackend, MemoryBackend } from '@audit/core'
import { PostgresBackend } from '@audit/postgres'
import type { BackendPlace, CreatePlace } from '@audit/testkit'
import { inject } from 'vitest'
import { FILE_BACKENDS } from './file-backends.ts'
import { TemporaryFolder } from './temporary-folder.ts'

/** All backends: makes a fresh place for one log. */
export const BACKENDS = {
  memory: () => ({ open: () => new MemoryBackend(), teardown: () => {} }),
  sqlite: () => placeInFile(FILE_BACKENDS.sqlite),
  jsonl: () => placeInFile(FILE_BACKENDS.jsonl),
  postgres: placeInPostgres,
} as const satisfies Readonly<Record<string, CreatePlace>>

export const BACKEND_NAMES = Object.keys(BACKENDS) as readonly (keyof typeof BACKENDS)[] // the keys of a constant

function placeInFile(create: (path: string) => AuditBackend): BackendPlace {
  const folder = new TemporaryFolder()
  return { open: () => create(folder.file('log')), teardown: () => folder[Symbol.dispose]() }
}

/** A log stays in the database, and goes with the server. */
async function placeInPostgres(): Promise<BackendPlace> {
  const log = `acceptance ${randomUUID()}`
  const open = () => new PostgresBackend({ connectionString: inject('url'), log })
  const backend = open()
  await backend.migrate()
  await backend.close()
  return { open, teardown: () => {} }
}
