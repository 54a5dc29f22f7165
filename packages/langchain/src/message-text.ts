import {
  digestOf,
  type JsonRecord,
  joinedLines,
  jsonText,
  mediaOf,
  partsText,
  readOr,
  recordOf,
  type Spoken,
  stringOf,
  toolCallText,
  transcript,
} from '@audit/capture/integration'
import { listOf } from './list.ts'

/** A message as it is recorded with `content: 'messages'`: without what LangChain adds for itself. */
export interface PlainMessage {
  readonly role: string
  readonly content: unknown
  readonly [key: string]: unknown
}

/** What a conversation says, for people. */
export function messagesText(messages: readonly unknown[]): string {
  return transcript(messages.map(message => ({ role: roleOf(message), text: messageText(message) })))
}

/** What several answers to one question say, for people. */
export function choicesText(texts: readonly string[]): string {
  return transcript(texts.map((text, index): Spoken => ({ role: `choice ${index + 1}`, text })))
}

/** What a message says: its text, its media as digests, its calls of tools. */
export function messageText(message: unknown): string {
  const { content, tool_calls, invalid_tool_calls, additional_kwargs } = recordOf(message)
  const calls = [...listOf(tool_calls), ...listOf(invalid_tool_calls)].map(call => {
    const { name, args } = recordOf(call)
    return toolCallText(name, args)
  })
  return joinedLines([partsText(content, blockText), stringOf(recordOf(additional_kwargs).refusal), ...calls])
}

/** A message as plain JSON. */
export function plainMessage(message: unknown): PlainMessage {
  const { content, name, tool_calls, tool_call_id } = recordOf(message)
  return {
    role: roleOf(message),
    content: typeof content === 'string' ? content : plainJson(content),
    ...(name === undefined ? {} : { name: plainJson(name) }),
    ...(listOf(tool_calls).length > 0 ? { tool_calls: plainJson(tool_calls) } : {}),
    ...(tool_call_id === undefined ? {} : { tool_call_id: plainJson(tool_call_id) }),
  }
}

/** A content as an entry can hold it: bytes, which JSON has not, as their digest. */
function plainJson(content: unknown): unknown {
  const text = jsonText(content ?? null, (_key, value) =>
    value instanceof Uint8Array ? digestOf('data', value) : value,
  )
  return readOr(
    () => JSON.parse(text),
    () => text,
  )
}

/** The roles that LangChain names otherwise than providers do. */
const ROLES: Readonly<Record<string, string>> = { human: 'user', ai: 'assistant' }

function roleOf(message: unknown): string {
  const { role, type } = recordOf(message)
  const name = stringOf(role) ?? stringOf(type) ?? 'unknown'
  return ROLES[name] ?? name
}

/** The blocks of a content that stand among the message's calls of tools already. */
const CALLS = new Set([
  'tool_use',
  'tool_call',
  'tool_call_chunk',
  'invalid_tool_call',
  'input_json_delta',
  'function_call',
])

function blockText(block: JsonRecord): string {
  const { type, text, reasoning, thinking } = block
  if (CALLS.has(stringOf(type) ?? '')) return ''
  const said = stringOf(text) ?? stringOf(reasoning) ?? stringOf(thinking)
  return said ?? mediaText(block) ?? jsonText(block)
}

/** Media in the forms of LangChain, OpenAI, Anthropic and Google. */
function mediaText(block: JsonRecord): string | undefined {
  const kind = stringOf(block.type) ?? 'data'
  const source = recordOf(block.source ?? block.inlineData ?? block.input_audio ?? block.file ?? block)
  const { data, url, mimeType, mime_type, media_type, format } = source
  const type = stringOf(mimeType ?? mime_type ?? media_type ?? format) ?? kind
  if (typeof data === 'string') return digestOf(type, Buffer.from(data, 'base64'))
  if (data instanceof Uint8Array) return digestOf(type, data)
  const address = url ?? source.file_data ?? recordOf(source.image_url).url ?? source.image_url
  return typeof address === 'string' ? mediaOf(address, kind === 'image_url' ? 'image' : kind) : undefined
}
