import { chatCompletions, completions } from './chat-completions.ts'
import { embeddings } from './embeddings.ts'
import { guarded } from './guarded-format.ts'
import { messages } from './messages.ts'
import { responses } from './responses.ts'
import type { WireFormat } from './wire-format.ts'

/** The formats that are known; where one path ends another, the longer one comes first. A further format stands here. */
const FORMATS: readonly WireFormat[] = [chatCompletions, completions, responses, embeddings, messages].map(
  guarded,
)

/** The format of what is posted to a path; `undefined` for what is no call of a model. */
export function formatAt(path: string): WireFormat | undefined {
  const plain = plainPath(path)
  return FORMATS.find(({ paths }) => paths.some(end => plain.endsWith(end)))
}

/** A path as servers take it: many answer to other spellings of it, too. */
function plainPath(path: string): string {
  return unescaped(path)
    .toLowerCase()
    .replace(/\/{2,}/g, '/')
    .replace(/\/$/, '')
}

function unescaped(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
