import { digestOf } from '../digest.ts'
import { type JsonRecord, recordOf, stringOf } from './json.ts'
import { jsonText } from './json-text.ts'
import { joinedLines, partsText, toolCallText } from './message-text.ts'

/** The text of content as Anthropic's Messages have it: a string, or blocks, of which media are shown by their digest. */
export function blocksText(content: unknown): string {
  return partsText(content, blockText)
}

/** Whether a block is what a tool of the application has answered. */
export function isToolResult({ type }: JsonRecord): boolean {
  return type === 'tool_result'
}

/** What a block says. One of a type that is not known is its JSON. */
function blockText(block: JsonRecord): string {
  const { type, text, thinking, data, content, source, title } = block
  switch (type) {
    case 'text':
      return stringOf(text) ?? ''
    case 'thinking':
      return thinking ? `[thinking: ${shown(thinking)}]` : '' // some models show nobody what they thought
    case 'redacted_thinking':
      return digestOf('redacted thinking', stringOf(data) ?? '')
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      return toolCallText(block.name, block.input)
    case 'tool_result':
    case 'mcp_tool_result':
      return blocksText(content)
    case 'image':
    case 'document':
      return sourceText(type, recordOf(source))
    case 'search_result':
      return joinedLines([`[search result, ${shown(title)}, ${shown(source)}]`, blocksText(content)])
    default:
      return readableJson(block)
  }
}

function sourceText(kind: string, source: JsonRecord): string {
  const { type, media_type, data, url, file_id, content } = source
  if (type === 'content') return blocksText(content)
  if (typeof data !== 'string') return `[${kind}, ${stringOf(url) ?? stringOf(file_id) ?? 'no source'}]`
  const bytes = type === 'text' ? data : Buffer.from(data, 'base64')
  return digestOf(stringOf(media_type) ?? kind, bytes)
}

/** JSON without what nobody can read: bytes, and what is encrypted. */
function readableJson(block: JsonRecord): string {
  return jsonText(block, (key, value) =>
    typeof value === 'string' && UNREADABLE.test(key) ? digestOf(key, value) : value,
  )
}

/** What should be a text, and need not be. */
function shown(value: unknown): string {
  return stringOf(value) ?? jsonText(value)
}

const UNREADABLE = /^(?:data|signature|encrypted_.+)$/
