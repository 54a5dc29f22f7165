import { AsyncLocalStorage } from 'node:async_hooks'
import type { AuditEntry, AuditLog } from '@audit/core'
import { createEntry, invalidOptions, optionsOf } from '@audit/core/backend'
import type { Call, CallStart } from './call.ts'
import { type CaptureOptions, captureOptions, type RecordingLog } from './capture-options.ts'
import { checkStart } from './checked.ts'
import { claimed } from './claims.ts'
import { type Coverage, CoverageWatch } from './coverage.ts'
import { KEYS } from './metadata-keys.ts'
import { admit } from './price.ts'
import { RecordedCall } from './recorded-call.ts'
import { Recorder } from './recorder.ts'
import { type Context, Scope, type ScopeOptions, type Tries, triesOf } from './scope.ts'
import { openIntents } from './unfinished.ts'

/**
 * Makes what records the calls of an application. One is enough for a process: each integration is given it.
 *
 * @throws AuditError `AUDIT_INVALID_OPTIONS` for a log without `record`, and for an option that is unknown or of a wrong type.
 *
 * @example
 * const capture = createCapture({ log, user: () => session().userId })
 * const openai = auditOpenAI(new OpenAI(), capture)
 */
export function createCapture(options: CaptureOptions): Capture {
  return new Capture(options)
}

/** Records calls: see `createCapture`. */
export class Capture implements AsyncDisposable {
  /**
   * The key under which an SDK's options for `fetch` name the `Tries` that a request belongs to, where the request may leave in
   * another context than the first one did.
   */
  readonly triesKey: symbol = Symbol('@audit/capture/tries')
  readonly #scope = new Scope()
  readonly #recorder: Recorder
  readonly #coverage: CoverageWatch

  /** Throws what `createCapture` throws. */
  constructor(options: CaptureOptions) {
    const checked = captureOptions(options)
    this.#recorder = new Recorder(checked)
    this.#coverage = new CoverageWatch(checked)
  }

  /** Where calls are recorded. */
  get log(): RecordingLog {
    return this.#recorder.options.log
  }

  /** How many milliseconds an answer may lie unread. */
  get idleMs(): number {
    return this.#recorder.options.idleMs
  }

  /**
   * Names who asks and in which conversation, for all calls that start in `body`, across every `await`. Scopes nest. The
   * metadata is copied.
   *
   * @throws AuditError `AUDIT_INVALID_OPTIONS` for an unknown key or a value of a wrong type, and `AUDIT_INVALID_ENTRY` for what no
   *   entry can hold, so that no call is made that cannot be recorded.
   *
   * @example
   * await capture.withScope({ user: 'alice', conversation: 'abc123' }, () => handle(request))
   */
  withScope<Result>(scope: ScopeOptions, body: () => Result): Result {
    return this.#scope.run(scopeOf(scope), body)
  }

  /**
   * Begins a call; who asks is settled now. If `price.admit()` throws, over a budget for example, so does this, and as little must
   * the call be made. If it begins within another one (its `run`) and proves to be the same call, it is recorded, and that one is not.
   *
   * @throws what `user()` throws; AuditError `AUDIT_INVALID_OPTIONS` for an unknown key, and for one that is missing or of a wrong
   *   type. The call must not be made then.
   */
  begin(start: CallStart): Call {
    checkStart(start)
    const context = this.#scope.current
    const startedAt = triesOf(context, start.by)?.startedAt ?? performance.now()
    const user = this.#user()
    const { price } = this.#recorder.options
    admit(price)
    const pricedHere = price && AsyncLocalStorage.bind(price)
    const origin = { user, context, startedAt, outer: context.call, price: pricedHere }
    return new RecordedCall(start, origin, this.#recorder, this.#scope)
  }

  /**
   * Runs a call of an SDK that may send its request several times: all requests in `body` are one call, and who asks is
   * settled now. `Tries.call` is that call, once the first request has left.
   *
   * @throws what `user()` throws.
   */
  withTries<Result>(tries: Tries, body: () => Result): Result {
    return this.#scope.run({ user: this.#user(), tries }, body)
  }

  /**
   * Settles who asks for a call that begins later, when its request has been read. What it returns runs a function so, and throws
   * what `user()` has thrown.
   *
   * @param tries that the call belongs to, where they are not those of this context.
   */
  settle(tries?: Tries): <Result>(body: () => Result) => Result {
    try {
      const user = this.#user()
      return body => this.#scope.run({ user, tries }, body)
    } catch (error) {
      return () => {
        throw error
      }
    }
  }

  /** What holds in this asynchronous context, for integrations. */
  get context(): Context {
    return this.#scope.current
  }

  /** Runs what sends a request that this capture answers for, so that `coverage()` counts it as claimed. */
  claim<Result>(body: () => Result): Result {
    return claimed(body)
  }

  /**
   * Which requests to known providers left this process since the capture was made, and how many of them an integration has
   * seen. The difference is what nobody recorded.
   */
  coverage(): Coverage {
    return this.#coverage.report()
  }

  /**
   * The intents in a log that no entry ends: calls that were running when their process died, or that still run elsewhere.
   * Those of this capture that still run are left out. It reads the whole log once. Throws what `log.entries` throws.
   */
  async unfinished(log: Pick<AuditLog, 'entries'>): Promise<readonly AuditEntry[]> {
    const running = await Promise.all(this.#recorder.open.map(call => call.openIntent()))
    return openIntents(log, new Set(running))
  }

  /**
   * Ends every open call as `unfinished`, and resolves once all are recorded. Call it when the application has finished its
   * requests, before it closes the log. The capture can be used again.
   *
   * @throws AuditError if records failed where no application could be told: after an abort, for example. Its code is that of the
   *   first; if there were several, its message says how many, and its cause is an `AggregateError` of (the first 100 of) them.
   */
  async drain(): Promise<void> {
    await this.#recorder.drain()
  }

  /**
   * Drains, and stops watching the requests of this process: `coverage()` counts no more, and `strict` refuses none. For tests, and
   * for applications that make captures again and again. Throws what `drain` throws.
   */
  async close(): Promise<void> {
    this.#coverage.stop()
    await this.drain()
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Who asks here. Throws what `user()` throws. */
  #user(): string {
    return this.#scope.current.user ?? this.#recorder.options.user()
  }
}

const SCOPE_KEYS = ['user', 'conversation', 'metadata'] as const satisfies (keyof ScopeOptions)[]

/** A copy of a scope that can stand in an entry. */
function scopeOf(scope: ScopeOptions): ScopeOptions {
  const { user, conversation, metadata } = optionsOf(scope, SCOPE_KEYS, SCOPE)
  const texts = { model: 'any', inputText: '', outputText: '' }
  const given = { user: textFrom('user', user), conversation: textFrom('conversation', conversation) }
  if (
    metadata !== undefined &&
    (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
  )
    throw invalidOptions(SCOPE, 'metadata must be an object')
  const checked = createEntry({
    ...texts,
    user: given.user,
    metadata: { ...metadata, [KEYS.conversation]: given.conversation },
  })
  return { ...given, metadata: checked.metadata }
}

const SCOPE = 'withScope'

function textFrom(key: string, given: unknown): string | undefined {
  if (given === undefined || typeof given === 'string') return given
  throw invalidOptions(SCOPE, `${key} must be a string`)
}
