import type { Call, CallOutcome, CallStart, Capture } from '@audit/capture'
import { readOr, tooLate } from '@audit/capture/integration'
import { jsonText } from './exact-json.ts'
import { failureOutcome } from './failure.ts'

/** Which attempt of the SDK an entry is, from the second one on. */
export const ATTEMPT = 'audit.attempt'

/** Makes the calls of models, and records each. */
export class ModelCalls {
  readonly #capture: Capture
  /** How many attempts failed, by the prompt that the SDK makes once for all of them. */
  readonly #failed = new WeakMap<object, number>()

  constructor(capture: Capture) {
    this.#capture = capture
  }

  /** A call whose answer comes as a whole. */
  async whole<Result extends object>(
    start: CallStart,
    asked: object,
    send: () => PromiseLike<Result>,
    outcome: (result: Result) => CallOutcome,
  ): Promise<Result> {
    const call = await this.#begin(start, asked)
    const result = await this.#sent(call, asked, send)
    if (call.hasEnded) throw start.signal?.aborted ? start.signal.reason : tooLate()
    await call.end(
      readOr(
        () => outcome(result),
        () => ({ status: 'ok', output: jsonText(result) }),
      ),
    )
    return result
  }

  /** A call whose answer is a stream, which ends it. */
  async streamed<Result extends object>(
    start: CallStart,
    asked: object,
    send: () => PromiseLike<Result>,
    watched: (result: Result, call: Call) => Result,
  ): Promise<Result> {
    const call = await this.#begin(start, asked)
    return watched(await this.#sent(call, asked, send), call)
  }

  async #begin(start: CallStart, asked: object): Promise<Call> {
    const failed = this.#failed.get(asked)
    const begin = () => this.#capture.begin(start)
    const call = failed ? this.#capture.withScope({ metadata: { [ATTEMPT]: failed + 1 } }, begin) : begin()
    await call.ready()
    return call
  }

  /** Sends the request. What it fails with is handed on once it is recorded. */
  async #sent<Result>(call: Call, asked: object, send: () => PromiseLike<Result>): Promise<Result> {
    try {
      return await call.run(() => this.#capture.claim(send))
    } catch (error) {
      this.#failed.set(asked, (this.#failed.get(asked) ?? 0) + 1)
      if (!call.hasEnded) await call.end(failureOutcome(error)) // an SDK does not send again what fails by an AuditError
      throw error
    }
  }
}
