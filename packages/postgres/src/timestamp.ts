import { AuditError } from '@audit/core'

const CANONICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
/** The epoch of PostgreSQL. */
const EPOCH_MS = Date.parse('2000-01-01T00:00:00.000Z')

/** A canonical timestamp as PostgreSQL reads it. PostgreSQL has no year 0: the year 0 of ISO 8601 is 1 BC. */
export function encodeTimestamp(timestamp: string): string {
  assertCanonical(timestamp)
  return timestamp.startsWith('0000') ? `0001${timestamp.slice(4)} BC` : timestamp
}

/** A canonical timestamp as PostgreSQL stores it: microseconds since the year 2000. */
export function microsecondsOf(timestamp: string): bigint {
  assertCanonical(timestamp)
  return BigInt(Date.parse(timestamp) - EPOCH_MS) * 1000n
}

/** The canonical text of a stored timestamp, from its milliseconds since 1970. Throws AuditError `AUDIT_CORRUPT`. */
export function decodeTimestamp(ms: string): string {
  const date = new Date(/^-?\d+(\.0+)?$/.test(ms) ? Number(ms) : Number.NaN)
  const timestamp = Number.isNaN(date.getTime()) ? '' : date.toISOString()
  if (CANONICAL.test(timestamp)) return timestamp
  throw new AuditError(
    'AUDIT_CORRUPT',
    `a stored timestamp is not a millisecond of the years 0 to 9999: ${ms}`,
  )
}

/** Throws no AuditError, because only the caller knows whether it queries or records, and so which code is right. */
function assertCanonical(timestamp: string): void {
  if (CANONICAL.test(timestamp) && !Number.isNaN(Date.parse(timestamp))) return
  throw new RangeError(`the timestamp ${JSON.stringify(timestamp.slice(0, 60))} is not canonical`)
}
