import type { Usage } from './usage.ts'

/**
 * How a call ended.
 *
 * | status | meaning |
 * | --- | --- |
 * | `ok` | the answer came to its end |
 * | `error` | the provider refused or failed, or could not be reached, or sent what nobody can read |
 * | `aborted` | the application's AbortSignal stopped it |
 * | `cancelled` | whoever read the answer stopped reading |
 * | `truncated` | the answer broke off |
 * | `timeout` | it took too long for the SDK, or for an AbortSignal of a timeout |
 * | `unfinished` | nobody read the answer to its end; as an intent: the call has not ended |
 */
export type CallStatus = 'ok' | 'error' | 'aborted' | 'cancelled' | 'truncated' | 'timeout' | 'unfinished'

/** What is known of a call at its end. */
export interface CallOutcome {
  readonly status: CallStatus
  /** What it answered, as readable text. Default: the texts of `chunk()`, joined. */
  readonly output?: string | undefined
  /** The exact messages of the answer, for `content: 'messages'`. */
  readonly outputMessages?: readonly unknown[] | undefined
  readonly usage?: Usage | undefined
  /** The model that answered. Default: the one that was asked for. */
  readonly responseModel?: string | undefined
  readonly responseId?: string | undefined
  readonly finishReasons?: readonly string[] | undefined
  /** The tier that the provider billed, if it says so. */
  readonly serviceTier?: string | undefined
  /** The class of the error, or the HTTP status. */
  readonly errorType?: string | undefined
  /** What the provider said of the error within its answer. */
  readonly errorText?: string | undefined
}

/** The name of an error for `error.type`: the code of what broke a connection, otherwise its class. */
export function errorTypeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error
  const { code, cause, name }: { code?: unknown; cause?: unknown; name?: unknown } = error
  if (typeof code === 'string') return code
  if (typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string') {
    return cause.code
  }
  return typeof name === 'string' ? name : 'Error'
}

/** How a call ends that this signal stopped. */
export function abortedOutcome({ reason }: AbortSignal): CallOutcome {
  const timedOut = typeof reason === 'object' && reason !== null && reason.name === 'TimeoutError'
  return { status: timedOut ? 'timeout' : 'aborted' }
}
