import {
  digestOf,
  type JsonRecord,
  mediaOf,
  partsText,
  recordOf,
  stringOf,
  toolCallText,
} from '@audit/capture/integration'
import { exactJson, jsonText } from './exact-json.ts'

/** The text of a message's content: a string, or parts. */
export function contentText(content: unknown): string {
  return partsText(content, partText)
}

/** Parts of one text that lie side by side belong together: a citation cuts a sentence in two. */
export function joinedTexts(content: readonly JsonRecord[]): readonly JsonRecord[] {
  const joined: JsonRecord[] = []
  for (const part of content) {
    const before = joined.at(-1)
    if (before?.type === part.type && typeof before?.text === 'string' && typeof part.text === 'string')
      joined[joined.length - 1] = { ...before, text: before.text + part.text }
    else joined.push(part)
  }
  return joined
}

function partText(part: JsonRecord): string {
  switch (part.type) {
    case 'text':
      return stringOf(part.text) ?? ''
    case 'reasoning':
      return part.text ? `[thinking: ${stringOf(part.text) ?? jsonText(part.text)}]` : '' // some models show nobody what they thought
    case 'tool-call':
      return toolCallText(part.toolName, typeof part.input === 'string' ? part.input : jsonText(part.input))
    case 'tool-result':
      return part.output === undefined ? shownJson(part.result) : outputText(recordOf(part.output))
    case 'source':
      return `[source, ${stringOf(part.url) ?? stringOf(part.title) ?? 'unnamed'}]`
    case 'custom':
      return '' // what a provider says to itself; it stands among the exact messages
    default:
      return fileText(part) ?? shownJson(part)
  }
}

/** What a tool answered. */
function outputText({ type, value, reason }: JsonRecord): string {
  if (type === 'content') return contentText(value)
  if (type === 'execution-denied') return `[denied${typeof reason === 'string' ? `: ${reason}` : ''}]`
  return shownJson(value)
}

/** A file, under the names that it has in one specification or another. */
function fileText(part: JsonRecord): string | undefined {
  const { data, url, mediaType, filename } = part
  const kind = stringOf(mediaType) ?? 'file'
  if (data !== undefined) return dataText(data, kind)
  if (url !== undefined) return mediaOf(String(url), kind)
  return part.type === 'file' ? `[${kind}, ${stringOf(filename) ?? 'no source'}]` : undefined
}

/** Bytes, base64, a URL, or an object that says which of them it is. */
function dataText(data: unknown, kind: string): string {
  if (data instanceof Uint8Array) return digestOf(kind, data)
  if (data instanceof URL) return mediaOf(data.href, kind)
  if (typeof data === 'string') return isUrl(data) ? mediaOf(data, kind) : digestOf(kind, decoded(data))
  const { type, data: inner, url, text, reference } = recordOf(data)
  if (type === 'data') return dataText(inner, kind)
  if (type === 'url') return mediaOf(String(url), kind)
  if (type === 'text') return digestOf(kind, stringOf(text) ?? '')
  return `[${kind}, ${jsonText(reference)}]`
}

/** What a tool or a provider says in a form of its own, for people: bytes within it are shown by their digest. */
function shownJson(value: unknown): string {
  if (typeof value === 'string') return String(withoutBytes('', value))
  return jsonText(exactJson(value), withoutBytes)
}

/** A text that is longer and holds nothing but base64 is a file: a picture that the provider's own tool has made. */
function withoutBytes(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || value.length < MIN_FILE) return value
  if (value.startsWith('data:')) return mediaOf(value, 'file')
  return BASE64.test(value) ? digestOf('file', decoded(value)) : value
}

/** In characters. A shorter one may be an id or a signature. */
const MIN_FILE = 1024
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/

function isUrl(text: string): boolean {
  return /^(?:https?|data):/.test(text)
}

function decoded(base64: string): Uint8Array {
  return Buffer.from(base64, 'base64')
}
