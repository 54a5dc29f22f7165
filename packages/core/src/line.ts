import { canonicalJson, isCanonicallyOrdered } from './canonical-json.ts'
import type { EntryFields } from './entry.ts'
import { AuditError } from './errors.ts'
import { copyJsonObject, describe, isPlainObject } from './json.ts'
import { parseSpan } from './timestamp.ts'

/**
 * The canonical line of an entry: its RFC 8785 (JCS) JSON, without a newline. It is what a JSONL file holds
 * and what is hashed, so two programs that agree on an entry agree on its bytes.
 *
 * @throws AuditError `AUDIT_CORRUPT` for a number that JSON has not, which no entry can have.
 *
 * @example
 * encodeLine(entry) // {"cost_usd":0.003,"entry_id":"0193…","input_text":"…","latency_ms":250,"metadata":{},…}
 */
export function encodeLine(entry: EntryFields): string {
  // Written down in the order of RFC 8785, section 3.2.3, so that only metadata may have to be sorted.
  const record = {
    cost_usd: amountOf(entry.costUsd),
    entry_id: entry.entryId,
    input_text: entry.inputText,
    latency_ms: amountOf(entry.latencyMs),
    metadata: entry.metadata,
    model: entry.model,
    output_text: entry.outputText,
    timestamp: entry.timestamp,
    user: entry.user,
  }
  // One piece is hashed faster than many joined.
  return isCanonicallyOrdered(entry.metadata) ? JSON.stringify(record) : canonicalJson(record)
}

const FIELDS = [
  'cost_usd',
  'entry_id',
  'input_text',
  'latency_ms',
  'metadata',
  'model',
  'output_text',
  'timestamp',
  'user',
] as const

/**
 * Reads an entry from its line, canonical or as another writer spelt it: keys in any order, any JSON escapes and
 * spaces. Strings come back as the line has them; a lone surrogate becomes U+FFFD. Deeply frozen.
 *
 * @throws AuditError `AUDIT_CORRUPT` when the line is not exactly one entry, with the reason.
 */
export function decodeLine(line: string): EntryFields {
  const record = parse(line)
  if (!isPlainObject(record)) throw damaged(`${describe(record)} is not a JSON object`)
  for (const field of FIELDS) if (!Object.hasOwn(record, field)) throw damaged(`${field} is missing`)
  if (Object.keys(record).length > FIELDS.length) {
    const unknown = Object.keys(record).find(key => !FIELDS.some(field => field === key))
    throw damaged(`unknown key ${JSON.stringify(unknown)}`)
  }
  const timestamp = text(record, 'timestamp')
  if (!parseSpan(timestamp)) throw damaged('timestamp is not an ISO 8601 time')
  return Object.freeze({
    entryId: text(record, 'entry_id'),
    timestamp,
    user: text(record, 'user'),
    model: text(record, 'model'),
    inputText: text(record, 'input_text'),
    outputText: text(record, 'output_text'),
    costUsd: amount(record, 'cost_usd'),
    latencyMs: amount(record, 'latency_ms'),
    metadata: copyJsonObject(record.metadata, 'metadata', damaged),
  })
}

/** JSON.stringify would write `null` for Infinity, and so give two different entries one line. */
function amountOf(amount: number | null): number | null {
  if (amount === null || Number.isFinite(amount)) return amount
  throw damaged(`${describe(amount)} is not a JSON number`)
}

type Row = Readonly<Record<string, unknown>>

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new AuditError('AUDIT_CORRUPT', 'not JSON', { cause })
  }
}

function text(record: Row, key: (typeof FIELDS)[number]): string {
  const value = record[key]
  if (typeof value !== 'string') throw damaged(`${key} must be a string, not ${describe(value)}`)
  return value.toWellFormed()
}

function amount(record: Row, key: (typeof FIELDS)[number]): number | null {
  const value = record[key]
  if (value === null) return null
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw damaged(`${key} must be a finite number or null, not ${describe(value)}`)
  }
  return value + 0 // -0 + 0 is 0
}

function damaged(reason: string): AuditError {
  return new AuditError('AUDIT_CORRUPT', reason)
}
