import { AsyncLocalStorage } from 'node:async_hooks'

/** What answers for the requests that are sent within it, until it is over. */
interface Claim {
  isOver: boolean
}

const KEY = Symbol.for('@audit/capture/claims')

/** All copies of this package share one, so that what one of them claims is claimed for all. */
const shared: object & { [KEY]?: AsyncLocalStorage<Claim> } = Object(globalThis)
shared[KEY] ??= new AsyncLocalStorage()
const claims = shared[KEY]

/**
 * Runs what sends a request that a capture answers for. Where it returns a promise, the claim is over when that settles: what
 * lives on in its asynchronous context, such as a timer, sends requests of its own.
 */
export function claimed<Result>(body: () => Result): Result {
  const claim: Claim = { isOver: false }
  const result = claims.run(claim, body)
  if (!isPlainPromise(result)) return result
  const settled: unknown = result.finally(() => {
    claim.isOver = true
  })
  return settled as Result // a promise of the same value
}

/** Whether a capture answers for the request that is being sent here. */
export function isClaimed(): boolean {
  return claims.getStore()?.isOver === false
}

/** The promises of SDKs do more than wait when they are waited for. */
function isPlainPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise && value.constructor === Promise
}
