import type { AuditEntry, JsonValue } from '@audit/core'

/** One turn of a conversation. */
export interface Message {
  readonly role: string
  readonly text: string
}

/**
 * The conversation of an entry: the exact messages where the entry has them, and otherwise its two texts. A text is never
 * taken apart into messages: whoever wrote it could then put words into another one's mouth.
 */
export function messagesOf({ inputText, outputText, metadata }: AuditEntry): readonly Message[] {
  const asked = exactMessages(metadata['gen_ai.input.messages']) ?? [{ role: 'user', text: inputText }]
  const answered = exactMessages(metadata['gen_ai.output.messages']) ?? [
    { role: 'assistant', text: outputText },
  ]
  return [...asked, ...answered]
}

function exactMessages(value: JsonValue | undefined): readonly Message[] | undefined {
  if (!isList(value) || value.length === 0) return undefined
  const messages = value.flatMap(messageOf)
  return messages.length === value.length ? messages : undefined
}

function messageOf(value: JsonValue): readonly Message[] {
  const { role, content, parts } = fieldsOf(value)
  if (typeof role !== 'string') return []
  const body = content ?? parts
  if (typeof body === 'string') return [{ role, text: body }]
  if (!isList(body)) return [{ role, text: JSON.stringify(value, undefined, 2) }]
  return [{ role, text: body.map(partText).join('\n') }]
}

/** Text as it is, and everything else as the JSON that it is. */
function partText(part: JsonValue): string {
  const { type, text, content } = fieldsOf(part)
  if (typeof text === 'string' && (type === undefined || String(type).endsWith('text'))) return text
  if (typeof content === 'string' && type === 'text') return content
  return JSON.stringify(part)
}

function fieldsOf(value: JsonValue): Readonly<Record<string, JsonValue | undefined>> {
  if (typeof value !== 'object' || value === null || isList(value)) return {}
  return value
}

/** `Array.isArray` does not narrow lists that are read-only. */
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}
