import type { Call, CallStart } from './call.ts'
import { checkOutcome } from './checked.ts'
import { type CallOrigin, draftOf, intentEndOf, intentOf } from './draft.ts'
import { tooLate } from './failure.ts'
import { Intent } from './intent.ts'
import { abortedOutcome, type CallOutcome } from './outcome.ts'
import { readOr } from './read-or.ts'
import type { Recorder } from './recorder.ts'
import { type CallTrace, isReadFromRequest, isSameCall, isSameQuestion } from './same-call.ts'
import type { Scope } from './scope.ts'

/** The longest that a timer of Node.js can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** A call that a capture records. */
export class RecordedCall implements Call {
  readonly start: CallStart
  readonly #origin: CallOrigin
  readonly #recorder: Recorder
  readonly #scope: Scope
  readonly #startedAt = new Date()
  readonly #chunks: string[] = []
  readonly #stop: () => void
  #firstChunkAt: number | undefined
  /** Since when nobody reads the answer. */
  #pausedAt: number | undefined
  #attempts = 0
  #progress: (() => Partial<CallOutcome>) | undefined
  #expected: CallOutcome | undefined
  /** The call in whose context this one began. */
  readonly #outer: RecordedCall | undefined
  /** The calls that began in the context of this one. */
  #inner: RecordedCall[] = []
  #lastChance: NodeJS.Timeout | undefined
  #wasCutShort = false
  readonly #intent = new Intent()
  #about: string | undefined
  #isUnmade = false
  #outcome: CallOutcome | undefined
  #ended: Promise<void> | undefined
  #isRecorded = false
  /** Whether whoever waited for its end has left. */
  #isAbandoned = false
  /** Whether that is how it ended. */
  #isClosed = false

