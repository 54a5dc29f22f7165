import { AuditError, HASH_BYTES, type JsonObject, matchesMetadata, type Selection } from '@audit/core'
import { checksumOf } from './checksum.ts'
import type { Database, Statement } from './driver.ts'
import type { Row } from './protocol.ts'
import { countSql, findSql, MATCHES_METADATA, ROW_COLUMNS, type Sql } from './selection-sql.ts'

type Values = Sql['values'][number][]

/** Answers queries. */
export class LogReader {
  readonly #database: Database
  /** By their text. The texts that selections lead to are few: they differ in what is given, not in its values. */
  readonly #statements = new Map<string, Statement<Values, unknown>>()

  constructor(database: Database) {
    this.#database = database
    database.function(MATCHES_METADATA, { deterministic: true, directOnly: true }, metadataMatcher())
  }

  size(): number {
    return this.#number({ text: 'SELECT coalesce(max("index") + 1, 0) FROM audit_log', values: [] })
  }

  read(start: number, end: number): Row[] {
    const text = `SELECT ${ROW_COLUMNS}, crc FROM audit_log WHERE "index" >= ? AND "index" < ? ORDER BY "index"`
    return this.#rows({ text, values: [start, end] })
  }

  find(selection: Selection): Row[] {
    if (selection.limit === 0) return []
    const rows = this.#rows(findSql(selection))
    for (const row of rows)
      if (!isOf(selection, row)) throw damaged(row[0], 'is not what an index says of it')
    return rows
  }

  count(selection: Selection): number {
    return this.#number(countSql(selection))
  }

  leafHashes(start: number, end: number): Uint8Array {
    const text = 'SELECT leaf_hash FROM audit_log WHERE "index" >= ? AND "index" < ? ORDER BY "index"'
    return join(this.#statement(text).pluck().all(start, end))
  }

  /** Subtree roots of a level, up to the first that is missing. */
  roots(level: number, start: number, end: number): Uint8Array {
    const text =
      'SELECT place, root FROM audit_log_subtrees WHERE level = ? AND place >= ? AND place < ? ORDER BY place'
    const found = this.#statement(text).raw().all(level, start, end) as [place: number, root: unknown][] // its columns
    const gap = found.findIndex(([place], i) => place !== start + i)
    return join(found.slice(0, gap < 0 ? found.length : gap).map(([, root]) => root))
  }

  #rows({ text, values }: Sql): Row[] {
    const found = this.#statement(text)
      .raw()
      .all(...values) as unknown[][]
    return found.map(columns => {
      const checksum = columns.pop()
      const row = columns as unknown as Row // the columns are ROW_COLUMNS and crc
      if (checksumOf(row) !== checksum) throw damaged(row[0], 'does not match its checksum')
      return row
    })
  }

  #number({ text, values }: Sql): number {
    return this.#statement(text)
      .pluck()
      .get(...values) as number // an aggregate gives one row, and here a number
  }

  #statement(text: string): Statement<Values, unknown> {
    const known = this.#statements.get(text)
    if (known) return known
    const statement = this.#database.prepare<Values, unknown>(text)
    this.#statements.set(text, statement)
    return statement
  }
}

/** Whether the row has what was sought in an index, for the index itself may be damaged. */
function isOf(selection: Selection, [, entryId, timestamp, user, model]: Row): boolean {
  return (
    (selection.entryId ?? entryId) === entryId &&
    (selection.user ?? user) === user &&
    (selection.model ?? model) === model &&
    (selection.since ?? timestamp) <= timestamp &&
    (selection.until ?? timestamp) >= timestamp
  )
}

/** Of a damaged file, a column gives anything, whatever its type was declared to be. */
function join(hashes: readonly unknown[]): Uint8Array {
  const joined = new Uint8Array(hashes.length * HASH_BYTES)
  for (const [i, hash] of hashes.entries()) {
    if (!(hash instanceof Uint8Array) || hash.length !== HASH_BYTES)
      throw new AuditError('AUDIT_CORRUPT', 'a stored hash is not one of 32 bytes')
    joined.set(hash, i * HASH_BYTES)
  }
  return joined
}

function damaged(index: number, fault: string): AuditError {
  return new AuditError(
    'AUDIT_CORRUPT',
    `entry ${index} ${fault}: keep a copy of the file as it is, then see \`PRAGMA integrity_check\``,
  )
}

/** The SQL function that compares metadata as JSON. The filter stays the same for all rows of a query. */
function metadataMatcher(): (metadata: string, filter: string) => number {
  let text = '{}'
  let filter: JsonObject = {}
  return (metadata, filterText) => {
    if (filterText !== text) {
      filter = JSON.parse(filterText)
      text = filterText
    }
    return matchesMetadata(filter, parseMetadata(metadata)) ? 1 : 0
  }
}

function parseMetadata(text: string): JsonObject {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AuditError('AUDIT_CORRUPT', 'the metadata of an entry is not JSON', { cause })
  }
}
