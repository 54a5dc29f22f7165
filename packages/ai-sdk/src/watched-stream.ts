import type { Call, CallOutcome } from '@audit/capture'
import { recordOf, tooLate } from '@audit/capture/integration'
import type { StreamedAnswer } from './answer.ts'
import { brokenOutcome } from './failure.ts'

/** Ends the calls of streams that were dropped unread. What it holds of a call does not hold the stream. */
const dropped = new FinalizationRegistry<WatchedStream>(stream => stream.dropped())

/** Whether a value is a stream as models return it. */
export function isStream(value: unknown): value is ReadableStream<unknown> {
  const { getReader }: { readonly getReader?: unknown } = Object(value)
  return typeof getReader === 'function'
}

/**
 * A stream of the same parts, which ends the call with its last one.
 *
 * @param idleMs after so long without a read the call is recorded as unfinished.
 * @param signal what the application stops the call with.
 */
export function watchedStream(
  source: ReadableStream<unknown>,
  answer: StreamedAnswer,
  call: Call,
  idleMs: number,
  signal: AbortSignal | undefined,
): ReadableStream<unknown> {
  const watched = new WatchedStream(source.getReader(), answer, call, idleMs, signal)
  const stream = new ReadableStream<unknown>(
    {
      pull: async controller => {
        const { done, value } = await watched.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: reason => watched.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  dropped.register(stream, watched)
  return stream
}

type Reader = ReadableStreamDefaultReader<unknown>
type ReadPart = Awaited<ReturnType<Reader['read']>>

/**
 * Hands on the parts of a stream as they are read, never faster. The last one waits until the call is recorded: what fails
 * behind it, nobody would see.
 */
class WatchedStream {
  readonly #source: Reader
  readonly #answer: StreamedAnswer
  readonly #call: Call
  readonly #signal: AbortSignal | undefined
  readonly #idle: NodeJS.Timeout
  #isReading = false
  #isAnswered = false

  constructor(
    source: Reader,
    answer: StreamedAnswer,
    call: Call,
    idleMs: number,
    signal: AbortSignal | undefined,
  ) {
    this.#source = source
    this.#answer = answer
    this.#call = call
    this.#signal = signal
    this.#idle = setTimeout(() => this.#onIdle(), idleMs)
    this.#idle.unref() // it must not keep the process alive
    call.progress(() => answer.sofar())
  }

  async next(): Promise<ReadPart> {
    this.#isReading = true
    try {
      const part = await this.#read()
      if (this.#isAnswered) return part // what comes behind the end is no part of the answer
      if (this.#call.hasEnded) return this.#refuse()
      if (part.done || this.#take(part.value)) await this.#end(this.#answer.ended())
      return part
    } finally {
      this.#isReading = false
      this.#idle.refresh()
    }
  }

  async cancel(reason: unknown): Promise<void> {
    clearTimeout(this.#idle)
    this.#call.abandon(this.#answer.stopped())
    await this.#source.cancel(reason)
  }

  /** Nobody holds the stream any more, or nobody reads it. */
  dropped(): void {
    clearTimeout(this.#idle)
    if (this.#call.hasEnded) return
    this.#call.abandon()
    this.#release()
  }

  #take(value: unknown): boolean {
    const part = recordOf(value)
    if (part.type !== 'stream-start') this.#call.chunk('') // that one comes before the provider has answered
    return this.#answer.take(part)
  }

  /** What breaks the stream is handed on as it is, once it is recorded. */
  async #read(): Promise<ReadPart> {
    try {
      return await this.#source.read()
    } catch (error) {
      if (!this.#call.hasEnded) await this.#end({ ...this.#answer.sofar(), ...brokenOutcome(error) })
      throw error
    }
  }

  async #end(outcome: CallOutcome): Promise<void> {
    clearTimeout(this.#idle)
    this.#isAnswered = true
    const ending = this.#call.end(outcome)
    this.#call.abandon() // the SDK reads ahead, and often nobody learns what fails here: the process and `drain()` say it too
    try {
      await ending
    } catch (error) {
      this.#release()
      throw error
    }
  }

  /** The call has ended without its answer, which must not be read on. Where an abort is why, that is the error. */
  #refuse(): never {
    this.#release()
    throw this.#signal?.aborted ? this.#signal.reason : tooLate()
  }

  #onIdle(): void {
    if (this.#isReading) return void this.#idle.refresh() // it is the provider that is slow
    this.dropped()
  }

  /** Frees the connection; the reader is gone, so nobody can be told if that fails. */
  #release(): void {
    this.#source.cancel().catch(() => undefined)
  }
}
