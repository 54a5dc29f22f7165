import { copyOfInit, copyOfInput, isRequest } from './copied-request.ts'
import { formatAt } from './formats.ts'
import { type JsonRecord, recordOf } from './json.ts'
import type { WireFormat } from './wire-format.ts'

/** A request that asks a model, before its body is read. */
export interface SentRequest {
  /** What `fetch` was given, as it was then: what the application changes afterwards is not sent. */
  readonly input: string | URL | Request
  readonly init: RequestInit | undefined
  /** Reads it, now: it is sent afterwards. */
  read(): Promise<ModelRequest>
}

/** A request that asks a model. */
export interface ModelRequest {
  readonly url: string
  readonly host: string
  readonly format: WireFormat
  readonly body: JsonRecord
  readonly signal: AbortSignal | undefined
}

/** What `fetch` was given; `undefined` where that asks no model. */
export function sentRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
): SentRequest | undefined {
  const request = isRequest(input) ? input : undefined
  const url = URL.parse(request?.url ?? String(input))
  const method = init?.method ?? request?.method ?? 'GET'
  const format = url && method.toUpperCase() === 'POST' ? formatAt(url.pathname) : undefined
  if (!url || !format) return undefined
  const signal = (init?.signal === undefined ? request?.signal : init.signal) ?? undefined
  const sent = { input: copyOfInput(input, init), init: init && copyOfInit(init) }
  const read = async () => {
    const text = await textOf(sent.input, sent.init)
    return { url: url.href, host: url.host, format, body: parsed(text), signal }
  }
  return { ...sent, read }
}

/** The text that is sent, where it can be read without waiting for the application. */
async function textOf(input: string | URL | Request, init: RequestInit | undefined): Promise<string> {
  const owner = [init, input].find(given => isRequest(given) && given.body !== null)
  try {
    if (!isRequest(init) && init?.body) return await bodyText(init.body)
    return isRequest(owner) ? await textAtHand(owner) : ''
  } catch {
    return '' // sending it says what is wrong with it
  }
}

/** The text of a body that is there; a stream is left alone. */
async function bodyText(body: unknown): Promise<string> {
  if (typeof body === 'string') return body
  if (body instanceof Blob) return body.text()
  if (body instanceof ArrayBuffer) return Buffer.from(body).toString()
  if (ArrayBuffer.isView(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  return body instanceof URLSearchParams ? String(body) : ''
}

/**
 * The text of a Request that has it at hand in one piece, as one made of a text or of bytes has. Nothing tells such a Request from
 * one made of a stream, which must leave before its end is known: so this waits for nothing but what has come already.
 */
async function textAtHand(request: Request): Promise<string> {
  const reader = request.clone().body?.getReader()
  if (!reader) return ''
  const pieces = Promise.all([reader.read(), reader.read()])
  const [first, end] = (await Promise.race([pieces, nextTurn()])) ?? []
  if (end?.done) return Buffer.from(first?.value ?? []).toString()
  pieces.catch(() => undefined)
  reader.cancel().catch(() => undefined) // otherwise all that is sent would be kept for it
  return ''
}

function nextTurn(): Promise<undefined> {
  return new Promise(resolve => setImmediate(resolve, undefined))
}

function parsed(text: string): JsonRecord {
  try {
    return recordOf(JSON.parse(text))
  } catch {
    return {}
  }
}
