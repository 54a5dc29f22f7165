import { type AuditBackend, AuditLog, MemoryBackend } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'
import { SqliteBackend } from '@audit/sqlite'

/** A backend that keeps its log in a file, and what it promises about a batch that a crash cut short. */
export interface FileBackend {
  readonly title: string
  readonly fileName: string
  /** Whether such a batch is there whole or not at all; otherwise whole entries from its front may be there. */
  readonly isAtomic: boolean
  create(path: string): AuditBackend
}

/** The backends that must survive whatever happens to their process and to their file. */
export const FILE_BACKENDS = {
  sqlite: {
    title: 'SQLite',
    fileName: 'audit.db',
    isAtomic: true,
    create: path => new SqliteBackend({ path }),
  },
  jsonl: {
    title: 'JSONL',
    fileName: 'audit.jsonl',
    isAtomic: false,
    // What is damaged is looked at through `damage()`.
    create: path => new JsonlBackend({ path, onDamage: () => {} }),
  },
} as const satisfies Readonly<Record<string, FileBackend>>

export type FileBackendId = keyof typeof FILE_BACKENDS

export const FILE_BACKEND_IDS = Object.keys(FILE_BACKENDS) as readonly FileBackendId[] // the keys of a constant

/** A new log on a file; without an id, one in memory. */
export function openLog(id: FileBackendId | undefined, path: string): AuditLog {
  return new AuditLog({ backend: id ? FILE_BACKENDS[id].create(path) : new MemoryBackend() })
}

/** The backend that a program was told to use. */
export function backendNamed(name: string | undefined): FileBackendId {
  const id = FILE_BACKEND_IDS.find(known => known === name)
  if (!id) throw new Error(`there is no backend ${name}; give one of ${FILE_BACKEND_IDS.join(', ')}`)
  return id
}
