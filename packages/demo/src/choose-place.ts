import type { BackendName, DemoOptions } from './options.ts'
import type { Place } from './place.ts'
import { placeInJsonl } from './places/jsonl.ts'
import { placeInMemory } from './places/memory.ts'
import { placeInPostgres } from './places/postgres.ts'
import { placeInSqlite } from './places/sqlite.ts'

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
