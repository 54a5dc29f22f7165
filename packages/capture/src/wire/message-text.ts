import { digestOf, mediaOf } from '../digest.ts'
import { type JsonRecord, recordOf, stringOf } from './json.ts'
import { jsonText } from './json-text.ts'

/** A message of a conversation, for people. */
export interface Spoken {
  readonly role: string
  readonly text: string
}

/** The roles of what tools have answered, which must not read like a question of the user. */
const TOOL_ROLES = /^(?:tool|function|.+_output)$/

/** One message as its text; several, and the answer of a tool, with each role on a line of its own. */
export function transcript(messages: readonly Spoken[]): string {
  const [first, ...others] = messages
  if (first && others.length === 0 && !TOOL_ROLES.test(first.role)) return first.text
  return messages.map(({ role, text }) => `${role}:\n${text}`).join('\n\n')
}

/** The text of a message's content: a string, or parts, of which media are shown by their digest. */
export function contentText(content: unknown): string {
  return partsText(content, partText)
}

/** How deep contents within contents are read; what lies deeper is shown as its JSON. */
const MAX_DEPTH = 64

/** How many contents are being read, one within the other. */
let depth = 0

/**
 * The text of a content: a string, or parts, of which `read` reads each. It never throws, and leaves nothing out: a part that
 * cannot be read, or lies too deep, is its JSON.
 */
export function partsText(content: unknown, read: (part: JsonRecord) => string): string {
  if (typeof content === 'string') return content
  const parts: readonly unknown[] = Array.isArray(content) ? content : [content]
  return joinedLines(parts.map(part => readablePart(part, read)))
}

function readablePart(part: unknown, read: (part: JsonRecord) => string): string {
  if (typeof part === 'string') return part
  if (typeof part !== 'object' || part === null)
    return part === undefined || part === null ? '' : jsonText(part)
  if (Array.isArray(part) || depth >= MAX_DEPTH) return jsonText(part)
  depth++
  try {
    return read(recordOf(part))
  } catch {
    return jsonText(part)
  } finally {
    depth--
  }
}

/** Lines, without those that are empty. */
export function joinedLines(lines: readonly (string | undefined)[]): string {
  return lines.filter(line => line !== undefined && line !== '').join('\n')
}

/** A tool call: `get_weather({"city":"Paris"})`. */
export function toolCallText(name: unknown, input: unknown): string {
  const written = typeof input === 'string' ? input : jsonText(input ?? {})
  return `${stringOf(name) ?? 'unnamed'}(${written})`
}

function partText(part: JsonRecord): string {
  if (part.type === 'thinking') return thinkingText(part.thinking)
  const text = stringOf(part.text) ?? stringOf(part.refusal) ?? stringOf(part.transcript)
  if (text !== undefined) return text
  return imageText(part) ?? audioText(part) ?? fileText(part) ?? jsonText(part)
}

/** What a model thought, as far as it shows that: a text, or parts. */
export function thinkingText(thinking: unknown): string {
  const text = contentText(thinking)
  return text === '' ? '' : `[thinking: ${text}]`
}

function imageText(part: JsonRecord): string | undefined {
  if (part.type !== 'image_url' && part.type !== 'input_image') return undefined
  const url = stringOf(part.image_url) ?? stringOf(recordOf(part.image_url).url)
  return url === undefined ? `[image, ${stringOf(part.file_id) ?? 'no source'}]` : mediaOf(url, 'image')
}

function audioText(part: JsonRecord): string | undefined {
  if (part.type !== 'input_audio' && part.type !== 'audio') return undefined
  const { data, format, id } = recordOf(part.input_audio ?? part.audio)
  if (typeof data !== 'string') return `[audio, ${stringOf(id) ?? 'no source'}]`
  return digestOf(`audio/${stringOf(format) ?? 'unknown'}`, Buffer.from(data, 'base64'))
}

function fileText(part: JsonRecord): string | undefined {
  if (part.type !== 'file' && part.type !== 'input_file') return undefined
  const { file_data, file_id, file_url, filename } = recordOf(part.file ?? part)
  if (typeof file_data === 'string') return mediaOf(file_data, 'file') // a data URL
  return `[file, ${stringOf(file_id) ?? stringOf(file_url) ?? stringOf(filename) ?? 'no source'}]`
}

/** Of two forms of the same thing, the one that says more; the second where they say the same. */
export function fuller<Form>(gathered: Form, told: Form, textOf: (form: Form) => string): Form {
  return textOf(gathered).length > textOf(told).length ? gathered : told
}
