import { type AuditEntry, canonicalJson, type EntryFields, type JsonObject } from '@audit/core/backend'

/** An entry's values in the order of the columns, without its index and its hash. */
export type NewRow = readonly [
  entryId: string,
  timestamp: string,
  user: string,
  model: string,
  costUsd: number | null,
  latencyMs: number | null,
  /** Canonical JSON. */
  metadata: string,
  inputText: string,
  outputText: string,
]

/** An entry's values in the order of the columns, without its hash and its checksum. */
export type Row = readonly [index: number, ...NewRow]

/** The columns of a `Row`, in its order; the checksum, `crc`, follows if it is needed. */
export const ROW_COLUMNS =
  '"index", entry_id, timestamp, user, model, cost_usd, latency_ms, metadata, input_text, output_text'

/** The text columns, in their order. */
const TEXT_COLUMNS = ['entry_id', 'timestamp', 'user', 'model', 'metadata', 'input_text', 'output_text']

/** The bytes of an entry's texts, in the order of the columns. */
export const TEXT_BYTES_SQL = `SELECT ${castToBlob(TEXT_COLUMNS)} FROM audit_log WHERE "index" = ?`

function castToBlob(columns: readonly string[]): string {
  return columns.map(column => `CAST(${column} AS BLOB)`).join(', ')
}

/** The row of an entry, without its index. */
export function newRowOf(entry: EntryFields): NewRow {
  const { entryId, timestamp, user, model, costUsd, latencyMs, metadata, inputText, outputText } = entry
  return [entryId, timestamp, user, model, costUsd, latencyMs, canonicalJson(metadata), inputText, outputText]
}

/**
 * The entry of a row that a reader has checked.
 *
 * @param metadata what its JSON says, if it is known already.
 */
export function entryOf(row: Row, metadata?: JsonObject): AuditEntry {
  const [index, entryId, timestamp, user, model, costUsd, latencyMs, json, inputText, outputText] = row
  return {
    entryId,
    timestamp,
    user,
    model,
    inputText,
    outputText,
    costUsd,
    latencyMs,
    metadata: metadata ?? JSON.parse(json), // the reader has already parsed and checked it
    index,
  }
}
