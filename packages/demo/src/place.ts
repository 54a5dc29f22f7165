import type { AuditBackend, AuditEntry } from '@audit/core'
import type { BackendName, DemoOptions } from './options.ts'
import { placeInJsonl } from './places/jsonl.ts'
import { placeInMemory } from './places/memory.ts'
import { placeInPostgres } from './places/postgres.ts'
import { placeInSqlite } from './places/sqlite.ts'

/** Where the demo keeps its log, and what is particular about that. */
export interface Place {
  readonly backend: AuditBackend
  /** Tries to change an entry past this software, and prints what comes of it. */
  showBypass?(entry: AuditEntry): Promise<void>
  /** Says where the log lies, and how to look into it without this software. */
  showWhereabouts(): void
  /** Ends what was started for the log, which is closed by then. */
  end?(): Promise<void>
}

const PLACES: Readonly<Record<BackendName, (options: DemoOptions) => Promise<Place>>> = {
  sqlite: placeInSqlite,
  jsonl: placeInJsonl,
  postgres: placeInPostgres,
  memory: placeInMemory,
}

/** Makes the backend that was asked for, on the place that was asked for or on a new one. */
export function choosePlace(options: DemoOptions): Promise<Place> {
  return PLACES[options.backend](options)
}
