import { EventBody, WholeBody } from './answer-body.ts'
import { type ResponseBody, sourceOf, streamLike } from './byte-source.ts'
import type { Call, CallStart, Integration } from './call.ts'
import type { Capture } from './capture.ts'
import { tooLate } from './failure.ts'
import { abortedOutcome, type CallOutcome, errorTypeOf } from './outcome.ts'
import { failingResponse, replaceBody } from './replaced-response.ts'
import { isSameRequest, readFromRequest } from './same-call.ts'
import type { Tries } from './scope.ts'
import { WatchedBody } from './watched-body.ts'
import type { ModelRequest } from './wire/request.ts'

/** One request, and what it belongs to. */
export interface ExchangeParts {
  readonly capture: Capture
  readonly request: ModelRequest
  readonly provider: (host: string) => string
  readonly by: Integration
  /** The call of the SDK that this request is one try of. */
  readonly tries: Tries | undefined
  /** Runs what begins the call, with who asked when the request was made. */
  readonly settled: <Result>(body: () => Result) => Result
  readonly send: () => Promise<Response>
}

/** Ends the calls of answers that were dropped unread. What it holds of a call does not hold the stream. */
const dropped = new FinalizationRegistry<WatchedBody>(body => body.dropped())

/** One HTTP request of a call, and its response. */
export class Exchange {
  readonly #parts: ExchangeParts

  constructor(parts: ExchangeParts) {
    this.#parts = parts
  }

