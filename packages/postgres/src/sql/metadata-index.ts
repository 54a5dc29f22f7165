import { createHash } from 'node:crypto'
import { canonicalJson, type JsonValue } from '@audit/core/backend'
import pg from 'pg'
import { INDEXED_CHARACTERS } from './tables.ts'

/** The names of these indexes, as a regular expression of PostgreSQL and of JavaScript. */
export const METADATA_INDEX_NAME = '^entries_by_metadata_[0-9a-f]{32}$'

/** The name of the index of a key. A name has at most 63 bytes, so it contains a hash of the key. */
export function metadataIndexName(key: string): string {
  return `entries_by_metadata_${createHash('sha256').update(key).digest('hex').slice(0, 32)}`
}

/**
 * The canonical JSON of the value that a key has in `metadata`, in SQL; NULL if it has none. The type `json` keeps the text
 * as it is. PostgreSQL cannot unescape U+0000, so it becomes U+0001: see `isSpeltOnce`.
 */
export function metadataValueSql(key: string): string {
  return `(replace(metadata, E'\\\\u0000', E'\\\\u0001')::json -> ${pg.escapeLiteral(key)})::text`
}

/**
 * Whether the values of a key can be indexed: not if the key itself contains the escape that is replaced in the text, for it
 * would not be found there. Such a key is searched for without an index.
 */
export function isIndexable(key: string): boolean {
  return !key.includes('\\u0000')
}

/** What the index has of it. */
export function indexedValueSql(key: string): string {
  return `left(${metadataValueSql(key)}, ${INDEXED_CHARACTERS}) COLLATE "C"`
}

/** The same for a value that is looked for. */
export function indexedValueOf(value: JsonValue): string {
  const json = canonicalJson(value).replaceAll('\\u0000', '\\u0001')
  return Array.from(json.slice(0, 2 * INDEXED_CHARACTERS))
    .slice(0, INDEXED_CHARACTERS)
    .join('')
}

/** Whether the index has all of a value, and not only its beginning. */
export function isIndexedWhole(value: JsonValue): boolean {
  return canonicalJson(value).length <= INDEXED_CHARACTERS
}

/** Whether `metadataValueSql` is equal to a key's value for no other key and no other value. */
export function isSpeltOnce(key: string, value: JsonValue): boolean {
  const json = canonicalJson({ [key]: value })
  return !json.includes('\\u0000') && !json.includes('\\u0001')
}

/** The statement that creates the index of a key, blocking writers, or `CONCURRENTLY`. */
export function createMetadataIndex(key: string, how: '' | 'CONCURRENTLY'): string {
  return `CREATE INDEX ${how} IF NOT EXISTS ${metadataIndexName(key)} ON audit.entries (log, ${indexedValueSql(key)}, "timestamp", index)`
}

/** The index of a key as `pg_get_indexdef` spells it, but for `ONLY`. */
function definitionOf(key: string): string {
  const value = `(((replace(metadata, '\\u0000'::text, '\\u0001'::text))::json -> '${key.replaceAll("'", "''")}'::text))::text`
  return `CREATE INDEX ${metadataIndexName(key)} ON audit.entries USING btree (log, "left"(${value}, ${INDEXED_CHARACTERS}) COLLATE "C", "timestamp", index)`
}

/** Whether an index with such a name has the definition that belongs to it, as `pg_get_indexdef` spells it. */
export function isMetadataIndex(name: string, definition: string): boolean {
  const key = /::json -> '((?:[^']|'')+)'::text\)/.exec(definition)?.[1]?.replaceAll("''", "'")
  if (key === undefined || name !== metadataIndexName(key)) return false
  return definition.replace(/^(CREATE INDEX \w+ ON) ONLY /, '$1 ') === definitionOf(key) // it has partitions
}

/** The statements that create the indexes of keys in a transaction, and replace those that were never completed. */
export function createMetadataIndexes(keys: readonly string[]): string {
  return keys
    .filter(isIndexable)
    .map(
      key => `
DO $body$
BEGIN
  IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('audit.${metadataIndexName(key)}') AND NOT indisvalid) THEN
    DROP INDEX audit.${metadataIndexName(key)};
  END IF;
END
$body$;
${createMetadataIndex(key, '')};
`,
    )
    .join('')
}
