import type { CallOutcome } from '../outcome.ts'
import type { JsonRecord } from './json.ts'
import type { ServerSentEvent } from './server-sent-events.ts'

/** How a provider's request and answer are written: one file for each format. */
export interface WireFormat {
  /** What is done, by OpenTelemetry's name. */
  readonly operation: string
  /** What the path of a request ends with. */
  readonly paths: readonly string[]
  /** Reads a request. */
  question(body: JsonRecord): WireQuestion
  /** Reads one answer. */
  answer(): WireAnswer
}

/** What a request asks. */
export interface WireQuestion {
  readonly requestModel: string
  /** Readable text. */
  readonly input: string
  /** The exact messages. */
  readonly inputMessages: readonly unknown[]
  /** The tier that is asked for, if it is not the default one. */
  readonly serviceTier?: string | undefined
  /** The id of what the provider keeps and is told to continue. */
  readonly previous?: string | undefined
}

/** One answer, as it comes. */
export interface WireAnswer {
  /** Takes the whole answer, where it is one JSON value. */
  whole(body: JsonRecord): void
  /** Takes an event of a stream. Returns whether the answer ends with it. */
  event(event: ServerSentEvent): boolean
  /** What has come so far. */
  sofar(): Partial<CallOutcome>
}
