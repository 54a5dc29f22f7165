import type { AuditError, EntryInput } from '@audit/core'
import { invalidOptions, optionsOf } from '@audit/core/backend'
import type { PriceFunction } from './price.ts'
import { isHostPattern } from './provider-hosts.ts'
import { leaveUnawaited } from './unawaited.ts'

/** What a capture records into: an `AuditLog`, or anything that keeps its promise. */
export interface RecordingLog {
  /** Resolves with the entry once it would survive a crash, and rejects if it was not stored. */
  record(input: EntryInput): Promise<{ readonly entryId: string }>
}

/**
 * Called with the error and with what should have been recorded. The call waits for it if it is asynchronous. If it throws or rejects,
 * the call fails with that.
 */
export type AuditFailureHandler = (error: AuditError, draft: EntryInput) => void | Promise<void>

/** What `createCapture` takes. */
export interface CaptureOptions {
  /** Where calls are recorded. */
  readonly log: RecordingLog
  /** Who asks: a name, or a function that is called when a call starts. Default: `'anonymous'`. */
  readonly user?: string | (() => string | undefined) | undefined
  /** What becomes of a call that could not be recorded: it fails (the default), or it goes on after this was called. */
  readonly onAuditFailure?: 'throw' | AuditFailureHandler | undefined
  /**
   * What of the texts is recorded: readable text (the default); also the exact messages, in the metadata; or only their
   * SHA-256 and length.
   */
  readonly content?: 'text' | 'messages' | 'digest' | undefined
  /**
   * Prices each call, for example `prices()` of `@audit/cost`. Default: none, and `costUsd` is `null`. Its `admit`, if it has one,
   * may refuse a call before it is sent, as that of a `CostTracker` does over a budget.
   */
  readonly price?: PriceFunction | undefined
  /** Also records an entry before each request leaves, so that a crash shows as a call that never ended. Default: `false`. */
  readonly intent?: boolean | undefined
  /** An answer that nobody reads for so many milliseconds is recorded as `unfinished`. Default: 120,000. */
  readonly idleMs?: number | undefined
  /** Whether a request to a known provider that no integration recorded is refused. Default: `false`. */
  readonly strict?: boolean | undefined
  /** Further hosts that serve models, such as a gateway of your own: `['llm.example.com', '*.internal:8080']`. */
  readonly hosts?: readonly string[] | undefined
}

/** Options that were checked. */
export interface CheckedOptions {
  readonly log: RecordingLog
  readonly user: () => string
  readonly onAuditFailure: AuditFailureHandler | undefined
  readonly content: 'text' | 'messages' | 'digest'
  readonly price: PriceFunction | undefined
  readonly intent: boolean
  readonly idleMs: number
  readonly strict: boolean
  readonly hosts: readonly string[]
}

const KEYS = [
  'log',
  'user',
  'onAuditFailure',
  'content',
  'price',
  'intent',
  'idleMs',
  'strict',
  'hosts',
] as const satisfies (keyof CaptureOptions)[]
const OWNER = 'createCapture'
const ANONYMOUS = 'anonymous'
const IDLE_MS = 120_000
const MAX_IDLE_MS = 2 ** 31 - 1 // what a timer of Node.js can wait

/** Checks the options and fills in the defaults. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function captureOptions(options: CaptureOptions): CheckedOptions {
  const given = optionsOf(options, KEYS, OWNER)
  return {
    log: logFrom(given.log),
    user: userFrom(given.user),
    onAuditFailure: handlerFrom(given.onAuditFailure),
    content: contentFrom(given.content),
    price: priceFrom(given.price),
    intent: flagFrom('intent', given.intent),
    idleMs: idleFrom(given.idleMs),
    strict: flagFrom('strict', given.strict),
    hosts: hostsFrom(given.hosts),
  }
}

function logFrom(given: unknown): RecordingLog {
  const { record }: { readonly record?: unknown } = Object(given)
  if (typeof record !== 'function') throw invalid('log must have a method record, as an AuditLog has')
  return given as RecordingLog // it has the method; what it resolves to is looked at when it does
}

function userFrom(given: unknown): () => string {
  if (given === undefined) return () => ANONYMOUS
  if (typeof given === 'string') return () => given
  if (typeof given !== 'function') throw invalid('user must be a string, or a function that returns one')
  return () => {
    const user: unknown = given()
    if (user === undefined) return ANONYMOUS
    if (typeof user === 'string') return user
    leaveUnawaited(user)
    throw invalid('user() must return a string, or undefined for an anonymous user; it is not awaited')
  }
}

function handlerFrom(given: unknown): AuditFailureHandler | undefined {
  if (given === undefined || given === 'throw') return undefined
  if (typeof given === 'function') return given as AuditFailureHandler // it is called with what its type says
  throw invalid(`onAuditFailure must be 'throw' or a function`)
}

function contentFrom(given: unknown = 'text'): CheckedOptions['content'] {
  if (given === 'text' || given === 'messages' || given === 'digest') return given
  throw invalid(`content must be 'text', 'messages' or 'digest'`)
}

function priceFrom(given: unknown): PriceFunction | undefined {
  if (given === undefined) return undefined
  if (typeof given !== 'function') throw invalid('price must be a function, such as prices() of @audit/cost')
  const { admit }: { readonly admit?: unknown } = Object(given)
  if (admit !== undefined && typeof admit !== 'function') throw invalid('price.admit must be a function')
  return given as PriceFunction // what it returns is checked with each call
}

function flagFrom(key: string, given: unknown = false): boolean {
  if (typeof given === 'boolean') return given
  throw invalid(`${key} must be true or false`)
}

function idleFrom(given: unknown = IDLE_MS): number {
  if (typeof given === 'number' && given >= 1 && given <= MAX_IDLE_MS) return given
  throw invalid(`idleMs must be a number from 1 to ${MAX_IDLE_MS}`)
}

function hostsFrom(given: unknown = []): readonly string[] {
  if (!Array.isArray(given)) throw invalid('hosts must be a list of host names')
  for (const host of given) {
    if (typeof host === 'string' && isHostPattern(host)) continue
    throw invalid(`hosts must be names as llm.example.com or *.internal:8080, without scheme or path`)
  }
  return [...given]
}

function invalid(reason: string) {
  return invalidOptions(OWNER, reason)
}
