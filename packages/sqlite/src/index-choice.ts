import type { Selection } from '@audit/core/backend'
import { indexedKeys } from './metadata-index.ts'
import type { ReadableDatabase } from './readable-database.ts'
import { reachSql, SCHEMA_VERSION_SQL } from './selection-sql.ts'
import type { Statements } from './statements.ts'

/** Up to how many rows two indexes are compared, which takes some tens of microseconds. */
const COMPARED_ROWS = 1000

/** Knows which keys of the metadata have an index, and which index suits a selection. */
export class IndexChoice {
  readonly #database: ReadableDatabase
  readonly #statements: Statements
  #indexed: { readonly version: number; readonly keys: readonly string[] } | undefined

  constructor(database: ReadableDatabase, statements: Statements) {
    this.#database = database
    this.#statements = statements
  }

  /** The keys that have an index now: any process may create one at any time. */
  keys(): readonly string[] {
    const version = this.#statements.number({ text: SCHEMA_VERSION_SQL, values: [] })
    if (this.#indexed?.version !== version) this.#indexed = { version, keys: indexedKeys(this.#database) }
    return this.#indexed.keys
  }

  /** The key of the metadata filter whose index leads to the fewest rows; `undefined` if one of the log's own does. */
  narrowestKey(selection: Selection): string | undefined {
    const { entryId, user, model, metadata } = selection
    if (metadata === undefined || entryId !== undefined) return undefined
    const keys = this.keys().filter(key => Object.hasOwn(metadata, key))
    const candidates = user === undefined && model === undefined ? keys : [...keys, undefined]
    let [narrowest] = candidates
    if (candidates.length < 2) return narrowest
    let fewest = COMPARED_ROWS
    for (const key of candidates) {
      const rows = this.#statements.number(reachSql(selection, fewest, key))
      if (rows < fewest) [narrowest, fewest] = [key, rows]
    }
    return narrowest
  }
}
