import {
  type AuditEntry,
  AuditError,
  canonicalJson,
  HASH_BYTES,
  type JsonObject,
  type Leaf,
} from '@audit/core'
import { decodeText, encodeText } from './text.ts'
import { decodeTimestamp, encodeTimestamp } from './timestamp.ts'

/** A stored entry, each value as PostgreSQL spells it. */
export interface Row {
  readonly index: string
  readonly entry_id: string
  /** Milliseconds since 1970. */
  readonly timestamp: string
  readonly user: string
  readonly model: string
  readonly cost_usd: string | null
  readonly latency_ms: string | null
  /** Canonical JSON (RFC 8785). It escapes NUL by itself. */
  readonly metadata: string
  readonly input_text: string
  readonly output_text: string
}

/** What a query selects to get a `Row`. */
export const ROW_COLUMNS =
  'index, entry_id, extract(epoch FROM timestamp) * 1000 AS timestamp, "user", model, cost_usd, latency_ms, metadata, input_text, output_text'

/** The same with its types. */
export const ROW_TYPES =
  'index bigint, entry_id text, timestamp numeric, "user" text, model text, cost_usd double precision, latency_ms double precision, metadata text, input_text text, output_text text'

/** The entry of a row. Throws AuditError `AUDIT_CORRUPT` for one that nobody recorded. */
export function entryOf(row: Row): AuditEntry {
  const index = Number(row.index)
  return {
    entryId: decodeText(row.entry_id),
    timestamp: decodeTimestamp(row.timestamp),
    user: decodeText(row.user),
    model: decodeText(row.model),
    inputText: decodeText(row.input_text),
    outputText: decodeText(row.output_text),
    costUsd: numberOf(row.cost_usd),
    latencyMs: numberOf(row.latency_ms),
    metadata: parseMetadata(row.metadata, index),
    index,
  }
}

/** What `audit.append` takes, but for the name of the log and whether the batch is sent again: columns, not rows. */
export function columnsOf(leaves: readonly Leaf[]): readonly unknown[] {
  const hashes = Buffer.alloc(leaves.length * HASH_BYTES)
  leaves.forEach(({ hash }, i) => {
    hashes.set(hash, i * HASH_BYTES)
  })
  const entries = leaves.map(({ entry }) => entry)
  return [
    entries.map(({ entryId }) => encodeText(entryId)),
    entries.map(({ timestamp }) => encodeTimestamp(timestamp)),
    entries.map(({ user }) => encodeText(user)),
    entries.map(({ model }) => encodeText(model)),
    entries.map(({ costUsd }) => costUsd),
    entries.map(({ latencyMs }) => latencyMs),
    hashes,
    entries.map(({ metadata }) => canonicalJson(metadata)),
    entries.map(({ inputText }) => encodeText(inputText)),
    entries.map(({ outputText }) => encodeText(outputText)),
  ]
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text)
}

function parseMetadata(text: string, index: number): JsonObject {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AuditError('AUDIT_CORRUPT', `the metadata of entry ${index} is not JSON`, { cause })
  }
}
