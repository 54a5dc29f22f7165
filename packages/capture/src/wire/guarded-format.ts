import type { CallOutcome } from '../outcome.ts'
import { readOr } from '../read-or.ts'
import { type JsonRecord, stringOf } from './json.ts'
import { jsonText } from './json-text.ts'
import { joinedLines } from './message-text.ts'
import type { ServerSentEvent } from './server-sent-events.ts'
import type { WireAnswer, WireFormat, WireQuestion } from './wire-format.ts'

/**
 * A format that never throws, whatever is asked or answered: it is read where nobody could catch it, such as in a listener. What
 * cannot be read is recorded as its JSON.
 */
export function guarded(format: WireFormat): WireFormat {
  return {
    ...format,
    question: body => questionIn(format, body),
    answer: () => new GuardedAnswer(format.answer()),
  }
}

function questionIn(format: WireFormat, body: JsonRecord): WireQuestion {
  return readOr(
    () => format.question(body),
    () => ({ requestModel: stringOf(body.model) ?? '', input: jsonText(body), inputMessages: [body] }),
  )
}

/** An answer of which what cannot be read is kept as it came. */
class GuardedAnswer implements WireAnswer {
  readonly #answer: WireAnswer
  readonly #unread: string[] = []

  constructor(answer: WireAnswer) {
    this.#answer = answer
  }

  whole(body: JsonRecord): void {
    readOr(
      () => this.#answer.whole(body),
      () => void this.#unread.push(jsonText(body)),
    )
  }

  event(event: ServerSentEvent): boolean {
    return readOr(
      () => this.#answer.event(event),
      () => {
        this.#unread.push(event.data ?? '')
        return false
      },
    )
  }

  sofar(): Partial<CallOutcome> {
    const known = readOr<Partial<CallOutcome>>(
      () => this.#answer.sofar(),
      () => ({ output: '[an answer that cannot be read]' }),
    )
    if (this.#unread.length === 0) return known
    return { ...known, output: joinedLines([known.output, ...this.#unread]) }
  }
}
