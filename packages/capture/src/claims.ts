import { AsyncLocalStorage } from 'node:async_hooks'

const KEY = Symbol.for('@audit/capture/claims')

/** All copies of this package share one, so that what one of them claims is claimed for all. */
const shared: object & { [KEY]?: AsyncLocalStorage<true> } = Object(globalThis)
shared[KEY] ??= new AsyncLocalStorage()
const claims = shared[KEY]

/** Runs what sends a request that a capture answers for. */
export function claimed<Result>(body: () => Result): Result {
  return claims.run(true, body)
}

/** Whether a capture answers for the request that is being sent here. */
export function isClaimed(): boolean {
  return claims.getStore() === true
}
