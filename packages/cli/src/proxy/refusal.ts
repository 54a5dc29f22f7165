import { AuditError } from '@audit/core'

/** Whose error format a client reads. */
export type Dialect = 'openai' | 'anthropic'

/** What a client is answered in place of a model's answer. The message says what to do, and holds no secret. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  /** The HTTP status. */
  readonly status: number
  /** Stable, for programs. */
  readonly code: string
  /** Whether the client may send its request again: never once a model was asked, for that was billed. */
  readonly mayRetry: boolean

  constructor(status: number, code: string, message: string, mayRetry = false) {
    super(message)
    this.status = status
    this.code = code
    this.mayRetry = mayRetry
  }
}

/** No SDK sends a request again after this status, whether it knows `x-should-retry` or not. */
const NOT_RECORDED = 424

/**
 * What a client is answered after an error: a refusal as it is; 424 for a call that could not be recorded, and whose answer is
 * withheld; 502 for a provider that cannot be reached, or that broke its answer off.
 */
export function refusalOf(error: unknown, wasAnswered: boolean): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof AuditError) {
    const message = `this call could not be recorded, so its answer is withheld: ${error.message}`
    return new Refusal(NOT_RECORDED, error.code, message)
  }
  const code = codeOf(error)
  if (wasAnswered) return new Refusal(502, 'upstream_broke_off', `the provider broke its answer off: ${code}`)
  return new Refusal(502, 'upstream_unreachable', `the provider cannot be reached: ${code}`, true)
}

function codeOf(error: unknown): string {
  const { cause, name }: { readonly cause?: unknown; readonly name?: unknown } = Object(error)
  const { code }: { readonly code?: unknown } = Object(cause)
  return typeof code === 'string' ? code : String(name)
}

/** The body of an answer that refuses, as the SDKs of this dialect read it. */
export function refusalBody(dialect: Dialect, refusal: Refusal): string {
  return JSON.stringify(errorObject(dialect, refusal))
}

/** The event that stands in place of the last event of a stream, likewise. */
export function refusalEvent(dialect: Dialect, refusal: Refusal): string {
  const { code, message } = refusal
  const object = errorObject(dialect, refusal)
  // Readers of chat completions look for `error` in any event, those of Responses for the type.
  const data = dialect === 'anthropic' ? object : { type: 'error', code, message, ...object }
  return `event: error\ndata: ${JSON.stringify(data)}\n\n`
}

function errorObject(dialect: Dialect, { code, message }: Refusal) {
  return dialect === 'anthropic'
    ? { type: 'error', error: { type: 'api_error', message: `${message} (${code})` } }
    : { error: { message, type: 'audit_error', param: null, code } }
}
