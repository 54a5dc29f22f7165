import { AuditError } from '@audit/core'
import { readOr } from './read-or.ts'

/** What the entry that was lost would have been of: a call, one that was about to be made, or the end of that. */
export type Unrecorded = 'call' | 'intent' | 'intent-end'

const WHAT_HAPPENED: Readonly<Record<Unrecorded, string>> = {
  call: 'the call was made and could not be recorded; do not ask the model again because of this, since that would be billed again',
  intent: 'the intent of a call could not be recorded, and that is recorded before the model is asked',
  'intent-end':
    'the call was made and recorded, but not that its intent has ended, which unfinished() goes on to list; do not ask the model again because of this',
}

/**
 * The error that an application meets when a call could not be recorded. The log's own error is its cause, unless an SDK could take
 * that for a failure of its own connection, and send a request again that was billed.
 */
export function auditFailure(error: unknown, what: Unrecorded): AuditError {
  const { code, message, entryId } = wrapped(error, 'the entry was not stored')
  return notRetryable(
    new AuditError(code, `${WHAT_HAPPENED[what]}. The log says: ${message}`, {
      ...(isNoCause(error) ? {} : { cause: error }),
      ...(entryId === undefined ? {} : { entryId }),
    }),
  )
}

/** A log of the application's own may reject with anything, also with what has no text. */
function wrapped(error: unknown, message: string): AuditError {
  return readOr(
    () => AuditError.wrap(error, 'AUDIT_WRITE_FAILED', message),
    () => new AuditError('AUDIT_WRITE_FAILED', `${message}: the log rejected with what cannot be shown`),
  )
}

function isNoCause(error: unknown): boolean {
  return readOr(
    () => mayBeSentAgain(error),
    () => true,
  )
}

const RETRYABLE = Symbol.for('langchain.errors.retryable')

/** Tells LangChain that it must not send a request again. Otherwise it sends one up to six times more, and each is billed. */
export function notRetryable(error: AuditError): AuditError {
  return Object.defineProperty(error, RETRYABLE, { value: false })
}

/** The error of an answer that is read on after its call was recorded. */
export function tooLate(): AuditError {
  return closed(
    'this call was recorded as unfinished, since nobody read its answer, or drain() was called; what follows would go unrecorded',
  )
}

/** The error of an answer that goes on behind its end. */
export function readOn(): AuditError {
  return closed(
    'the answer went on behind its end, after its call was recorded; what follows would go unrecorded',
  )
}

function closed(message: string): AuditError {
  return notRetryable(new AuditError('AUDIT_CLOSED', message))
}

/** What is lost without anybody to tell: the call, as far as it may be named, and the error. */
export interface Loss {
  readonly provider: string
  readonly requestModel: string
  /** The id of the intent, if that is stored. */
  readonly intent: string | undefined
  readonly failure: unknown
}

/** The error for a call that was lost where no application waits. It does not name the user, whom a warning must not show. */
export function lossError({ provider, requestModel, intent, failure }: Loss, number: number): AuditError {
  const { code, message, entryId } = wrapped(failure, 'the call was not recorded')
  const call = [
    `provider ${JSON.stringify(provider)}`,
    `model ${JSON.stringify(requestModel)}`,
    ...(intent === undefined ? [] : [`intent ${intent}`]),
  ].join(', ')
  const text = `a call is in no entry (${call}; lost since the last drain(): ${number}): ${message}`
  return new AuditError(code, text, { cause: failure, ...(entryId === undefined ? {} : { entryId }) })
}

/** What `drain()` rejects with. */
export function drainError(losses: readonly AuditError[], count: number): AuditError | undefined {
  const [first] = losses
  if (!first || count === 1) return first
  const known = losses.length < count ? `; the causes of the first ${losses.length} are kept` : ''
  return new AuditError(first.code, `${count} calls are in no entry${known}. The first: ${first.message}`, {
    cause: new AggregateError(losses, `${count} calls are in no entry`),
  })
}

/** The names by which an SDK knows a call that it may make again. */
const SENT_AGAIN = /(?:API\w*|Abort|Timeout|Retryable|Fetch)Error$/

/** The codes of a connection that failed, or that nobody answered. */
const CONNECTION = /^(?:E(?:CONN|PIPE|TIMEDOUT|HOST|NET|AI_|NOTFOUND)|UND_ERR_|ERR_(?:STREAM|HTTP|SOCKET))/

const MOST_CAUSES = 10

/** Whether an error, or what caused it, looks like one after which an SDK sends its request again. */
function mayBeSentAgain(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { name, code, message, status, statusCode, isRetryable, cause }: Readonly<Record<string, unknown>> =
    Object(error)
  return (
    depth === MOST_CAUSES ||
    [status, statusCode].some(value => value !== undefined) ||
    isRetryable === true ||
    [name, error.constructor?.name].some(found => SENT_AGAIN.test(String(found))) ||
    CONNECTION.test(String(code)) ||
    /timed? ?out/i.test(String(message)) || // by which some SDKs know a timeout
    mayBeSentAgain(cause, depth + 1)
  )
}
