import { invalidOptions } from '@audit/core/backend'
import { CASE_TIMEOUT_MS } from './case-runner.ts'
import type { CreatePlace } from './place.ts'

/** The longest that a timer of Node.js waits, in milliseconds, divided by what a case may take of it. */
const MAX_TIMEOUT_MS = 100_000_000

/** Throws AuditError `AUDIT_INVALID_OPTIONS` for what is not a function. */
export function createOf(create: unknown, owner: string): CreatePlace {
  if (typeof create === 'function') return create as CreatePlace // what it makes is checked when it is made
  throw invalidOptions(owner, 'create must be a function that makes a place')
}

/** Throws AuditError `AUDIT_INVALID_OPTIONS` for what is not a time. */
export function timeoutOf(ms: unknown, owner: string): number {
  if (ms === undefined) return CASE_TIMEOUT_MS
  if (typeof ms === 'number' && ms > 0 && ms <= MAX_TIMEOUT_MS) return ms
  throw invalidOptions(owner, `caseTimeoutMs must be a number of milliseconds, at most ${MAX_TIMEOUT_MS}`)
}
