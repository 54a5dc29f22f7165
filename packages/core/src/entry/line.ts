import { AuditError } from '../errors.ts'
import { canonicalJson, isCanonicallyOrdered } from './canonical-json.ts'
import type { EntryFields } from './fields.ts'
import { amountOf, fieldsOf, LINE_KEYS } from './fields.ts'
import { describe, isPlainObject, quote } from './json.ts'
import { ambiguityOf } from './strict-json.ts'
import { parseSpan } from './timestamp.ts'

/**
 * The canonical line of an entry: its RFC 8785 (JCS) JSON, without a newline. It is what a JSONL file holds
 * and what is hashed, so two programs that agree on an entry agree on its bytes.
 *
 * @throws AuditError `AUDIT_CORRUPT` for a number that JSON cannot represent, which no entry can have.
 *
 * @example
 * encodeLine(entry) // {"cost_usd":0.003,"entry_id":"0193…","input_text":"…","latency_ms":250,"metadata":{},…}
 */
export function encodeLine(entry: EntryFields): string {
  // Written down in the order of RFC 8785, section 3.2.3, so that only metadata may have to be sorted.
  const record = {
    cost_usd: amountOf('cost_usd', entry.costUsd, damaged),
    entry_id: entry.entryId,
    input_text: entry.inputText,
    latency_ms: amountOf('latency_ms', entry.latencyMs, damaged),
    metadata: entry.metadata,
    model: entry.model,
    output_text: entry.outputText,
    timestamp: entry.timestamp,
    user: entry.user,
  } satisfies Record<(typeof LINE_KEYS)[keyof EntryFields], unknown> // one that is missing would not be hashed
  // One piece is hashed faster than many joined.
  return isCanonicallyOrdered(entry.metadata) ? JSON.stringify(record) : canonicalJson(record)
}

const KEYS: readonly string[] = Object.values(LINE_KEYS)

/**
 * Reads an entry from its line, canonical or as another writer spelt it: keys in any order, any JSON escapes and spaces.
 * Strings stay unchanged, except that a lone surrogate becomes U+FFFD. The result is deeply frozen.
 *
 * @throws AuditError `AUDIT_CORRUPT`, with the reason, if the line is not exactly one entry, also if a key is repeated or a
 *   double cannot hold a number: two different lines would then be one entry.
 */
export function decodeLine(line: string): EntryFields {
  return readLine(line).entry
}

/** What a line holds. */
export interface DecodedLine {
  /** Deeply frozen. */
  readonly entry: EntryFields
  /** Whether `encodeLine` spells the entry so too, character by character. */
  readonly isCanonical: boolean
}

/** The same, and whether the line is the canonical one of its entry. Throws as `decodeLine` does. */
export function readLine(line: string): DecodedLine {
  const record = parse(line)
  if (!isPlainObject(record)) throw damaged(`${describe(record)} is not a JSON object`)
  const missing = KEYS.find(key => !Object.hasOwn(record, key))
  if (missing !== undefined) throw damaged(`${missing} is missing`)
  const unknown = Object.keys(record).find(key => !KEYS.includes(key))
  if (unknown !== undefined) throw damaged(`unknown key ${quote(unknown)}`)
  const entry = Object.freeze(fieldsOf(record, LINE_KEYS, { fail: damaged }))
  if (!parseSpan(entry.timestamp)) throw damaged('timestamp is not an ISO 8601 time')
  // A canonical line says one thing, because it can be computed from what it says.
  const isCanonical = encodeLine(entry) === line
  const ambiguity = isCanonical ? undefined : ambiguityOf(line, record)
  if (ambiguity !== undefined) throw damaged(ambiguity)
  return { entry, isCanonical }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new AuditError('AUDIT_CORRUPT', 'not JSON', { cause })
  }
}

function damaged(reason: string): AuditError {
  return new AuditError('AUDIT_CORRUPT', reason)
}
