import { type JsonRecord, recordOf } from './json.ts'

/** An event of a stream, read as the HTML standard has it. */
export interface ServerSentEvent {
  /** Its name; `undefined` where it has none. */
  readonly event: string | undefined
  /** The lines of its data, joined; `undefined` for one without any, such as a comment. */
  readonly data: string | undefined
  /** The JSON of its data; empty where that is no object. */
  readonly body: JsonRecord
  /** Whether its data should be JSON and is not. */
  readonly isMalformed: boolean
}

const LF = 10
const CR = 13

/**
 * Cuts the bytes of a stream behind each event, wherever the network has cut them, and changes none: joined, the pieces are
 * what came. Lines end with LF, CRLF or CR. Blank lines alone are no event: they go with what comes next. Each byte is looked at
 * once, and copied at most once.
 */
export class EventCutter {
  /** The event that is not whole yet, as the network has cut it. */
  #begun: Uint8Array[] = []
  #atLineStart = true
  #afterCr = false
  /** Whether nothing but line ends came since the last event. */
  #isBlank = true

  /** The whole events that are there with these bytes. */
  cut(bytes: Uint8Array): readonly Uint8Array[] {
    const events: Uint8Array[] = []
    let start = 0
    for (let position = 0; position < bytes.length; ) {
      if (!this.#isEventEnd(bytes[position++])) continue
      // The LF of a CRLF that is here already belongs to the event.
      if (this.#afterCr && bytes[position] === LF) this.#isEventEnd(bytes[position++])
      events.push(this.#whole(bytes.subarray(start, position)))
      start = position
    }
    if (start < bytes.length) this.#begun.push(bytes.subarray(start))
    return this.#isBlank && this.#begun.length > 0 ? [...events, this.#whole()] : events
  }

  /** What came behind the last whole event. */
  rest(): Uint8Array {
    return Buffer.concat(this.#begun)
  }

  /** The event that ends with these bytes. */
  #whole(end?: Uint8Array): Uint8Array {
    const begun = this.#begun
    this.#begun = []
    this.#isBlank = true
    if (end && begun.length === 0) return end
    return Buffer.concat(end ? [...begun, end] : begun)
  }

  /** Takes the next byte, and says whether an event ends with it. */
  #isEventEnd(byte: number | undefined): boolean {
    const isSecondOfCrlf = this.#afterCr && byte === LF
    this.#afterCr = byte === CR
    if (isSecondOfCrlf) return false
    if (byte !== LF && byte !== CR) {
      this.#atLineStart = false
      this.#isBlank = false
      return false
    }
    const isBlankLine = this.#atLineStart
    this.#atLineStart = true
    return isBlankLine && !this.#isBlank
  }
}

const decoder = new TextDecoder()
const LINE_END = /\r\n|\n|\r/

/** Reads the bytes of one event. */
export function readEvent(bytes: Uint8Array): ServerSentEvent {
  let event: string | undefined
  const data: string[] = []
  for (const line of decoder.decode(bytes).split(LINE_END)) {
    if (line.startsWith('data:')) data.push(fieldValue(line, 5))
    else if (line.startsWith('event:')) event = fieldValue(line, 6)
    else if (line === 'data') data.push('')
  }
  if (data.length === 0) return { event, data: undefined, body: {}, isMalformed: false }
  const text = data.join('\n')
  return { event, data: text, ...parsed(text) }
}

const DONE = '[DONE]'

/** Whether this is the text that ends a stream of OpenAI's. */
export function isDone({ data }: ServerSentEvent): boolean {
  return data?.startsWith(DONE) === true
}

function parsed(data: string): Pick<ServerSentEvent, 'body' | 'isMalformed'> {
  if (data === '' || data.startsWith(DONE)) return { body: {}, isMalformed: false }
  try {
    return { body: recordOf(JSON.parse(data)), isMalformed: false }
  } catch {
    return { body: {}, isMalformed: true }
  }
}

function fieldValue(line: string, start: number): string {
  return line.slice(line[start] === ' ' ? start + 1 : start)
}
