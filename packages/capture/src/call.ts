import type { CallOutcome } from './outcome.ts'

/** Where an integration meets a call: the bytes of its request, a hook of the SDK around it, or a report of it. */
export type CaptureLevel = 'wire' | 'middleware' | 'callback'

/** Which integration records a call: `metadata['audit.capture']`. */
export interface Integration {
  /** Its package: `@audit/openai`. */
  readonly integration: string
  /** The version of that package. */
  readonly version: string
  readonly level: CaptureLevel
}

/** What is known of a call when it starts. */
export interface CallStart {
  /** Who serves it, by OpenTelemetry's name: `openai`, `anthropic`, `mistral_ai`. */
  readonly provider: string
  /** What is done, by OpenTelemetry's name: `chat`, `embeddings`, `text_completion`. */
  readonly operation: string
  /** The model that is asked. */
  readonly requestModel: string
  /** What it is asked, as readable text. */
  readonly input: string
  /** The exact messages, for `content: 'messages'`. */
  readonly inputMessages?: readonly unknown[] | undefined
  /** The tier that is asked for. It counts where the answer does not say which one was billed. Default: the provider's. */
  readonly serviceTier?: string | undefined
  /**
   * What the provider was told to continue: the id of an earlier response, message or conversation that it keeps, and which the
   * input does not repeat.
   */
  readonly previous?: string | undefined
  /** Stops the call. When it does, the call has ended, whoever reads on or does not. */
  readonly signal?: AbortSignal | undefined
  /** Which integration records the call. */
  readonly by?: Integration | undefined
}

/**
 * The life of one call, from its start to its one entry. `end` counts once, whoever calls it first.
 *
 * @example
 * const call = capture.begin({ provider: 'acme', operation: 'chat', requestModel: 'a-1', input })
 * await call.ready()
 * try {
 *   const answer = await call.run(() => acme.ask(input))
 *   await call.end({ status: 'ok', output: answer.text, responseModel: answer.model })
 *   return answer
 * } catch (error) {
 *   await call.end({ status: 'error', errorType: error.name })
 *   throw error
 * }
 */
export interface Call {
  /** What was known of it when it started. */
  readonly start: CallStart
  /** Whether it has ended: nothing counts any more. */
  readonly hasEnded: boolean
  /** How many requests were counted. */
  readonly attempts: number
  /** Its outcome, if nothing else comes of it. */
  readonly expected: CallOutcome | undefined
  /** Whether `drain()` has ended it while its SDK might send another request, which must not leave any more. */
  readonly wasCutShort: boolean

  /**
   * Await it before the request leaves: with `intent: true` it resolves once the intent is stored.
   *
   * @throws AuditError if it could not be stored, and `onAuditFailure` is `'throw'`: the request must not leave then, and the
   *   call has ended without an entry; `AUDIT_CLOSED` if `drain()` ended the call meanwhile.
   */
  ready(): Promise<void>

  /** Runs what makes the call. If an integration in there meets the same call, it records it instead, so that it is recorded once. */
  run<Result>(body: () => Result): Result

  /**
   * Counts a request of this call. What came of it counts as the call's outcome if nobody says another.
   *
   * @throws AuditError `AUDIT_INVALID_OPTIONS` for what is no outcome.
   */
  attempt(outcome?: CallOutcome): void

  /**
   * The outcome, if nothing else comes of this call: its last request failed, and the SDK may or may not send another.
   *
   * @param withinMs if no request is counted within so long, the call has ended. The process lives until then, since otherwise the
   *   call would be lost where nothing else is left to do.
   * @throws AuditError `AUDIT_INVALID_OPTIONS` for what is no outcome.
   */
  expect(outcome: CallOutcome, withinMs?: number): void

  /** Takes a part of the answer, when the application gets it. */
  chunk(text: string): void

  /** Where to look up what has come so far, for a call that ends before its answer does. */
  progress(source: () => Partial<CallOutcome>): void

  /**
   * Ends the call and records it; resolves once that is stored. Only the first `end` or `abandon` counts.
   *
   * @throws AuditError `AUDIT_CLOSED`, or the reason of its signal, for an `ok` after the call was abandoned: the answer is in no
   *   entry, and must not be handed on.
   * @throws AuditError if it could not be stored, and `onAuditFailure` is `'throw'`. Hand it to the application in place of
   *   the last part of its answer. `AUDIT_INVALID_OPTIONS` for what is no outcome; the call is still open then.
   */
  end(outcome: CallOutcome): Promise<void>

  /**
   * Ends the call where nobody can be told of a failure: that becomes a warning, and `drain()` rejects with it. So does that of an
   * `end` under way, since whoever waits for it leaves.
   *
   * @param outcome default: what was expected, otherwise `unfinished`.
   * @throws AuditError `AUDIT_INVALID_OPTIONS` for what is no outcome; the call is still open then.
   */
  abandon(outcome?: CallOutcome): void

  /** Nobody reads the answer now. If the call ends as `unfinished` before `resume()`, its latency ends here. */
  pause(): void

  /** Somebody reads the answer again. */
  resume(): void

  /** The id of its intent, if that is stored and the call has not ended. */
  openIntent(): Promise<string | undefined>
}
