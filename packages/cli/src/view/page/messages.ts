import type { AuditEntry, JsonValue } from '@audit/core'
import { formatLength } from './format.ts'

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
  const { role, content, parts, ...others } = fieldsOf(value)
  if (typeof role !== 'string') return []
  const body = content ?? parts ?? []
  const texts = isList(body) ? body.map(partText) : [typeof body === 'string' ? body : jsonText(body)]
  if (Object.keys(others).length > 0) texts.push(jsonText(others)) // such as the calls of tools
  return [{ role, text: texts.filter(text => text !== '').join('\n') }]
}

/** Text as it is, and everything else as the JSON that it is. */
function partText(part: JsonValue): string {
  const { type, text, content } = fieldsOf(part)
  if (typeof text === 'string' && (type === undefined || String(type).endsWith('text'))) return text
  if (typeof content === 'string' && type === 'text') return content
  return jsonText(part)
}

/** The base64 of a picture or a recording, in a URL or under `data`. */
const BASE64 = /^(?:data:[\w.+/-]+;base64,)?(?=[\w+/=-]{200})[\w+/=-]+$/

/** JSON, without what only a machine can read: the canonical line has that. */
function jsonText(json: unknown): string {
  return JSON.stringify(json, (key, value: unknown) => {
    const isBase64 =
      typeof value === 'string' && (key === 'data' || value.startsWith('data:')) && BASE64.test(value)
    return isBase64 ? `${value.slice(0, value.indexOf(',') + 1)}… (${formatLength(value.length)})` : value
  })
}

function fieldsOf(value: JsonValue): Readonly<Record<string, JsonValue | undefined>> {
  if (typeof value !== 'object' || value === null || isList(value)) return {}
  return value
}

/** `Array.isArray` does not narrow lists that are read-only. */
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}
