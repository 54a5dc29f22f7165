import { type AuditBackend, AuditLog, MemoryBackend } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'
import { SqliteBackend } from '@audit/sqlite'
import { FilePlace } from './file-place.ts'
import type { Place } from './place.ts'
import { openPostgres, PostgresPlace } from './postgres-place.ts'

/** A backend, and where it keeps a log. */
export interface Backend {
  readonly title: string
  /** Makes a new place for one log. */
  makePlace(): Promise<Place>
  /** An instance on the place of this address, in whichever process. */
  open(address: string): AuditBackend
}

/** A backend whose logs outlive their process, and what it promises about a batch that a crash cut short. */
export interface DurableBackend extends Backend {
  /** Whether such a batch is there whole or not at all; otherwise whole entries from its front may be there. */
  readonly isAtomic: boolean
}

/** A backend that keeps a log in a file: its address is the path. */
export interface FileBackend extends DurableBackend {
  readonly fileName: string
}

/** The backends that must survive whatever happens to their file. */
export const FILE_BACKENDS = {
  sqlite: inFile({
    title: 'SQLite',
    fileName: 'audit.db',
    isAtomic: true,
    open: path => new SqliteBackend({ path }),
  }),
  jsonl: inFile({
    title: 'JSONL',
    fileName: 'audit.jsonl',
    isAtomic: false,
    // What is damaged is looked at through `damage()`.
    open: path => new JsonlBackend({ path, onDamage: () => {} }),
  }),
} as const satisfies Readonly<Record<string, FileBackend>>

/** The backends that must survive whatever happens to their process. */
export const DURABLE_BACKENDS = {
  ...FILE_BACKENDS,
  postgres: {
    title: 'PostgreSQL',
    isAtomic: true,
    makePlace: () => PostgresPlace.create(),
    open: openPostgres,
  },
} as const satisfies Readonly<Record<string, DurableBackend>>

/** All backends. */
export const BACKENDS = {
  memory: {
    title: 'memory',
    makePlace: async () => ({
      address: '',
      settled: async () => {},
      [Symbol.asyncDispose]: async () => {},
    }),
    open: () => new MemoryBackend(),
  },
  ...DURABLE_BACKENDS,
} as const satisfies Readonly<Record<string, Backend>>

export type FileBackendId = keyof typeof FILE_BACKENDS
export type DurableBackendId = keyof typeof DURABLE_BACKENDS
export type BackendId = keyof typeof BACKENDS

// The keys of constants.
export const FILE_BACKEND_IDS = Object.keys(FILE_BACKENDS) as readonly FileBackendId[]
export const DURABLE_BACKEND_IDS = Object.keys(DURABLE_BACKENDS) as readonly DurableBackendId[]
export const BACKEND_IDS = Object.keys(BACKENDS) as readonly BackendId[]

/** A log on the place of this address. */
export function openLog(id: BackendId, address: string): AuditLog {
  return new AuditLog({ backend: BACKENDS[id].open(address) })
}

/** The backend that a program was told to use. */
export function backendNamed(name: string | undefined): BackendId {
  const id = BACKEND_IDS.find(known => known === name)
  if (!id) throw new Error(`there is no backend ${name}; give one of ${BACKEND_IDS.join(', ')}`)
  return id
}

function inFile(backend: Omit<FileBackend, 'makePlace'>): FileBackend {
  return { ...backend, makePlace: async () => new FilePlace(backend.fileName) }
}
