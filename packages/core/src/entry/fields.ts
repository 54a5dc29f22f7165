import { type CopyRules, copyJsonObject, describe, type JsonObject } from './json.ts'

/** An entry without its index: the nine fields that are stored and hashed. */
export interface EntryFields {
  /** UUID v7 (RFC 9562), assigned by the log. */
  readonly entryId: string
  /** When it was recorded: UTC with milliseconds, `2026-11-23T20:28:00.123Z`. */
  readonly timestamp: string
  readonly user: string
  readonly model: string
  readonly inputText: string
  readonly outputText: string
  /** US dollars; `null` when unknown. */
  readonly costUsd: number | null
  /** Milliseconds; `null` when unknown. */
  readonly latencyMs: number | null
  readonly metadata: JsonObject
}

/** The nine fields of an entry, by the names that they have in its canonical line, in the order of RFC 8785. */
export const LINE_KEYS = {
  costUsd: 'cost_usd',
  entryId: 'entry_id',
  inputText: 'input_text',
  latencyMs: 'latency_ms',
  metadata: 'metadata',
  model: 'model',
  outputText: 'output_text',
  timestamp: 'timestamp',
  user: 'user',
} as const satisfies Record<keyof EntryFields, string>

/** A name for each of the nine fields. */
export type FieldNames = Readonly<Record<keyof EntryFields, string>>

/** The names that the fields have in an `AuditEntry`. */
export const ENTRY_KEYS = {
  costUsd: 'costUsd',
  entryId: 'entryId',
  inputText: 'inputText',
  latencyMs: 'latencyMs',
  metadata: 'metadata',
  model: 'model',
  outputText: 'outputText',
  timestamp: 'timestamp',
  user: 'user',
} as const satisfies { readonly [K in keyof EntryFields]: K }

/**
 * The nine fields of a record, each checked and copied. The metadata is frozen.
 *
 * @param names the names of the fields in the record.
 * @param rules makes the error for a field that is wrong, and says what becomes of metadata that JSON does not hold.
 */
export function fieldsOf(
  record: Readonly<Record<string, unknown>>,
  names: FieldNames,
  rules: CopyRules,
): EntryFields {
  const { fail, loneSurrogates } = rules
  const text = (name: string): string => {
    const value = textOf(name, record[name], fail)
    if (loneSurrogates !== 'refuse' || value === record[name]) return value
    throw fail(`${name} holds a lone surrogate, which no entry of a log does`)
  }
  return {
    entryId: text(names.entryId),
    timestamp: text(names.timestamp),
    user: text(names.user),
    model: text(names.model),
    inputText: text(names.inputText),
    outputText: text(names.outputText),
    costUsd: amountOf(names.costUsd, record[names.costUsd], fail),
    latencyMs: amountOf(names.latencyMs, record[names.latencyMs], fail),
    metadata: copyJsonObject(record[names.metadata], names.metadata, rules),
  }
}

/** Makes the error for a field that is wrong, from a sentence that begins with its name. */
export type Fail = (reason: string) => Error

/** A text field. A lone surrogate, which UTF-8 cannot encode, becomes U+FFFD. */
export function textOf(key: string, value: unknown, fail: Fail): string {
  if (typeof value !== 'string') throw fail(`${key} must be a string, not ${describe(value)}`)
  return value.toWellFormed()
}

/** A field that is a finite number, or `null` when unknown. `-0` becomes `0`, because JSON does not tell them apart. */
export function amountOf(key: string, value: unknown, fail: Fail): number | null {
  if (value === null) return null
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw fail(`${key} must be a finite number, or null when unknown, not ${describe(value)}`)
  }
  return value + 0 // -0 + 0 is 0
}
