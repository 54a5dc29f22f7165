import { type AuditEntry, AuditError } from '@audit/core'

/** A place in the order of time. */
export type Position = Pick<AuditEntry, 'timestamp' | 'index'>

/** A position as it stands in an address. */
export function formatPosition({ timestamp, index }: Position): string {
  return `${timestamp}_${index}`
}

/** Reads a position from an address. Throws AuditError `AUDIT_INVALID_QUERY`. */
export function parsePosition(given: string): Position {
  const [, timestamp = '', index = ''] = /^(.+)_(\d{1,15})$/.exec(given) ?? []
  if (timestamp === '') throw new AuditError('AUDIT_INVALID_QUERY', 'after must be the `next` of a page')
  return { timestamp, index: Number(index) }
}