  /** Made by `capture.begin()`. */
  constructor(start: CallStart, origin: CallOrigin, recorder: Recorder, scope: Scope) {
    this.start = start
    this.#origin = origin
    this.#recorder = recorder
    this.#scope = scope
    this.#outer = origin.outer instanceof RecordedCall && !origin.outer.hasEnded ? origin.outer : undefined
    if (this.#outer) this.#outer.#enclose(this)
    const { signal } = start
    this.#stop = () => signal && this.abandon(abortedOutcome(signal))
    recorder.opened(this)
    if (signal?.aborted) this.#stop()
    else signal?.addEventListener('abort', this.#stop, { once: true })
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  get expected(): CallOutcome | undefined {
    return this.#expected
  }

  get wasCutShort(): boolean {
    return this.#wasCutShort
  }

  get attempts(): number {
    return this.#attempts
  }

  async ready(): Promise<void> {
    await this.#intentStored()
    // An SDK itself sends nothing after an abort, and says so in its own way.
    if (this.#ended && !this.#isUnmade && !this.start.signal?.aborted) throw tooLate()
  }

  async #intentStored(): Promise<void> {
    if (!this.#recorder.options.intent || this.#ended) return
    try {
      await this.#intent.store(() => this.#recorder.record(intentOf(this.#facts()), 'intent'))
    } catch (error) {
      this.#isUnmade = true
      await this.end({ status: 'error' })
      throw error
    }
  }

  run<Result>(body: () => Result): Result {
    return this.#scope.run({ call: this }, body)
  }

  attempt(outcome?: CallOutcome): void {
    if (outcome) checkOutcome(outcome)
    clearTimeout(this.#lastChance)
    this.#attempts++
    this.#expected = outcome
  }

  expect(outcome: CallOutcome, withinMs?: number): void {
    checkOutcome(outcome)
    clearTimeout(this.#lastChance)
    this.#expected = outcome
    if (withinMs === undefined || this.#ended) return
    this.#lastChance = setTimeout(() => this.abandon(outcome), Math.min(withinMs, MAX_TIMER_MS))
  }

  chunk(text: string): void {
    this.#firstChunkAt ??= performance.now()
    if (text !== '') this.#chunks.push(text)
  }

  progress(source: () => Partial<CallOutcome>): void {
    this.#progress = source
  }

  end(outcome: CallOutcome): Promise<void> {
    if (this.#isClosed && outcome.status === 'ok') return Promise.reject(this.#closedError())
    if (this.#ended) return this.#ended
    try {
      checkOutcome(outcome)
    } catch (error) {
      return Promise.reject(error)
    }
    this.#ended = this.#finish(outcome)
    return this.#ended
  }

  abandon(outcome?: CallOutcome): void {
    if (this.#isRecorded || this.#isAbandoned) return
    const known = outcome ?? this.#expected ?? { status: 'unfinished' }
    checkOutcome(known)
    this.#isAbandoned = true
    if (!this.#ended) {
      this.#isClosed = true
      this.#wasCutShort = !outcome && this.#expected !== undefined
    }
    this.#ended ??= this.#finish(known)
    this.#ended.catch(() => undefined) // it is told where it happens
  }

  pause(): void {
    this.#pausedAt = performance.now()
  }

  resume(): void {
    this.#pausedAt = undefined
  }

  async openIntent(): Promise<string | undefined> {
    return this.#ended ? undefined : this.#intent.id()
  }

  async #finish(outcome: CallOutcome): Promise<void> {
    clearTimeout(this.#lastChance)
    const pausedAt = outcome.status === 'unfinished' ? this.#pausedAt : undefined
    const latencyMs = (pausedAt ?? performance.now()) - this.#origin.startedAt
    try {
      const sofar = this.#sofar()
      const hadFailed = this.#isAbandoned && sofar.status === 'error' // before whoever read it left
      this.#outcome = { ...sofar, ...given(outcome), ...(hadFailed ? { status: 'error' } : {}) }
      this.#about = await this.#intent.id()
      if (this.#isUnmade) return
      if (this.#isRecordedWithin()) return await this.#endIntent(this.#outcome)
      await this.#recorder.record(
        draftOf(this.#facts(), { ...this.#outcome, latencyMs, about: this.#about }),
        'call',
      )
    } catch (error) {
      if (this.#isLeft()) this.#lost(error)
      throw error
    } finally {
      this.start.signal?.removeEventListener('abort', this.#stop)
      this.#isRecorded = true
      this.#inner = []
      this.#recorder.closed(this)
    }
  }

  /** What an integration knows. Where it fails to say it, the call is recorded all the same, with the text of its chunks. */
  #sofar(): Partial<CallOutcome> {
    return readOr(
      () => this.#progress?.() ?? {},
      () => ({}),
    )
  }

  #lost(failure: unknown): void {
    const { provider, requestModel } = this.start
    this.#recorder.lost({ provider, requestModel, intent: this.#about, failure })
  }

  /** A call began within this one. */
  #enclose(inner: RecordedCall): void {
    this.#inner.push(inner)
    const mayBeSame = !isReadFromRequest(this) && isSameQuestion(this.start, inner.start)
    if (mayBeSame) this.#intent.leaveTo(inner.#intent)
  }

  /** The entry is that of a call within this one, which ends the intent only if it has taken it over. */
  async #endIntent({ status }: CallOutcome): Promise<void> {
    if (this.#about === undefined || this.#intent.isTakenOver) return
    await this.#recorder.record(intentEndOf(this.#facts(), this.#about, status), 'intent-end')
  }

  /** Whoever left a call left what is within it. */
  #isLeft(): boolean {
    if (this.#isAbandoned || !this.#outer) return this.#isAbandoned
    return this.#outer.#isLeft()
  }

  #isRecordedWithin(): boolean {
    return this.#inner.some(inner => isSameCall(this.#trace(), inner.#trace()))
  }

  #trace(): CallTrace {
    const { status, output = this.#chunks.join(''), responseId } = this.#outcome ?? this.#sofar()
    const isRequest = isReadFromRequest(this)
    return { ...this.start, status: this.#ended && status, output, responseId, isRequest }
  }

  #closedError(): unknown {
    const { signal } = this.start
    return signal?.aborted ? signal.reason : tooLate()
  }

  #facts() {
    const { startedAt } = this.#origin
    const first = this.#firstChunkAt
    return {
      ...this.#origin,
      start: this.start,
      startedOn: this.#startedAt,
      text: this.#chunks.join(''),
      secondsToFirstChunk: first === undefined ? undefined : (first - startedAt) / 1000,
      attempts: this.#attempts,
      options: this.#recorder.options,
    }
  }
}

/** An outcome without what is undefined, so that it hides nothing that is known otherwise. */
function given(outcome: CallOutcome): CallOutcome {
  const fields = Object.entries(outcome).filter(([, value]) => value !== undefined)
  return { status: outcome.status, ...Object.fromEntries(fields) }
}
