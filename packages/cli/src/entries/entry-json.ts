import type { AuditEntry } from '@audit/core'

/** An entry as JSON shows it: with the fields of the library, the index first. */
export function indexFirst({ index, ...fields }: AuditEntry): AuditEntry {
  return { index, ...fields }
}
