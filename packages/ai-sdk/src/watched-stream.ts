import type { Call, CallOutcome } from '@audit/capture'
import { IdleTimer, readOr, recordOf, tooLate } from '@audit/capture/integration'
import type { StreamedAnswer } from './answer.ts'
import { brokenOutcome, unrecorded } from './failure.ts'

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
  dropped.register(stream, watched, watched)
  return stream
}

type Reader = ReadableStreamDefaultReader<unknown>
type ReadPart = Awaited<ReturnType<Reader['read']>>

/** What came of a read. */
type Held = { readonly part: ReadPart } | { readonly failure: unknown }

function isEnd(held: Held): boolean {
  return 'failure' in held || held.part.done
}

/**
 * Hands on the parts of a stream as they are read, never faster. The last one waits until the call is recorded: what fails
 * behind it, nobody would see. What a model says behind it waits with it, since the application is shown that, too.
 */
class WatchedStream {
  readonly #source: Reader
  readonly #answer: StreamedAnswer
  readonly #call: Call
  readonly #signal: AbortSignal | undefined
  readonly #idle: IdleTimer
  #isClosed = false
  /** What waits until the call is recorded: the last part, and those behind it. */
  #held: Held[] = []

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
    this.#idle = new IdleTimer(call, idleMs, () => this.#release())
    call.progress(() => answer.sofar())
  }

  async next(): Promise<ReadPart> {
    this.#idle.stop() // it is the provider that is slow now
    try {
      const held = this.#held.shift() ?? (await this.#advance())
      if ('failure' in held) throw held.failure
      return held.part
    } finally {
      if (!this.#isClosed) this.#idle.start()
    }
  }

  async cancel(reason: unknown): Promise<void> {
    this.#close()
    this.#held = []
    this.#call.abandon(this.#answer.stopped())
    await this.#source.cancel(reason)
  }

  /** Nobody holds the stream any more. */
  dropped(): void {
    const hadEnded = this.#call.hasEnded
    if (!hadEnded) this.#call.abandon() // first, since it knows until when it was read
    this.#close()
    if (!hadEnded) this.#release()
  }

  #close(): void {
    this.#idle.end()
    dropped.unregister(this)
    this.#isClosed = true
  }

  async #advance(): Promise<Held> {
    const held = await this.#read()
    if (!this.#isLast(held)) return held
    const all = [held]
    for (let last = held; !isEnd(last); all.push(last)) {
      last = await this.#read()
      this.#isLast(last)
    }
    await this.#end(this.#outcome(all.at(-1) ?? held))
    this.#held = all.slice(1)
    return held
  }

  /** Whether the answer ends with this, as far as the model says it. */
  #isLast(held: Held): boolean {
    if ('failure' in held || held.part.done) return true
    const { value } = held.part
    const { type } = recordOf(value)
    if (type !== 'stream-start') this.#call.chunk('') // that one comes before the provider has answered
    return readOr(
      () => this.#answer.take(value),
      () => type === 'finish',
    )
  }

  #outcome(last: Held): CallOutcome {
    if (!('failure' in last)) return this.#answer.ended()
    return { ...this.#answer.sofar(), ...brokenOutcome(last.failure) }
  }

  /** What breaks the stream is handed on as it is, once it is recorded. */
  async #read(): Promise<Held> {
    const held = await this.#source.read().then(
      part => ({ part }),
      error => ({ failure: unrecorded(error) ?? error }),
    )
    return this.#call.hasEnded && !('failure' in held) ? this.#refuse() : held
  }

  async #end(outcome: CallOutcome): Promise<void> {
    this.#close()
    if (this.#call.hasEnded) return
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
    this.#close()
    this.#release()
    throw this.#signal?.aborted ? this.#signal.reason : tooLate()
  }

  /** Frees the connection; the reader is gone, so nobody can be told if that fails. */
  #release(): void {
    this.#source.cancel().catch(() => undefined)
  }
}
