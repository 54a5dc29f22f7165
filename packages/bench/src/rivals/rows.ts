import type { EntryInput } from '@audit/core'

/** The table and the indexes of `@audit/sqlite`, without its checks and its triggers. */
export const SCHEMA = `
CREATE TABLE audit_log (
  "index" INTEGER PRIMARY KEY,
  entry_id TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  user TEXT NOT NULL,
  model TEXT NOT NULL,
  cost_usd REAL,
  latency_ms REAL,
  leaf_hash BLOB NOT NULL,
  crc INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  input_text TEXT NOT NULL,
  output_text TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX by_entry_id ON audit_log (entry_id);
CREATE INDEX by_time ON audit_log (timestamp);
CREATE INDEX by_user ON audit_log (user, timestamp);
CREATE INDEX by_model ON audit_log (model, timestamp);
CREATE INDEX by_user_and_model ON audit_log (user, model, timestamp);
`

/** How a durable database is set up: what `@audit/sqlite` uses. */
export const PRAGMAS = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;'

/** Stores a `Row`. */
export const INSERT = 'INSERT INTO audit_log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'

/** The values of a row, in the order of the columns. */
export type Row = readonly [
  number,
  string,
  string,
  string,
  string,
  number | null,
  number | null,
  Uint8Array,
  number,
  string,
  string,
  string,
]

const NO_HASH = new Uint8Array(32)
const NO_CHECKSUM = 4_000_000_000

/**
 * Makes rows at next to no cost, so that the database is all that is measured: an id is a number that counts up, as long
 * as a UUID, and nothing is hashed.
 */
export function rowMaker(): (exchange: EntryInput) => Row {
  let index = 0
  const metadataTexts = new Map<EntryInput, string>()
  const metadataText = (exchange: EntryInput) => {
    const known = metadataTexts.get(exchange) ?? JSON.stringify(exchange.metadata)
    metadataTexts.set(exchange, known)
    return known
  }
  let ms = 0
  let timestamp = ''
  return exchange => {
    if (ms !== Date.now()) {
      ms = Date.now()
      timestamp = new Date(ms).toISOString()
    }
    const entryId = `01890000-0000-7000-8000-${(++index).toString(16).padStart(12, '0')}`
    const { user = '', model, costUsd = null, latencyMs = null, inputText, outputText } = exchange
    return [
      index,
      entryId,
      timestamp,
      user,
      model,
      costUsd,
      latencyMs,
      NO_HASH,
      NO_CHECKSUM,
      metadataText(exchange),
      inputText,
      outputText,
    ]
  }
}
