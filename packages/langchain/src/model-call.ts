import type { Call, CallOutcome, CallStart, Capture } from '@audit/capture'
import { IdleTimer, jsonText, readOr, tooLate } from '@audit/capture/integration'
import { failureOf } from './call-outcome.ts'
import { integrationAt } from './integration.ts'
import { modelContext, withinModel } from './model-context.ts'

/** What a model is asked, as its integration with LangChain says it. */
export type Question = Pick<
  CallStart,
  'provider' | 'operation' | 'requestModel' | 'input' | 'inputMessages' | 'signal'
>

/** Ends the calls of streams that nobody holds any more. */
const dropped = new FinalizationRegistry<Call>(call => call.abandon())

/** One call of a model of LangChain, recorded around the methods that its class implements. */
export class ModelCall {
  readonly #capture: Capture
  readonly #call: Call
  readonly #signal: AbortSignal | undefined

  /** Throws what `capture.begin` throws. */
  constructor(capture: Capture, question: Question) {
    this.#capture = capture
    this.#signal = question.signal
    this.#call = capture.begin({ ...question, by: integrationAt('middleware') })
  }

  /** Asks, and hands on the answer once it is recorded. */
  async whole<Answer>(
    ask: () => Promise<Answer>,
    read: (answer: Answer) => Partial<CallOutcome>,
  ): Promise<Answer> {
    await this.#call.ready()
    let answer: Answer
    try {
      answer = await this.#within(ask)
    } catch (error) {
      return this.#fail(error)
    }
    await this.#end(answerRead(answer, read))
    return answer
  }

  /** Asks, and hands on the parts as they come; the end waits until the call is recorded. */
  async *stream<Part>(
    ask: () => AsyncIterable<Part>,
    take: (part: Part) => string,
    sofar: () => Partial<CallOutcome>,
  ): AsyncGenerator<Part, void> {
    const { left } = modelContext()
    const leave = () => this.#call.abandon({ status: 'cancelled' })
    left?.addEventListener('abort', leave, { once: true })
    await this.#call.ready()
    this.#call.progress(sofar)
    let parts: AsyncIterator<Part> | undefined
    let isOver = false
    const idle = new IdleTimer(this.#call, this.#capture.idleMs, () => this.#release(parts))
    idle.stop() // somebody reads already
    try {
      parts = this.#within(() => ask()[Symbol.asyncIterator]())
      for (let part = await this.#next(parts); !part.done; part = await this.#next(parts)) {
        const { value } = part
        this.#call.chunk(
          readOr(
            () => take(value),
            () => '',
          ),
        )
        idle.start()
        yield value
        idle.stop()
      }
      isOver = true
    } catch (error) {
      isOver = true
      await this.#fail(error)
    } finally {
      idle.end()
      if (!isOver) await this.#leave(parts)
    }
    if (!this.#call.hasEnded) await this.#call.end({ status: 'ok' }) // with what has come so far
  }

  /** Ends the call if these parts are garbage collected. */
  endsWith(parts: object): void {
    dropped.register(parts, this.#call)
  }

  #within<Result>(body: () => Result): Result {
    return withinModel(this.#signal, () => this.#call.run(body))
  }

  async #end(answer: Partial<CallOutcome>): Promise<void> {
    if (this.#call.hasEnded) {
      this.#signal?.throwIfAborted()
      throw tooLate()
    }
    await this.#call.end({ status: 'ok', ...answer })
  }

  async #fail(error: unknown): Promise<never> {
    if (!this.#call.hasEnded) await this.#call.end(failureOf(error))
    throw error
  }

  /** After an abort, LangChain itself hands nothing on. */
  async #next<Part>(parts: AsyncIterator<Part>): Promise<IteratorResult<Part>> {
    const part = await this.#within(() => parts.next())
    if (this.#call.hasEnded && !this.#signal?.aborted) {
      this.#release(parts)
      throw tooLate()
    }
    return part
  }

  /** The consumer reads no further. */
  async #leave(parts: AsyncIterator<unknown> | undefined): Promise<void> {
    this.#call.abandon({ status: 'cancelled' })
    await this.#within(() => parts?.return?.())
  }

  /** Frees the connection; nobody can be told if that fails. */
  #release(parts: AsyncIterator<unknown> | undefined): void {
    this.#within(() => parts?.return?.())?.catch(() => undefined)
  }
}

/** What is known of an answer: its JSON at least. */
function answerRead<Answer>(
  answer: Answer,
  read: (answer: Answer) => Partial<CallOutcome>,
): Partial<CallOutcome> {
  return readOr(
    () => read(answer),
    () => ({ output: jsonText(answer) }),
  )
}
