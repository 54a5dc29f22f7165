import type { Database } from './database.ts'
import { isIndexable, isMetadataIndex, metadataIndexName } from './sql/metadata-index.ts'
import { orderedQuery } from './sql/ordered-query.ts'

/** How long to wait before looking again for an index that is missing. */
const LOOK_AGAIN_MS = 5000

/** An index of a key, as a server has it. */
export interface IndexState {
  readonly key: string
  /** Whether it is missing, is not complete, can be used, or has the name but another definition. */
  readonly state: 'missing' | 'incomplete' | 'valid' | 'foreign'
}

/** The indexes of metadata keys on one server. One that is not there is not used: queries then scan. */
export class MetadataIndexes {
  readonly #database: Database
  readonly #keys: readonly string[]
  #usable: ReadonlySet<string> = new Set()
  #looked = Number.NEGATIVE_INFINITY

  constructor(database: Database, keys: readonly string[]) {
    this.#database = database
    this.#keys = keys.filter(isIndexable)
  }

  /** The keys whose index can be used. An index may still be built elsewhere, or be on its way to a replica. */
  async usable(): Promise<ReadonlySet<string>> {
    const isComplete = this.#usable.size === this.#keys.length
    if (!isComplete && performance.now() - this.#looked > LOOK_AGAIN_MS) await this.states()
    return this.#usable
  }

  /** Asks the server. */
  async states(): Promise<readonly IndexState[]> {
    if (this.#keys.length === 0) return []
    this.#looked = performance.now()
    const rows = await this.#database.rows<{ name: string; definition: string; valid: string }>(
      orderedQuery('name name, definition text, valid boolean', bind => {
        const names = this.#keys.map(key => bind(metadataIndexName(key)))
        return `SELECT relname, pg_get_indexdef(indexrelid), indisvalid AND indisready AND indislive
          FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
          WHERE indrelid = 'audit.entries'::regclass AND relname IN (${names.join(', ')})`
      }),
    )
    const states = this.#keys.map((key): IndexState => {
      const row = rows.find(({ name }) => name === metadataIndexName(key))
      if (!row) return { key, state: 'missing' }
      if (!spellingsOf(row.definition).some(spelt => isMetadataIndex(row.name, spelt)))
        return { key, state: 'foreign' }
      return { key, state: row.valid === 't' ? 'valid' : 'incomplete' }
    })
    this.#usable = new Set(states.filter(({ state }) => state === 'valid').map(({ key }) => key))
    return states
  }
}

/** A session without `standard_conforming_strings` spells each backslash twice. */
function spellingsOf(definition: string): readonly string[] {
  return [definition, definition.replaceAll('\\\\', '\\')]
}
