// A request is read before it is sent, and by then the application may have changed what it gave. `fetch` copies it at the call.

/** Whether `fetch` was given a Request, of whichever implementation. */
export function isRequest(value: unknown): value is Request {
  const { clone, url }: { readonly clone?: unknown; readonly url?: unknown } = Object(value)
  return typeof clone === 'function' && typeof url === 'string'
}

/** What is sent to, as it is now. */
export function copyOfInput(
  input: string | URL | Request,
  init: RequestInit | undefined,
): string | URL | Request {
  if (input instanceof URL) return new URL(input)
  return isRequest(input) && (init?.body ?? undefined) === undefined ? takenOver(input) : input
}

/** How it is sent, as it is now: its headers, and its body. Where a class of the application's own says it, that stays as it is. */
export function copyOfInit(init: RequestInit): RequestInit {
  if (isRequest(init)) return takenOver(init)
  const prototype: unknown = Object.getPrototypeOf(init)
  if (prototype !== Object.prototype && prototype !== null) return init
  const copy = { ...init }
  if (init.headers) copy.headers = copyOfHeaders(init.headers)
  if (init.body) copy.body = copyOfBody(init.body)
  return copy
}

/** A Request with the same body, which the given one cannot be sent with again: as `fetch` does it. */
function takenOver(request: Request): Request {
  if (Object.getPrototypeOf(request) !== Request.prototype) return request
  try {
    return new Request(request)
  } catch {
    return request // its body was used, which sending it will say
  }
}

function copyOfHeaders(headers: NonNullable<RequestInit['headers']>): NonNullable<RequestInit['headers']> {
  if (headers instanceof Headers) return new Headers(headers)
  if (Array.isArray(headers)) return headers.map(([name = '', value = '']) => [name, value])
  return Object.getPrototypeOf(headers) === Object.prototype ? { ...headers } : headers
}

type Body = NonNullable<RequestInit['body']>

/** What can be changed is copied; a stream is what it is. */
function copyOfBody(body: Body): Body {
  if (typeof body !== 'object' || body instanceof Blob) return body
  if (body instanceof ArrayBuffer) return body.slice(0)
  if (Buffer.isBuffer(body)) return Buffer.from(body)
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice()
  if (body instanceof URLSearchParams) return new URLSearchParams(body)
  if (body instanceof FormData) return copyOfForm(body)
  return isText(body) ? String(body) : body
}

function copyOfForm(form: FormData): FormData {
  const copy = new FormData()
  for (const [name, value] of form) {
    if (typeof value === 'string') copy.append(name, value)
    else copy.append(name, value, value.name)
  }
  return copy
}

/** Whether `fetch` sends an object as its text: all that is neither a stream nor of a kind that has a name of its own. */
function isText(body: object): boolean {
  return ![Symbol.asyncIterator, Symbol.toStringTag, 'getReader', 'pipe'].some(key => key in body)
}
