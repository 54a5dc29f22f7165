import type { CallStart } from './call.ts'
import type { CallOutcome } from './outcome.ts'

/** What is known of a call that tells it from another. */
export interface CallTrace extends Pick<CallStart, 'operation' | 'requestModel' | 'input'> {
  /** `undefined` while it is open. */
  readonly status: CallOutcome['status'] | undefined
  readonly output: string
  readonly responseId: string | undefined
}

/**
 * Whether a call that began within another one is that call, as a wrapped SDK sees it: then only the inner one is recorded. The id of
 * the response decides where both know it. Otherwise, both ask the same operation of the same model, and have the same answer or
 * neither has one. A framework that cannot use the answer has asked the same question.
 */
export function isSameCall(outer: CallTrace, inner: CallTrace): boolean {
  if (outer.responseId && inner.responseId) return outer.responseId === inner.responseId
  if (!mayBeSameCall(outer, inner)) return false
  if (outer.operation === 'embeddings') return isPartOf(inner.input, outer.input) // its answer is no text
  const hasSameQuestion = words(inner.input) === words(outer.input)
  if (outer.output === '') return inner.status !== 'ok' || inner.output === '' || hasSameQuestion
  if (outer.status === 'ok') return inner.output === outer.output
  return inner.status !== 'ok' || hasSameQuestion || inner.output.startsWith(outer.output)
}

/** What of that can be known when a call begins: the inner one takes over the intent then. It may not say which model it asks. */
export function mayBeSameCall(outer: Start, inner: Start): boolean {
  const isSameModel = inner.requestModel === outer.requestModel || inner.requestModel === ''
  return outer.operation === inner.operation && isSameModel
}

type Start = Pick<CallStart, 'operation' | 'requestModel'>

/** Whether these texts are among those, which a framework may send in several requests, and without their line breaks. */
function isPartOf(texts: string, all: string): boolean {
  return words(all).includes(words(texts))
}

function words(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
