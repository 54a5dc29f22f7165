// Two integrations may meet one call: that of a framework, and that of the client or the `fetch` beneath it. It is recorded once.
//
// - Where both read the same request, the outer one records, since it knows which requests are tries of one call. The two compare
//   by the bodies that they send, before the request leaves: `isSameRequest`.
// - Otherwise the inner one records, which is nearer to the provider. A framework shows its question in words of its own, and may ask
//   another question meanwhile, as a guard does. So the two compare by their answers, when the outer one ends: `isSameCall`.
import { isDeepStrictEqual } from 'node:util'
import type { Call, CallStart } from './call.ts'
import type { CallOutcome } from './outcome.ts'
import type { JsonRecord } from './wire/json.ts'

const requests = new WeakMap<Call, JsonRecord>()

/** Notes that a call is read from its request, which has this body. */
export function readFromRequest(call: Call, body: JsonRecord): void {
  requests.set(call, body)
}

/** Whether a call is read from its request. */
export function isReadFromRequest(call: Call): boolean {
  return requests.has(call)
}

/** Whether a request is that of a call in whose sending it is sent. What is sent once that has ended is a call of its own. */
export function isSameRequest(outer: Call, body: JsonRecord): boolean {
  return !outer.hasEnded && isDeepStrictEqual(requests.get(outer), body)
}

/** What is known of a call that tells it from another. */
export interface CallTrace extends Pick<CallStart, 'operation' | 'requestModel' | 'input'> {
  /** `undefined` while it is open. */
  readonly status: CallOutcome['status'] | undefined
  readonly output: string
  readonly responseId: string | undefined
  /** Whether it was read from its request: what another request asks within it is another call, unless both have one response. */
  readonly isRequest: boolean
}

/**
 * Whether a call that began within another one is that call. Within a request, it is if both have one response, by its id and its
 * answer. Otherwise the id of the response decides where both know it; and where not, both ask the same operation of the same model,
 * and have the same answer or neither has one. A framework that cannot use the answer has asked the same question.
 */
export function isSameCall(outer: CallTrace, inner: CallTrace): boolean {
  const isSameModel = asksTheSameModel(outer, inner)
  const isSameResponse = outer.responseId !== undefined && outer.responseId === inner.responseId
  // Some servers give each response the same id.
  if (outer.isRequest) return isSameModel && isSameResponse && outer.output === inner.output
  if (outer.responseId && inner.responseId) return isSameResponse
  if (!isSameModel) return false
  if (outer.operation === 'embeddings') return isPartOf(inner.input, outer.input) // its answer is no text
  if (outer.output === '') return inner.status !== 'ok' || inner.output === '' || isSameQuestion(outer, inner)
  if (outer.status === 'ok') return inner.output === outer.output
  return inner.status !== 'ok' || isSameQuestion(outer, inner) || inner.output.startsWith(outer.output)
}

type Question = Pick<CallStart, 'operation' | 'requestModel' | 'input'>

/** Whether a call within another one asks the same model the same question, in the same words. */
export function isSameQuestion(outer: Question, inner: Question): boolean {
  return asksTheSameModel(outer, inner) && words(inner.input) === words(outer.input)
}

/** The inner one may not say which model it asks. */
function asksTheSameModel(outer: Question, inner: Question): boolean {
  const isSameModel = inner.requestModel === outer.requestModel || inner.requestModel === ''
  return outer.operation === inner.operation && isSameModel
}

/** Whether these texts are among those, which a framework may send in several requests, and without their line breaks. */
function isPartOf(texts: string, all: string): boolean {
  return words(all).includes(words(texts))
}

function words(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
