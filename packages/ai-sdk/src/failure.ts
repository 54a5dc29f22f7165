import type { CallOutcome, CallStatus } from '@audit/capture'
import { recordOf, stringOf } from '@audit/capture/integration'
import { AuditError } from '@audit/core'

/** The names by which the SDK knows that a call was stopped. */
const STOPPED: Readonly<Record<string, CallStatus>> = {
  AbortError: 'aborted',
  ResponseAborted: 'aborted',
  TimeoutError: 'timeout',
}

const MOST_CAUSES = 10

/** How a call ends that failed, before its answer began or within it. */
export function failureOutcome(error: unknown): CallOutcome {
  const stopped = STOPPED[stringOf(recordOf(error).name) ?? '']
  if (stopped !== undefined) return { status: stopped }
  return { status: isBroken(error) ? 'truncated' : 'error', errorType: failureType(error) }
}

/** How a call ends whose stream fails: a connection that breaks leaves an answer that breaks off. */
export function brokenOutcome(error: unknown): CallOutcome {
  const outcome = failureOutcome(error)
  return outcome.status === 'error' && connectionCode(error) !== undefined
    ? { ...outcome, status: 'truncated' }
    : outcome
}

/** The HTTP status of a refusal, otherwise the code of what broke, otherwise the innermost class. */
export function failureType(error: unknown): string {
  const causes = causesOf(error)
  const refusal = causes.map(({ statusCode }) => Number(statusCode)).find(status => status >= 400)
  if (refusal !== undefined) return String(refusal)
  const code = causes.map(cause => stringOf(cause.code)).find(found => found !== undefined)
  const innermost = causes.at(-1) ?? {}
  return code ?? stringOf(innermost.type) ?? stringOf(innermost.name) ?? typeof error
}

/** The failed record of an integration within this one, which a provider takes for a failure of its connection. */
export function unrecorded(error: unknown): AuditError | undefined {
  return causesOf(error).find(cause => cause instanceof AuditError)
}

/** Whether the provider had begun a good answer when the connection broke. */
function isBroken(error: unknown): boolean {
  const answered = causesOf(error).some(({ statusCode }) => Number(statusCode) < 300)
  return answered && connectionCode(error) !== undefined
}

/** The code of a connection that broke. */
function connectionCode(error: unknown): string | undefined {
  return causesOf(error)
    .map(({ code }) => stringOf(code))
    .find(code => code !== undefined && /^(?:UND_ERR_|E[A-Z]+$|ERR_STREAM)/.test(code))
}

/** An error, what caused it, what caused that. */
function causesOf(error: unknown): readonly Readonly<Record<string, unknown>>[] {
  const causes: Readonly<Record<string, unknown>>[] = []
  for (let at = error; typeof at === 'object' && at !== null && causes.length < MOST_CAUSES; ) {
    const cause: Readonly<Record<string, unknown>> = Object(at)
    causes.push(cause)
    at = cause.cause
  }
  return causes
}
