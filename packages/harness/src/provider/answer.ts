import type { JsonRecord } from './question.ts'

/** A server-sent event, before it is written down. */
export interface ProviderEvent {
  /** Its name; none where the format has none. */
  readonly event?: string
  /** JSON, or a text such as `[DONE]`. */
  readonly data: JsonRecord | string
}

/** What a provider answers: the same in both forms. */
export interface ProviderAnswer {
  readonly json: JsonRecord
  readonly events: readonly ProviderEvent[]
  /** How the format says within a stream that something failed. Default: as OpenAI's do. */
  readonly failure?: ProviderEvent
}

/** The text of an event, as it goes over the wire. */
export function eventText({ event, data }: ProviderEvent): string {
  const lines = typeof data === 'string' ? data : JSON.stringify(data)
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${lines}\n\n`
}

/** A text in pieces of a word each: joined, they are the text. */
export function piecesOf(text: string): readonly string[] {
  return text.match(/\S*\s*/g)?.filter(piece => piece !== '') ?? []
}

/** As many tokens as the stand-in bills for a text: one for each word. */
export function tokensOf(text: string): number {
  return piecesOf(text).length
}
