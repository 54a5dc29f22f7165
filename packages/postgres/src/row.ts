import {
  type AuditEntry,
  AuditError,
  canonicalEntryId,
  canonicalJson,
  joinHashes,
  type Leaf,
  parseCanonicalJson,
} from '@audit/core/backend'
import { doubleArray, textArray, timestampArray } from './binary-array.ts'
import { decodeText, encodeText } from './text.ts'
import { decodeTimestamp, microsecondsOf } from './timestamp.ts'

/** A stored entry, each value as a text that does not depend on the session's settings. */
export interface Row {
  readonly index: string
  readonly entry_id: string
  /** Milliseconds since 1970. */
  readonly timestamp: string
  readonly user: string
  readonly model: string
  readonly cost_usd: string | null
  readonly latency_ms: string | null
  /** Canonical JSON (RFC 8785), which escapes NUL. */
  readonly metadata: string
  readonly input_text: string
  readonly output_text: string
}

/** What a query selects to get a `Row`. Numbers become texts within `audit.read`, which has its own settings. */
export const ROW_COLUMNS =
  'index, entry_id, extract(epoch FROM timestamp) * 1000 AS timestamp, "user", model, cost_usd::text, latency_ms::text, metadata, input_text, output_text'

/** The same with types. */
export const ROW_TYPES =
  'index bigint, entry_id text, timestamp numeric, "user" text, model text, cost_usd text, latency_ms text, metadata text, input_text text, output_text text'

/**
 * The entry of a row.
 *
 * @throws AuditError `AUDIT_CORRUPT` for a row that cannot have been recorded, or that `columnsOf` would spell differently:
 *   it would decode to an entry with the same leaf hash, so nothing else would reveal the change.
 */
export function entryOf(row: Row): AuditEntry {
  const damaged = (field: string) =>
    new AuditError(
      'AUDIT_CORRUPT',
      `${field} of entry ${row.index} differs from what was written; run \`log.verify()\``,
    )
  const text = (field: 'entry_id' | 'user' | 'model' | 'input_text' | 'output_text'): string => {
    const decoded = decodeText(row[field])
    if (decoded === undefined) throw damaged(field)
    return decoded
  }
  const amount = (field: 'cost_usd' | 'latency_ms'): number | null => {
    const stored = row[field]
    if (stored === null) return null
    const number = Number(stored)
    if (!Number.isFinite(number) || number < 0 || Object.is(number, -0)) throw damaged(field)
    return number
  }
  const index = Number(row.index)
  if (!Number.isSafeInteger(index)) throw damaged('index')
  const metadata = parseCanonicalJson(row.metadata)
  if (!metadata) throw damaged('metadata')
  const entryId = text('entry_id')
  if (canonicalEntryId(entryId) !== entryId) throw damaged('entry_id')
  return {
    entryId,
    timestamp: decodeTimestamp(row.timestamp),
    user: text('user'),
    model: text('model'),
    inputText: text('input_text'),
    outputText: text('output_text'),
    costUsd: amount('cost_usd'),
    latencyMs: amount('latency_ms'),
    metadata,
    index,
  }
}

/** The arguments of `audit.append`, except for the log's name and whether the batch is sent again: columns, not rows. */
export function columnsOf(leaves: readonly Leaf[]): readonly Buffer[] {
  const entries = leaves.map(({ entry }) => entry)
  return [
    textArray(entries.map(({ entryId }) => encodeText(entryId))),
    timestampArray(entries.map(({ timestamp }) => microsecondsOf(timestamp))),
    textArray(entries.map(({ user }) => encodeText(user))),
    textArray(entries.map(({ model }) => encodeText(model))),
    doubleArray(entries.map(({ costUsd }) => costUsd)),
    doubleArray(entries.map(({ latencyMs }) => latencyMs)),
    Buffer.from(joinHashes(leaves.map(({ hash }) => hash)).buffer),
    textArray(entries.map(({ metadata }) => canonicalJson(metadata))),
    textArray(entries.map(({ inputText }) => encodeText(inputText))),
    textArray(entries.map(({ outputText }) => encodeText(outputText))),
  ]
}
