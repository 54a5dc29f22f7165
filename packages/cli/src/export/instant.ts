import { AuditError } from '@audit/core'
import { type AuditEntry, canonicalTimestamp } from '@audit/core/backend'

/**
 * When an entry was recorded, in milliseconds since 1970.
 *
 * @throws AuditError `AUDIT_CORRUPT` for a time that is none, which only a damaged store has.
 */
export function instantOf({ timestamp, index }: Pick<AuditEntry, 'timestamp' | 'index'>): number {
  const instant = Date.parse(canonicalTimestamp(timestamp))
  if (!Number.isNaN(instant)) return instant
  throw new AuditError(
    'AUDIT_CORRUPT',
    `the timestamp of entry ${index} is not a time; run \`audit verify\` on the log`,
  )
}
