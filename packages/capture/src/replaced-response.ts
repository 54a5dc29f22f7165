import type { ResponseBody } from './byte-source.ts'

/** A response with another body, and all else as it was: class, status, headers, `url`. */
export function replaceBody(response: Response, body: ResponseBody): Response {
  const { status, statusText, headers, url } = response
  const options = { status, statusText, headers, url } // node-fetch takes the url from here
  return like(response, new (classOf(response))(body, options))
}

/**
 * A response whose body fails with this error. An error that `fetch` throws would make an SDK send its request again; one in the
 * body reaches the application.
 */
export function failingResponse(error: unknown, url: string): Response {
  const body = new ReadableStream({ pull: controller => controller.error(error) }, { highWaterMark: 0 })
  const response = new Response(body, { status: 200, headers: { 'content-type': 'application/json' } })
  return Object.defineProperty(response, 'url', { value: url, configurable: true })
}

type ResponseClass = new (body: unknown, options: object) => Response

/** The class of the response, so that `instanceof` holds, be it that of `fetch`, of undici, or of node-fetch. */
function classOf(response: Response): ResponseClass {
  const { constructor: found } = Object.getPrototypeOf(response)
  return found
}

/** Copies what only `fetch` can set, also to the clones. */
function like(original: Response, replaced: Response): Response {
  const clone = replaced.clone.bind(replaced)
  const { url, redirected, type, headers } = original
  const values = { url, redirected, type, headers, clone: () => like(original, clone()) }
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) Object.defineProperty(replaced, key, { value, configurable: true })
  }
  return replaced
}
