import type { IncomingMessage, ServerResponse } from 'node:http'
import { auditFetch, type Capture } from '@audit/capture'
import { AuditError } from '@audit/core'
import manifest from '../../package.json' with { type: 'json' }
import { streamAnswer, wholeAnswer } from './answer.ts'
import { askerOf } from './asker.ts'
import { requestHeaders } from './forwarded-headers.ts'
import type { Gate } from './gate.ts'
import type { KeyNames } from './key-names.ts'
import { patientFetch } from './patient-fetch.ts'
import { type Dialect, Refusal, refusalBody, refusalEvent, refusalOf } from './refusal.ts'
import { readBody } from './request-body.ts'
import { destinationOf, type Upstreams } from './upstreams.ts'

/** What a relay needs. */
export interface RelayOptions {
  readonly capture: Capture
  readonly gate: Gate
  readonly upstreams: Upstreams
  readonly keyNames: KeyNames
  /** The largest body that a request may have. */
  readonly maxBodyBytes: number
  /** Whether calls that no format is known for go through without a record; otherwise they are refused. */
  readonly allowUnrecorded: boolean
  /** Is told of each call that goes through so. */
  readonly onUnrecorded: (path: string) => void
}

const BY = { integration: manifest.name, version: manifest.version, level: 'wire' } as const

/** Forwards requests to providers, and their answers to clients. The capture records each call that passes. */
export class Relay {
  readonly #options: RelayOptions
  readonly #fetch = patientFetch()

  constructor(options: RelayOptions) {
    this.#options = options
  }

  /** Answers a request. It never rejects. */
  async handle(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const stop = new AbortController()
    reply.once('close', () => {
      if (!reply.writableFinished) stop.abort() // the client has gone
    })
    let wasAnswered = false
    try {
      const { answer, isRecorded } = await this.#send(request, stop.signal)
      wasAnswered = true
      if (isRecorded && !isEventStream(answer)) await wholeAnswer(answer, reply)
      else await streamAnswer(answer, reply)
    } catch (error) {
      if (reply.headersSent) breakOff(request, reply, error)
      else refuse(request, reply, refusalOf(error, wasAnswered))
    }
  }

  async #send(request: IncomingMessage, signal: AbortSignal): Promise<Sent> {
    const { capture, gate, upstreams, keyNames, maxBodyBytes } = this.#options
    gate.check(request)
    const { url, upstream } = destinationOf(upstreams, request.url ?? '/')
    if (request.headers.upgrade !== undefined) {
      throw new Refusal(501, 'unrecordable', 'WebSockets cannot be recorded; use the API over HTTP')
    }
    const body = await readBody(request, maxBodyBytes)
    const { method = 'GET' } = request
    if (body && BODILESS.has(method)) {
      throw new Refusal(400, 'unexpected_body', `${method} takes no body; leave it out, or use POST`)
    }
    const headers = requestHeaders(request.rawHeaders)
    let isRecorded = true
    const fetch: typeof globalThis.fetch = async (...sent) => {
      isRecorded = capture.context.call !== undefined
      if (!isRecorded) this.#passUnrecorded(method, url.pathname)
      return this.#fetch(...sent)
    }
    const send = auditFetch(capture, { provider: upstream.provider, by: BY, fetch })
    const init: RequestInit = { method, headers, redirect: 'manual', signal, ...(body && { body }) }
    const answer = await capture.withScope(askerOf(request, keyNames), () => send(url.href, init))
    return { answer, isRecorded }
  }

  /** @throws Refusal for what may be a call of a model. */
  #passUnrecorded(method: string, path: string): void {
    if (SAFE_METHODS.has(method) || ASKS_NO_MODEL.test(path)) return
    const { allowUnrecorded, onUnrecorded } = this.#options
    if (allowUnrecorded) onUnrecorded(path)
    else
      throw new Refusal(
        501,
        'unrecordable',
        'calls of this kind cannot be recorded, so they are refused; --allow-unrecorded lets them through',
      )
  }
}

/** An answer, and whether its call is recorded. */
interface Sent {
  readonly answer: Response
  readonly isRecorded: boolean
}

/** `fetch` sends no body with these. */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD'])
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE'])
/** What is posted, and asks no model: counting tokens, cancelling. */
const ASKS_NO_MODEL =
  /\/(?:messages\/count_tokens|responses\/input_tokens|(?:responses|batches|jobs|uploads|runs)\/[\w-]+\/cancel)$/

function isEventStream({ headers }: Response): boolean {
  return headers.get('content-type')?.toLowerCase().startsWith('text/event-stream') === true
}

function dialectOf({ url, headers }: IncomingMessage): Dialect {
  return headers['anthropic-version'] !== undefined || url?.startsWith('/anthropic/') ? 'anthropic' : 'openai'
}

function refuse(request: IncomingMessage, reply: ServerResponse, refusal: Refusal): void {
  if (reply.destroyed) return
  const body = refusalBody(dialectOf(request), refusal)
  reply.writeHead(refusal.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(!refusal.mayRetry && { 'x-should-retry': 'false' }),
    // A body that is not wanted is not waited for.
    ...(!request.complete && { connection: 'close' }),
  })
  reply.end(body)
}

/** Ends a stream that has begun: with the reason where its end is withheld, otherwise as the provider broke it off. */
function breakOff(request: IncomingMessage, reply: ServerResponse, error: unknown): void {
  if (error instanceof AuditError) reply.end(refusalEvent(dialectOf(request), refusalOf(error, true)))
  else reply.destroy()
}
