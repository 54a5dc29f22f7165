/** Where Node.js keeps what its `fetch` sends with, once anything of it was used. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1')

type Dispatcher = NonNullable<RequestInit['dispatcher']>

/**
 * `fetch`, without its own limits: it gives up on an answer that does not begin within five minutes, or pauses for so long, as a
 * model that thinks does. How long to wait is for the client to say, whose leaving ends the request.
 */
export function patientFetch(): typeof globalThis.fetch {
  const dispatcher = patientDispatcher()
  return (input, init) => globalThis.fetch(input, dispatcher ? { ...init, dispatcher } : init)
}

/** One of the class that `fetch` uses, so that it also heeds HTTPS_PROXY where Node.js is told to; `undefined` if there is none. */
export function patientDispatcher(): Dispatcher | undefined {
  new Headers() // makes Node.js load it
  const { [DISPATCHER]: own }: { readonly [DISPATCHER]?: object } = Object(globalThis)
  const { constructor: Class }: { readonly constructor?: unknown } = Object(own)
  if (own === undefined || typeof Class !== 'function') return undefined
  return Reflect.construct(Class, [{ headersTimeout: 0, bodyTimeout: 0 }])
}
