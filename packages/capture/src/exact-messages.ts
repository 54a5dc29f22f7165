import type { EntryInput } from '@audit/core'
import { digestOf } from './digest.ts'
import { KEYS } from './metadata-keys.ts'
import { jsonText } from './wire/json-text.ts'

/** What an entry can surely hold, in characters. */
const MAX_LENGTH = 4 * 1024 * 1024

/**
 * The same entry with the exact messages as their JSON text, for a log that cannot hold them as they are: they may be nested too
 * deep, too many, or no JSON. `undefined` where there are none.
 */
export function withMessagesAsText(draft: EntryInput): EntryInput | undefined {
  const metadata: Readonly<Record<string, unknown>> = { ...draft.metadata }
  const messages = [KEYS.inputMessages, KEYS.outputMessages].filter(key => metadata[key] !== undefined)
  if (messages.length === 0) return undefined
  const texts = messages.map(key => [key, messagesText(metadata[key])])
  return { ...draft, metadata: { ...metadata, ...Object.fromEntries(texts) } }
}

function messagesText(messages: unknown): string {
  const text = jsonText(messages)
  return text.length > MAX_LENGTH ? digestOf('application/json', text) : text
}
