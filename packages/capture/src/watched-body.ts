import type { AnswerBody } from './answer-body.ts'
import type { ByteSource } from './byte-source.ts'
import type { Call } from './call.ts'
import { readOn, tooLate } from './failure.ts'
import { IdleTimer } from './idle-timer.ts'
import { type CallOutcome, errorTypeOf } from './outcome.ts'

/**
 * Hands on the body of an answer as it is read, never faster, and ends the call with it. The last piece of a stream waits
 * until the call is recorded: SDKs read no further, and would swallow an error behind it.
 */
export class WatchedBody implements ByteSource {
  readonly #source: ByteSource
  readonly #body: AnswerBody
  readonly #call: Call
  readonly #signal: AbortSignal | undefined
  readonly #idle: IdleTimer
  readonly #closers: (() => void)[] = []
  #pieces: ArrayIterator<Uint8Array> | undefined
  #atEnd = false
  #isAnswered = false
  #isLeft = false
  /** How many pieces behind the end are recorded. */
  #readBehind = 0
  #isClosed = false

  /**
   * @param idleMs after so long without a read the call is recorded as unfinished.
   * @param signal what the request is stopped with.
   */
  constructor(
    source: ByteSource,
    body: AnswerBody,
    call: Call,
    idleMs: number,
    signal: AbortSignal | undefined,
  ) {
    this.#signal = signal
    this.#source = source
    this.#body = body
    this.#call = call
    this.#idle = new IdleTimer(call, idleMs, () => this.#giveUp())
    call.progress(() => body.stopped())
  }

  async next(): Promise<Uint8Array | undefined> {
    this.#idle.stop()
    try {
      return await this.#advance()
    } finally {
      if (!this.#isClosed) this.#idle.start()
    }
  }

  async cancel(reason: unknown): Promise<void> {
    if (!this.#isLeft && !this.#call.hasEnded) this.stop(this.#body.stopped())
    this.close()
    await this.#source.cancel(reason)
  }

  /** Ends the call without the rest of its answer. */
  stop(outcome: CallOutcome): void {
    this.close()
    this.#call.abandon(outcome)
  }

  /** The SDK has given this answer up, and may send the request again: what becomes of that ends the call. */
  leave(): void {
    this.#isLeft = true
    this.close()
  }

  /** Releases what watches over this answer: whatever comes of it now, its call does not end here any more. */
  close(): void {
    this.#idle.end()
    this.#isClosed = true
    for (const closer of this.#closers.splice(0)) closer()
  }

  /** Names what `close` also releases. */
  whenClosed(closer: () => void): void {
    if (this.#isClosed) closer()
    else this.#closers.push(closer)
  }

  /** Nobody holds the answer any more. */
  dropped(): void {
    this.#call.abandon() // unless it has ended
    this.#giveUp()
  }

  async #advance(): Promise<Uint8Array | undefined> {
    for (;;) {
      const piece = this.#pieces?.next()
      if (piece && !piece.done) return this.#handOn(piece.value)
      if (this.#atEnd) return this.#finish()
      if (this.#call.hasEnded && !this.#isAnswered) return this.#refuse()
      const bytes = await this.#read()
      this.#atEnd = bytes === undefined
      this.#pieces = (bytes ? this.#body.cut(bytes) : this.#lastPieces())[Symbol.iterator]()
    }
  }

  #lastPieces(): readonly Uint8Array[] {
    const rest = this.#body.rest()
    return rest.length > 0 ? [rest] : []
  }

  async #handOn(piece: Uint8Array): Promise<Uint8Array> {
    if (this.#call.hasEnded && !this.#isAnswered) return this.#refuse()
    if (this.#isAnswered) return this.#behind(piece)
    const isLast = this.#body.read(piece)
    if (this.#body.isStream) this.#call.chunk('')
    if (!isLast) return piece
    this.#readAhead()
    await this.#end(this.#body.ended())
    return piece
  }

  /** Reads what came together with the end of the answer, before the call is recorded. */
  #readAhead(): void {
    const pieces = [...(this.#pieces ?? [])]
    for (const piece of pieces) this.#body.read(piece)
    this.#pieces = pieces[Symbol.iterator]()
    this.#readBehind = pieces.length
  }

  /** What comes behind the end goes on unchanged if it says nothing more; text that no entry has is not handed on. */
  #behind(piece: Uint8Array): Uint8Array {
    if (this.#readBehind > 0) this.#readBehind--
    else if (this.#saysMore(piece)) {
      this.#disconnect()
      throw readOn()
    }
    return piece
  }

  #saysMore(piece: Uint8Array): boolean {
    const before = this.#body.stopped().output
    this.#body.read(piece)
    return this.#body.stopped().output !== before
  }

  async #end(outcome: CallOutcome): Promise<undefined> {
    this.close()
    if (!this.#call.hasEnded) this.#isAnswered = true
    try {
      await this.#call.end(outcome)
    } catch (error) {
      this.#disconnect()
      throw error
    }
  }

  async #finish(): Promise<undefined> {
    if (this.#isAnswered) return undefined
    if (this.#call.hasEnded) return this.#refuse()
    return this.#end(this.#body.ended())
  }

  /** The call has ended without its answer, which must not be read on. Where an abort is why, that is the error. */
  async #refuse(): Promise<never> {
    if (this.#signal?.aborted) await this.#source.next()
    this.#disconnect()
    throw tooLate()
  }

  /** What breaks the connection is handed on as it is, once it is recorded. */
  async #read(): Promise<Uint8Array | undefined> {
    try {
      return await this.#source.next()
    } catch (error) {
      if (!this.#call.hasEnded && !this.#isLeft) {
        await this.#end({ ...this.#body.stopped(), status: 'truncated', errorType: errorTypeOf(error) })
      }
      throw error
    }
  }

  /** The call has ended, and nobody reads on. */
  #giveUp(): void {
    this.close()
    this.#disconnect()
  }

  /** Frees the connection; the reader is gone, so nobody can be told if that fails. */
  #disconnect(): void {
    this.#source.cancel(undefined).catch(() => undefined)
  }
}
