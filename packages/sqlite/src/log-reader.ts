import { HASH_BYTES, type JsonObject, joinHashes, matchesMetadata, type Selection } from '@audit/core/backend'
import { indexedKeys } from './metadata-index.ts'
import type { RowPage } from './protocol.ts'
import type { ReadableDatabase, ReadableStatement } from './readable-database.ts'
import { type Row, TEXT_BYTES_SQL } from './row.ts'
import {
  countSql,
  findSql,
  leafHashesSql,
  MATCHES_BYTES,
  MATCHES_METADATA,
  reachSql,
  readSql,
  rootsSql,
  SCHEMA_VERSION_SQL,
  SIZE_SQL,
  type Sql,
} from './selection-sql.ts'
import { damaged, mayHideBytes, metadataOf, metadataOfBytes, pageOf, storedRow } from './stored-row.ts'

type Values = Sql['values'][number][]

/** The answer of `MATCHES_METADATA` if only the bytes can decide. */
const ASK_THE_BYTES = 2
/** How many rows two indexes are compared by, in some tens of microseconds. */
const COMPARED_ROWS = 1000

/** Answers queries. */
export class LogReader {
  readonly #database: ReadableDatabase
  /** By their text. Selections lead to few texts, which depend on the filters that are present and not on their values. */
  readonly #statements = new Map<string, ReadableStatement<Values, unknown>>()

  /** The keys of the metadata that have an index in this version of the schema. */
  #indexed: { readonly version: number; readonly keys: readonly string[] } | undefined

  constructor(database: ReadableDatabase) {
    this.#database = database
    const options = { deterministic: true, directOnly: true }
    const filterOf = filterParser()
    const matches = (filter: string, metadata: JsonObject) =>
      Number(matchesMetadata(filterOf(filter), metadata))
    database.function(MATCHES_METADATA, options, (metadata: unknown, filter: string) =>
      mayHideBytes(metadata) ? ASK_THE_BYTES : matches(filter, metadataOf(metadata)),
    )
    database.function(MATCHES_BYTES, options, (metadata: unknown, filter: string) =>
      matches(filter, metadataOfBytes(metadata)),
    )
  }

  size(): number {
    return this.#number({ text: SIZE_SQL, values: [] })
  }

  read(start: number, end: number): RowPage {
    return pageOf(this.#rows(readSql(start, end)))
  }

  find(selection: Selection): RowPage {
    if (selection.limit === 0) return { rows: [], isPartial: false }
    const key = this.#narrowestKey(selection)
    const page = pageOf(this.#rows(findSql(selection, key)))
    for (const row of page.rows)
      if (!isOf(selection, row, key)) throw damaged(row[0], 'is not what an index says of it')
    return page
  }

  count(selection: Selection): number {
    return this.#number(countSql(selection, this.#narrowestKey(selection)))
  }

  leafHashes(start: number, end: number): Uint8Array {
    const { text, values } = leafHashesSql(start, end)
    return join(
      this.#statement(text)
        .pluck()
        .all(...values),
    )
  }

  /** Subtree roots of a level, up to the first missing one. */
  roots(level: number, start: number, end: number): Uint8Array {
    const { text, values } = rootsSql(level, start, end)
    const found = this.#statement(text)
      .raw()
      .all(...values) as [place: number, root: unknown][] // its columns
    const gap = found.findIndex(([place], i) => place !== start + i)
    return join(found.slice(0, gap < 0 ? found.length : gap).map(([, root]) => root))
  }

  /** The key of the metadata filter whose index leads to the fewest rows; `undefined` if one of the log's own does. */
  #narrowestKey(selection: Selection): string | undefined {
    const { entryId, user, model, metadata } = selection
    if (metadata === undefined || entryId !== undefined) return undefined
    const keys = this.#indexedKeys().filter(key => Object.hasOwn(metadata, key))
    const candidates = user === undefined && model === undefined ? keys : [...keys, undefined]
    let [narrowest] = candidates
    if (candidates.length < 2) return narrowest
    let fewest = COMPARED_ROWS
    for (const key of candidates) {
      const rows = this.#number(reachSql(selection, fewest, key))
      if (rows < fewest) [narrowest, fewest] = [key, rows]
    }
    return narrowest
  }

  /** Another process may create an index at any time. */
  #indexedKeys(): readonly string[] {
    const version = this.#number({ text: SCHEMA_VERSION_SQL, values: [] })
    if (this.#indexed?.version !== version) this.#indexed = { version, keys: indexedKeys(this.#database) }
    return this.#indexed.keys
  }

  *#rows({ text, values }: Sql): Generator<Row> {
    const statement = this.#statement(text).raw().safeIntegers()
    for (const columns of statement.iterate(...values))
      yield storedRow(columns as unknown[], index => this.#textBytes(index)) // raw returns arrays
  }

  #textBytes(index: number): readonly unknown[] {
    const found = this.#statement(TEXT_BYTES_SQL).raw().get(index)
    return Array.isArray(found) ? found : []
  }

  #number({ text, values }: Sql): number {
    return this.#statement(text)
      .pluck()
      .get(...values) as number // an aggregate returns one row, here with a number
  }

  #statement(text: string): ReadableStatement<Values, unknown> {
    const known = this.#statements.get(text)
    if (known) return known
    const statement = this.#database.prepare<Values, unknown>(text)
    this.#statements.set(text, statement)
    return statement
  }
}

/** Whether the row really matches, because the SQL index that led to it may be damaged. */
function isOf(selection: Selection, row: Row, key: string | undefined): boolean {
  const [, entryId, timestamp, user, model, , , metadata] = row
  return (
    (selection.entryId ?? entryId) === entryId &&
    (selection.user ?? user) === user &&
    (selection.model ?? model) === model &&
    (selection.since ?? timestamp) <= timestamp &&
    (selection.until ?? timestamp) >= timestamp &&
    (key === undefined || matchesMetadata(selection.metadata ?? {}, JSON.parse(metadata)))
  )
}

/** In a damaged file, a column may hold a value of any type, whatever was declared. */
function join(stored: readonly unknown[]): Uint8Array {
  const hashes = stored.filter(isHash)
  if (hashes.length < stored.length) throw damaged(undefined, 'has a hash that is not one of 32 bytes')
  return joinHashes(hashes)
}

function isHash(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === HASH_BYTES
}

/** Caches the parsed filter, which is the same for all rows of a query. */
function filterParser(): (text: string) => JsonObject {
  let known = '{}'
  let filter: JsonObject = {}
  return text => {
    if (text !== known) {
      filter = JSON.parse(text)
      known = text
    }
    return filter
  }
}
