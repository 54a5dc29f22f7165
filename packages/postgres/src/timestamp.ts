import { AuditError } from '@audit/core'

const CANONICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** A canonical timestamp as PostgreSQL reads it, which has no year 0: what ISO 8601 calls so is 1 BC. */
export function encodeTimestamp(timestamp: string): string {
  if (!CANONICAL.test(timestamp)) {
    throw new AuditError('AUDIT_WRITE_FAILED', `the timestamp ${JSON.stringify(timestamp)} is not canonical`)
  }
  return timestamp.startsWith('0000') ? `0001${timestamp.slice(4)} BC` : timestamp
}

/** The canonical text of a stored timestamp, from its milliseconds since 1970. */
export function decodeTimestamp(ms: string): string {
  const date = new Date(Number(ms))
  if (Number.isNaN(date.getTime())) {
    throw new AuditError('AUDIT_CORRUPT', `a stored timestamp is no instant: ${ms}`)
  }
  return date.toISOString()
}
