import type { Call, CallStart } from './call.ts'

/** The calls whose question was read from a request, and so compares with that of another request. */
const fromRequests = new WeakSet<Call>()

/** Notes that the question of a call is as its request asks it. */
export function readFromRequest(call: Call): void {
  fromRequests.add(call)
}

/**
 * Whether a call that starts while another one is being made is that same call, met a second time. A call that has ended is none
 * any more, and what asks another model or another question is a call of its own: a guard in a `fetch` of the application's own,
 * for example.
 */
export function isSameRequest(outer: Call | undefined, inner: CallStart): outer is Call {
  if (!outer || outer.hasEnded) return false
  const { requestModel, input } = outer.start
  if (fromRequests.has(outer)) return requestModel === inner.requestModel && input === inner.input
  // An integration above the request shows the question in its own way.
  return requestModel === '' || inner.requestModel === '' || requestModel === inner.requestModel
}
