import {
  type AuditError,
  digestOf,
  type EntryDigests,
  HASH_BYTES,
  type JsonObject,
  joinDigests,
  joinHashes,
  matchesMetadata,
  type Selection,
  type SummaryPart,
  type SummaryRequest,
} from '@audit/core/backend'
import { IndexChoice } from './index-choice.ts'
import type { Extent, RowPage } from './protocol.ts'
import type { ReadableDatabase } from './readable-database.ts'
import { entryOf, type Row, TEXT_BYTES_SQL } from './row.ts'
import {
  countSql,
  type EntryRange,
  findSql,
  leafHashesSql,
  MATCHES_BYTES,
  MATCHES_METADATA,
  NO_HASH,
  readSql,
  rootsSql,
  SIZE_SQL,
  type Sql,
} from './selection-sql.ts'
import { Statements } from './statements.ts'
import {
  damaged,
  mayHideBytes,
  metadataOf,
  metadataOfBytes,
  pageOf,
  type StoredRow,
  storedRow,
} from './stored-row.ts'
import { SummaryReader } from './summary-reader.ts'

/** The answer of `MATCHES_METADATA` if only the bytes can decide. */
const ASK_THE_BYTES = 2

/** Answers queries. */
export class LogReader {
  readonly #statements: Statements
  readonly #choice: IndexChoice
  readonly #summaries: SummaryReader

  constructor(database: ReadableDatabase) {
    this.#statements = new Statements(database)
    this.#choice = new IndexChoice(database, this.#statements)
    this.#summaries = new SummaryReader(database, this.#statements, this.#choice)
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
    return this.#statements.number({ text: SIZE_SQL, values: [] })
  }

  read(start: number, end: number): RowPage {
    return this.#page(readSql(start, end))
  }

  /** Computed from the rows, and not from the hashes beside them. */
  digests(start: number, end: number): EntryDigests {
    const rows = this.#rows(readSql(start, end))
    const { items, isPartial } = pageOf(rows, ({ row, metadata }) => digestOf(entryOf(row, metadata)))
    return joinDigests(items, isPartial)
  }

  find(selection: Selection): RowPage {
    if (selection.limit === 0) return { rows: [], isPartial: false }
    const key = this.#choice.narrowestKey(selection)
    const page = this.#page(findSql(selection, key))
    for (const row of page.rows)
      if (!isOf(selection, row, key)) throw damaged(row[0], 'is not what an index says of it')
    return page
  }

  count(selection: Selection): number {
    return this.#statements.number(countSql(selection, this.#choice.narrowestKey(selection)))
  }

  /** How many entries the log has, and whether a summary reads more than a few of them. */
  extent(request: SummaryRequest): Omit<Extent, 'isCopied'> {
    return { size: this.size(), isLong: this.#summaries.isLong(request) }
  }

  /** Sums up the entries of a selection that lie in a range of indexes. */
  summarize(request: SummaryRequest, range: EntryRange): readonly SummaryPart[] {
    return this.#summaries.summarize(request, range)
  }

  leafHashes(start: number, end: number): Uint8Array {
    const { text, values } = leafHashesSql(start, end)
    const hex = this.#statements
      .of(text)
      .pluck()
      .get(...values) as string | null // of no row
    if (hex?.includes(NO_HASH)) throw noHash()
    return new Uint8Array(Buffer.from(hex ?? '', 'hex')) // a copy, because a Buffer may share its memory
  }

  /** Subtree roots of a level, up to the first missing one. */
  roots(level: number, start: number, end: number): Uint8Array {
    const { text, values } = rootsSql(level, start, end)
    const found = this.#statements
      .of(text)
      .raw()
      .all(...values) as [place: number, root: unknown][] // its columns
    const gap = found.findIndex(([place], i) => place !== start + i)
    return join(found.slice(0, gap < 0 ? found.length : gap).map(([, root]) => root))
  }

  #page(sql: Sql): RowPage {
    const { items: rows, isPartial } = pageOf(this.#rows(sql), ({ row }) => row)
    return { rows, isPartial }
  }

  *#rows({ text, values }: Sql): Generator<StoredRow> {
    const statement = this.#statements.of(text).raw().safeIntegers()
    for (const columns of statement.iterate(...values))
      yield storedRow(columns as unknown[], index => this.#textBytes(index)) // raw returns arrays
  }

  #textBytes(index: number): readonly unknown[] {
    const found = this.#statements.of(TEXT_BYTES_SQL).raw().get(index)
    return Array.isArray(found) ? found : []
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
  if (hashes.length < stored.length) throw noHash()
  return joinHashes(hashes)
}

function noHash(): AuditError {
  return damaged(undefined, 'has a hash that is not one of 32 bytes')
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
