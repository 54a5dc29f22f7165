/** A JSON object of which nothing is known yet. */
export type JsonRecord = { readonly [key: string]: unknown }

/** The object, or an empty one: whatever a provider sends, reading it fails nowhere. */
export function recordOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : {}
}

/** The objects in a list; none where it is no list. */
export function recordsOf(value: unknown): readonly JsonRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

/** The text, or `undefined`. */
export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The number, or `undefined`. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/**
 * A number of tokens; `undefined` where none is given, and `NaN` for what is given and is none: what is negative, a fraction, or
 * larger than a double holds exactly. No entry has it, and whatever it is a part of has no price.
 */
export function countOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : Number.NaN
}

/** Whether a value is an object, and no list. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