  /**
   * Sends the request, and returns the response with a body that ends the call. It rejects as sending itself does, and with what
   * `user()` throws where no SDK would take that for a failure of the connection.
   */
  async run(): Promise<Response> {
    let call: Call | undefined
    try {
      if (this.#isRecordedAround()) return this.#parts.send()
      call = this.#call()
      await call.ready()
    } catch (error) {
      if (!call && !this.#parts.tries) throw error // there is no call, and nothing was sent
      return failingResponse(error, this.#parts.request.url)
    }
    call.attempt()
    let response: Response
    try {
      response = await call.run(this.#parts.send)
    } catch (error) {
      return this.#unanswered(call, error)
    }
    try {
      return await this.#answered(call, response)
    } catch (error) {
      call.abandon({ status: 'error', errorType: errorTypeOf(error) })
      return failingResponse(error, this.#parts.request.url) // it was billed, so the SDK must not send it again
    }
  }

  /** Whether a wrapper around this one reads the same request, and records it. */
  #isRecordedAround(): boolean {
    const { call } = this.#parts.capture.context
    return call !== undefined && isSameRequest(call, this.#parts.request.body)
  }

  /** The call that this is a try of, or a new one. Throws where `drain()` has ended that call: it is recorded already. */
  #call(): Call {
    const { capture, tries, settled, request } = this.#parts
    if (tries?.call?.wasCutShort) throw tooLate()
    if (tries?.call && !tries.call.hasEnded) return tries.call
    const call = settled(() => capture.begin(this.#start()))
    readFromRequest(call, request.body)
    if (tries) tries.call = call
    return call
  }

  #start(): CallStart {
    const { request, provider, by, tries } = this.#parts
    const { operation } = request.format
    const question = request.format.question(request.body)
    const signal = tries ? tries.signal : request.signal
    return { provider: provider(request.host), operation, ...question, signal, by }
  }

  async #answered(call: Call, response: Response): Promise<Response> {
    if (call.hasEnded) return this.#tooLate(response)
    if (!response.ok) return this.#refused(call, response)
    const body = bodyOf(response)
    if (!body) return this.#ended(call, response, { status: 'ok' })
    const watched = this.#watched(call, response, body)
    const stream = streamLike(body, watched)
    dropped.register(stream, watched, watched)
    watched.whenClosed(() => dropped.unregister(watched)) // it holds the stream in the end: by the errors that the stream keeps
    return replaceBody(response, stream)
  }

  #watched(call: Call, response: Response, body: ResponseBody): WatchedBody {
    const { capture, request } = this.#parts
    const answer = request.format.answer()
    const isStream = isEventStream(response) || (request.body.stream === true && !isJson(response))
    const answerBody = isStream ? new EventBody(answer) : new WholeBody(answer)
    const watched = new WatchedBody(sourceOf(body), answerBody, call, capture.idleMs, request.signal)
    this.#stopWithSignal(call, watched, () => {
      if (isStream) watched.stop(answerBody.stopped())
      else if (this.#mayRetry(call)) {
        watched.leave()
        call.expect({ status: 'timeout' })
      } else watched.stop({ ...answerBody.stopped(), status: 'timeout' })
    })
    return watched
  }

  /**
   * An SDK has a signal of its own for each request. It fires when the application's does, which the call itself listens to;
   * when the consumer leaves a stream; and when a whole answer takes too long.
   */
  #stopWithSignal(call: Call, watched: WatchedBody, stop: () => void): void {
    const { request, tries } = this.#parts
    const { signal } = request
    if (!signal) return
    const onAbort = () => {
      if (tries && !call.hasEnded && !tries.signal?.aborted) stop()
      else watched.close()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    watched.whenClosed(() => signal.removeEventListener('abort', onAbort))
    if (tries && signal.aborted) watched.stop({ status: 'cancelled' })
  }

  /** A refusal that the SDK may answer with another request is not the end yet. */
  async #refused(call: Call, response: Response): Promise<Response> {
    const outcome: CallOutcome = { status: 'error', errorType: String(response.status) }
    if (!this.#mayRetry(call) || !isRetried(response)) return this.#ended(call, response, outcome)
    call.expect(outcome)
    return response
  }

  async #ended(call: Call, response: Response, outcome: CallOutcome): Promise<Response> {
    try {
      await call.end(outcome)
      return response
    } catch (error) {
      return failingResponse(error, this.#parts.request.url)
    }
  }

  async #unanswered(call: Call, error: unknown): Promise<Response> {
    const { request, tries } = this.#parts
    const stopped = tries?.signal?.aborted
      ? tries.signal
      : !tries && request.signal?.aborted && request.signal
    if (stopped || call.hasEnded) {
      call.abandon(stopped ? abortedOutcome(stopped) : undefined)
      throw error
    }
    const timedOut = request.signal?.aborted === true // by the SDK itself
    const outcome: CallOutcome = { status: timedOut ? 'timeout' : 'error', errorType: errorTypeOf(error) }
    if (this.#mayRetry(call)) {
      call.expect(outcome)
      throw error
    }
    try {
      await call.end(outcome)
    } catch (failure) {
      return failingResponse(failure, request.url)
    }
    throw error
  }

  #mayRetry(call: Call): boolean {
    const { tries } = this.#parts
    return tries !== undefined && call.attempts < tries.most
  }

  #tooLate(response: Response): Response {
    const body = bodyOf(response)
    if (body)
      sourceOf(body)
        .cancel(undefined)
        .catch(() => undefined) // only to free the connection
    return failingResponse(tooLate(), this.#parts.request.url)
  }
}

/** The body of a response; none where it is said to be empty, for then no SDK reads it. */
function bodyOf(response: Response): ResponseBody | undefined {
  if (response.headers.get('content-length') === '0' || response.status === 204) return undefined
  return response.body ?? undefined
}

function isEventStream(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('text/event-stream') === true
}

/** Some providers answer with one JSON value where a stream was asked for. */
function isJson(response: Response): boolean {
  return /^application\/(?:[^;]+\+)?json\b/i.test(response.headers.get('content-type') ?? '')
}

/** Whether an SDK sends the request again: as those of OpenAI and Anthropic decide it. */
function isRetried({ status, headers }: Response): boolean {
  const told = headers.get('x-should-retry')
  if (told === 'true' || told === 'false') return told === 'true'
  return status === 408 || status === 409 || status === 429 || status >= 500
}
