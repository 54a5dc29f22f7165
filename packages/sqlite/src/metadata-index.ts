import type { ReadableDatabase } from './readable-database.ts'

// Each named key of the metadata has an index in the log itself, so that SQLite keeps it right for every writer, whatever
// keys that writer names. Its name says which key it is of, so that its definition can be told too.

/** How many characters of a value's JSON are in the index: a longer value must be compared as a whole. */
export const INDEXED_CHARACTERS = 128

/** U+0000 as JSON spells it. */
const NUL = '\\u0000'
/** A lone surrogate as JSON spells it. */
const NO_CHARACTER = '\\ud800'

/** A key has at most 256 UTF-16 code units, and so 768 bytes. */
const NAME = /^audit_log_by_metadata_((?:[0-9a-f]{2}){1,768})$/

/** The name of a key's index: in hexadecimal, because SQLite takes `Session` and `session` for the same name. */
export function metadataIndexName(key: string): string {
  return `audit_log_by_metadata_${Buffer.from(key).toString('hex')}`
}

/** The statement that creates a key's index: by the start of the value, then in the order of time. */
export function createMetadataIndexSql(key: string): string {
  return `CREATE INDEX ${metadataIndexName(key)} ON audit_log (${indexedValueSql(key)}, timestamp)`
}

/**
 * The start of a value's canonical JSON; `NULL` where the metadata lacks the key, or is damaged and no JSON. A query must
 * contain this very text to use the index.
 *
 * SQLite compares keys up to U+0000 only. So it takes `a` for `a\u0000b`, and the key is looked for a second time in a text
 * without U+0000, with a lone surrogate in its place, which no key has.
 */
export function indexedValueSql(key: string): string {
  const path = `'${`$.${JSON.stringify(key)}`.replaceAll("'", "''")}'`
  const hasKey = `(NOT instr(metadata, '${NUL}') OR replace(metadata, '${NUL}', '${NO_CHARACTER}') -> ${path} IS NOT NULL)`
  const value = `substr(metadata -> ${path}, 1, ${INDEXED_CHARACTERS})`
  return `CASE WHEN json_valid(metadata) AND ${hasKey} THEN ${value} END`
}

/** Whether a key can have an index: it must not contain the six characters of one of these two escapes. */
export function isIndexable(key: string): boolean {
  return !key.includes(NUL) && !key.includes(NO_CHARACTER)
}

/** The key whose index has this name; `undefined` if it is the name of something else. */
export function keyOfMetadataIndex(name: string): string | undefined {
  const [, hex] = NAME.exec(name) ?? []
  if (hex === undefined) return undefined
  const key = Buffer.from(hex, 'hex').toString()
  const isKey = metadataIndexName(key) === name && !key.includes('\0') && isIndexable(key) // it may be no UTF-8
  return isKey ? key : undefined
}

/** The keys that have an index with the right definition, in the order of their names. */
export function indexedKeys(database: ReadableDatabase): readonly string[] {
  const text =
    "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'audit_log' ORDER BY name"
  const indexes = database.prepare<[], { readonly name: string; readonly sql: string | null }>(text).all()
  return indexes.flatMap(({ name, sql }) => {
    const key = keyOfMetadataIndex(String(name))
    return key !== undefined && sql === createMetadataIndexSql(key) ? [key] : []
  })
}
