import type { CallOutcome } from '../outcome.ts'
import { recordOf, stringOf } from './json.ts'
import { jsonText } from './json-text.ts'
import type { ServerSentEvent } from './server-sent-events.ts'

/** Whether a provider reports an error: some have an empty `error` in each answer. */
export function isError(error: unknown): boolean {
  return Boolean(error)
}

/**
 * The error that an event of a stream reports; `undefined` where it reports none. It does not end the stream: some SDKs hand the
 * event on as any other, and what comes behind it as well.
 */
export function errorIn({ event, data, body }: ServerSentEvent): unknown {
  if (isError(body.error)) return body.error
  if (event !== 'error' && body.type !== 'error') return undefined
  return Object.keys(body).length > 0 ? body : (data ?? 'error')
}

/** How a call ended within whose answer the provider reports this error. */
export function errorOutcome(error: unknown): Pick<CallOutcome, 'status' | 'errorType' | 'errorText'> {
  const { code, type, message } = recordOf(error)
  const errorType = stringOf(code) ?? stringOf(type) ?? 'error'
  return { status: 'error', errorType, errorText: stringOf(error) ?? stringOf(message) ?? jsonText(error) }
}
