import type { EntryFields } from './entry.ts'
import { describe } from './json.ts'

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

/** Makes the error for a field that is wrong, from a sentence that begins with its name. */
export type Fail = (reason: string) => Error

/** A field that is a text. A lone surrogate, which UTF-8 cannot carry, becomes U+FFFD. */
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
