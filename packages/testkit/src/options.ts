import { invalidOptions } from '@audit/core/backend'
import { CASE_TIMEOUT_MS } from './case-runner.ts'
import type { CreatePlace } from './place.ts'

/** The longest time that a timer of Node.js waits, in milliseconds, divided by the largest factor of a case. */
const MAX_TIMEOUT_MS = 100_000_000

/** Throws AuditError `AUDIT_INVALID_OPTIONS` if `create` is not a function. */
export function createOf(create: unknown, owner: string): CreatePlace {
  if (typeof create === 'function') return create as CreatePlace // its result is checked when it is called
  throw invalidOptions(owner, 'create must be a function that makes a place')
}

/** Throws AuditError `AUDIT_INVALID_OPTIONS` if `ms` is not a usable time. */
export function timeoutOf(ms: unknown, owner: string): number {
  if (ms === undefined) return CASE_TIMEOUT_MS
  if (typeof ms === 'number' && ms > 0 && ms <= MAX_TIMEOUT_MS) return ms
  throw invalidOptions(owner, `caseTimeoutMs must be a number of milliseconds, at most ${MAX_TIMEOUT_MS}`)
}
