import canonicalize from 'canonicalize'
import { isPlainObject, type JsonObject, type JsonValue } from './json.ts'

/** The RFC 8785 (JCS) text of a value: values that are equal as JSON have equal texts, and no others. */
export function canonicalJson(value: JsonValue): string {
  return isCanonicallyOrdered(value) ? JSON.stringify(value) : (canonicalize(value) as string) // undefined for undefined alone, which is no JsonValue
}

/**
 * An object from its RFC 8785 text, and `undefined` for any other text: a store that keeps metadata so finds a change that
 * would leave its meaning, and with it the leaf hash, as it was.
 */
export function parseCanonicalJson(text: string): JsonObject | undefined {
  const value = parse(text)
  return isPlainObject(value) && canonicalJson(value as JsonObject) === text
    ? (value as JsonObject)
    : undefined // JSON.parse gives nothing but JSON
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // its message would quote the text
  }
}

/**
 * Whether JSON.stringify gives the RFC 8785 text, three times as fast: it serialises strings and numbers as the RFC does, and
 * keeps the keys in their order, which must be that of their UTF-16 code units already (section 3.2.3).
 */
export function isCanonicallyOrdered(value: JsonValue): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isCanonicallyOrdered)
  const object = value as JsonObject // isArray does not narrow readonly
  let previous: string | undefined
  for (const key of Object.keys(object)) {
    if (previous !== undefined && key <= previous) return false
    if (!key.isWellFormed() || !isCanonicallyOrdered(object[key] ?? null)) return false
    previous = key
  }
  return true
}
