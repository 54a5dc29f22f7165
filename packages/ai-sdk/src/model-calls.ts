import type { Call, CallOutcome, CallStart, Capture } from '@audit/capture'
import { readOr, tooLate } from '@audit/capture/integration'
import { noAnswer } from './answer.ts'
import { jsonText } from './exact-json.ts'
import { failureOutcome, unrecorded } from './failure.ts'

/** Which attempt of the SDK an entry is, from the second one on. */
export const ATTEMPT = 'audit.attempt'

/** The attempts of one question that have failed. */
interface Failed {
  readonly count: number
  /** Who asked, and where: the SDK asks again for them alone. */
  readonly user: string | undefined
  readonly conversation: string | undefined
}

/** Makes the calls of models, and records each. */
export class ModelCalls {
  readonly #capture: Capture
  /** By the prompt that the SDK makes once for all attempts. Values to embed are the application's, which may ask about them again. */
  readonly #failed = new WeakMap<object, Failed>()

  constructor(capture: Capture) {
    this.#capture = capture
  }

  /** A call whose answer comes as a whole. */
  async whole<Result>(
    start: CallStart,
    asked: object,
    send: () => PromiseLike<Result>,
    outcome: (result: Result) => CallOutcome,
  ): Promise<Result> {
    return this.#marked(asked, async () => {
      const call = await this.#begin(start)
      const result = await this.#sent(call, asked, send)
      if (call.hasEnded) throw start.signal?.aborted ? start.signal.reason : tooLate()
      await call.end(
        readOr(
          () => outcome(result),
          () => ({ status: 'ok', output: jsonText(result) }),
        ),
      )
      return result
    })
  }

  /** A call whose answer is a stream, which ends it. What is none is handed on, once it is recorded: the SDK fails by it. */
  async streamed<Result>(
    start: CallStart,
    asked: object,
    send: () => PromiseLike<Result>,
    watched: (result: Result, call: Call) => Result | undefined,
  ): Promise<Result> {
    return this.#marked(asked, async () => {
      const call = await this.#begin(start)
      const result = await this.#sent(call, asked, send)
      const stream = watched(result, call)
      if (stream !== undefined) return stream
      if (!call.hasEnded) await call.end(noAnswer(result))
      return result
    })
  }

  /** With the mark of a later attempt, also where an integration within this one records it. */
  #marked<Result>(asked: object, body: () => Result): Result {
    const failed = this.#failedHere(asked)
    return failed === 0 ? body() : this.#capture.withScope({ metadata: { [ATTEMPT]: failed + 1 } }, body)
  }

  #failedHere(asked: object): number {
    const { user, conversation } = this.#capture.context
    const failed = this.#failed.get(asked)
    return failed?.user === user && failed?.conversation === conversation ? (failed?.count ?? 0) : 0
  }

  async #begin(start: CallStart): Promise<Call> {
    const call = this.#capture.begin(start)
    await call.ready()
    return call
  }

  /** Sends the request. What it fails with is handed on once it is recorded. */
  async #sent<Result>(call: Call, asked: object, send: () => PromiseLike<Result>): Promise<Result> {
    try {
      const result = await call.run(() => this.#capture.claim(send))
      this.#failed.delete(asked)
      return result
    } catch (error) {
      const { user, conversation } = this.#capture.context
      this.#failed.set(asked, { count: this.#failedHere(asked) + 1, user, conversation })
      if (!call.hasEnded) await call.end(failureOutcome(error)) // an SDK does not send again what fails by an AuditError
      throw unrecorded(error) ?? error
    }
  }
}
