import { type JsonRecord, numberOf, recordOf, stringOf } from './json.ts'

type Gathered = { [key: string]: unknown }

/** What is said once, or each time anew; every other text comes in pieces. */
const WHOLE_TEXTS = new Set(['role', 'id', 'type', 'name', 'index', 'format', 'signature', 'status'])

/** The kinds of parts that come in pieces without a number. */
const PIECED_PARTS = new Set(['text', 'thinking', 'reasoning'])

/**
 * Puts the piece of a message to what was gathered of it before, whatever fields a provider has: texts are joined, lists by the
 * numbers of their elements. It changes what was gathered, which must come from JSON that nobody else holds.
 */
export function grow(gathered: Gathered, piece: JsonRecord): void {
  for (const [key, value] of Object.entries(piece)) {
    if (key === '__proto__') continue // it would become the prototype
    gathered[key] = grown(gathered[key], value, WHOLE_TEXTS.has(key))
  }
}

function grown(before: unknown, piece: unknown, isWhole: boolean): unknown {
  if (piece === undefined || piece === null) return before
  if (before === undefined || before === null) return Array.isArray(piece) ? grownList([], piece) : piece
  if (Array.isArray(before) || Array.isArray(piece)) return grownList(partsOf(before), partsOf(piece))
  if (typeof before === 'string' && typeof piece === 'string') {
    return isWhole ? piece || before : before + piece
  }
  if (typeof before !== 'object' || typeof piece !== 'object') return piece
  grow(before as Gathered, recordOf(piece)) // an object of JSON that is no list
  return before
}

function partsOf(content: unknown): unknown[] {
  if (Array.isArray(content)) return content
  return typeof content === 'string' ? [{ type: 'text', text: content }] : [content]
}

function grownList(list: unknown[], pieces: readonly unknown[]): unknown[] {
  for (const piece of pieces) {
    const same = list.findLast(element => isSame(recordOf(element), recordOf(piece), element === list.at(-1)))
    if (same === undefined) list.push(piece)
    else grow(same as Gathered, recordOf(piece)) // only objects are the same
  }
  return list
}

/** Whether a piece belongs to an element: by its number, or to the last one where it has none and does not begin another. */
function isSame(element: JsonRecord, piece: JsonRecord, isLast: boolean): boolean {
  const index = numberOf(piece.index)
  if (index !== undefined) return numberOf(element.index) === index
  if (!isLast) return false
  if (piece.type !== undefined && PIECED_PARTS.has(stringOf(piece.type) ?? ''))
    return element.type === piece.type
  const called = recordOf(piece.function ?? piece.custom)
  const isCall = piece.function !== undefined || piece.custom !== undefined
  return isCall && !called.name && (!piece.id || piece.id === element.id)
}
