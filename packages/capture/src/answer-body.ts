import type { CallOutcome } from './outcome.ts'
import { readOr } from './read-or.ts'
import { isRecord } from './wire/json.ts'
import { EventCutter, readEvent } from './wire/server-sent-events.ts'
import type { WireAnswer } from './wire/wire-format.ts'

/** Cuts the body of an answer into what is handed on at once, and reads it meanwhile. */
export interface AnswerBody {
  readonly isStream: boolean
  /** What can be handed on, piece by piece, now that these bytes are there. */
  cut(bytes: Uint8Array): readonly Uint8Array[]
  /** What is left at the end of the body. */
  rest(): Uint8Array
  /** Reads a piece that is about to be handed on. Returns whether the answer ends with it. */
  read(piece: Uint8Array): boolean
  /** How the call ended, now that the body has. */
  ended(): CallOutcome
  /** How the call ended, if nobody reads on. */
  stopped(): CallOutcome
}

/** A stream of events: each is handed on alone, so that only what was read is recorded as shown. */
export class EventBody implements AnswerBody {
  readonly #answer: WireAnswer
  readonly isStream = true
  readonly #cutter = new EventCutter()
  #isMalformed = false
  #isCut = false

  constructor(answer: WireAnswer) {
    this.#answer = answer
  }

  cut(bytes: Uint8Array): readonly Uint8Array[] {
    return this.#cutter.cut(bytes)
  }

  rest(): Uint8Array {
    this.#isCut = true
    return this.#cutter.rest()
  }

  read(piece: Uint8Array): boolean {
    const event = readEvent(piece)
    this.#isMalformed ||= event.isMalformed && !this.#isCut // an event that has broken off is no JSON, either
    return this.#answer.event(event)
  }

  /** Without the event that ends it, an answer has broken off. */
  ended(): CallOutcome {
    return { status: 'truncated', ...this.#malformed(), ...this.#answer.sofar() }
  }

  stopped(): CallOutcome {
    return { status: 'cancelled', ...this.#malformed(), ...this.#answer.sofar() }
  }

  /** Most SDKs stop with an error where an event is no JSON. */
  #malformed(): Partial<CallOutcome> {
    return this.#isMalformed ? { status: 'error', errorType: 'SyntaxError' } : {}
  }
}

/** One JSON value: its bytes are handed on as they come. */
export class WholeBody implements AnswerBody {
  readonly #answer: WireAnswer
  readonly isStream = false
  readonly #pieces: Uint8Array[] = []

  constructor(answer: WireAnswer) {
    this.#answer = answer
  }

  cut(bytes: Uint8Array): readonly Uint8Array[] {
    return [bytes]
  }

  rest(): Uint8Array {
    return new Uint8Array(0)
  }

  read(piece: Uint8Array): boolean {
    this.#pieces.push(piece)
    return false
  }

  ended(): CallOutcome {
    const text = Buffer.concat(this.#pieces).toString()
    const body = readOr<unknown>(
      () => JSON.parse(text),
      () => undefined,
    )
    if (body === undefined) return { status: 'error', errorType: 'SyntaxError', output: text }
    if (!isRecord(body)) return { status: 'error', errorType: 'TypeError', output: text } // JSON, and no answer
    this.#answer.whole(body)
    return { status: 'ok', ...this.#answer.sofar() }
  }

  stopped(): CallOutcome {
    return { status: 'cancelled', output: Buffer.concat(this.#pieces).toString() }
  }
}
