import { formatAt } from './formats.ts'
import { type JsonRecord, recordOf } from './json.ts'
import type { WireFormat } from './wire-format.ts'

/** A request that asks a model. */
export interface ModelRequest {
  readonly url: string
  readonly host: string
  readonly format: WireFormat
  readonly body: JsonRecord
  readonly signal: AbortSignal | undefined
}

/** What `fetch` was given; `undefined` where that asks no model. */
export async function readRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
): Promise<ModelRequest | undefined> {
  const request = typeof input === 'string' || input instanceof URL ? undefined : input
  const method = init?.method ?? request?.method ?? 'GET'
  const url = URL.parse(request?.url ?? String(input))
  const format = url && method.toUpperCase() === 'POST' ? formatAt(url.pathname) : undefined
  if (!url || !format) return undefined
  const text = await bodyText(init?.body ?? undefined, request)
  const signal = init?.signal ?? request?.signal
  return { url: url.href, host: url.host, format, body: parsed(text), signal: signal ?? undefined }
}

/** The text of a body that is there; a stream is left alone. */
async function bodyText(body: unknown, request: Request | undefined): Promise<string> {
  if (body === undefined) return (await request?.clone().text()) ?? ''
  if (typeof body === 'string') return body
  if (body instanceof Blob) return body.text()
  if (body instanceof ArrayBuffer) return Buffer.from(body).toString()
  if (ArrayBuffer.isView(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  return ''
}

function parsed(text: string): JsonRecord {
  try {
    return recordOf(JSON.parse(text))
  } catch {
    return {}
  }
}
