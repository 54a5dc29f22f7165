import canonicalize from 'canonicalize'
import type { JsonValue } from './json.ts'

/** The RFC 8785 (JCS) text of a value: values that are equal as JSON have equal texts, and no others. */
export function canonicalJson(value: JsonValue): string {
  return canonicalize(value) as string // it gives undefined for undefined alone, which is no JsonValue
}
