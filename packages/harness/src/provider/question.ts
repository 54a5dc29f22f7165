/** A JSON object of which nothing is known yet. */
export type JsonRecord = { readonly [key: string]: unknown }

/** What the stand-in takes from a request, whatever its format. */
export interface Question {
  readonly model: string
  /** The text that the user said last. */
  readonly text: string
  /** The first function that the model may call, unless its result is already there. */
  readonly tool: string | undefined
  /** Whether the answer must be JSON of a schema. */
  readonly wantsJson: boolean
}

/** The text of a message's content: a string, or parts that have a text. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map(part => (isRecord(part) && typeof part.text === 'string' ? part.text : '')).join('')
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The objects in a list; none where it is no list. */
export function recordsOf(value: unknown): readonly JsonRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

/** The text of what the stand-in answers to a text that it has no exchange for. */
export function answerText(question: Question, known: ReadonlyMap<string, string>): string {
  if (question.wantsJson) return JSON.stringify({ answer: `to ${question.text}` })
  return known.get(question.text) ?? `You said: ${question.text}`
}
