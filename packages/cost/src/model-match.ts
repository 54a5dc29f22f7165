import type { MatchLogic } from '@pydantic/genai-prices'

/**
 * Whether the price list means this very model. It often compares the beginning of an id only, so that it would price
 * `claude-sonnet-5-9` like `claude-sonnet-5`, or `gemini-3.7-flash-lite` like `gemini-3.7-flash`, once those exist.
 */
export function meansThisModel(match: MatchLogic, id: string): boolean {
  const around = unmatched(match, id)
  if (around === null) return true // the list compared another spelling of the id, by its date
  return BEFORE.test(around.before) && AFTER.test(around.after)
}

/** Bedrock's `us.anthropic.`, but not `ft:` or `my-`. */
const BEFORE = /^(?:[\w-]+[./])*$/

/**
 * A date or its rest, a revision, `-preview`, and the names of a fine-tuned model, which the list knows as `ft:`; but no further part
 * of the version, and no variant such as `-fast`.
 */
const AFTER =
  /^(?:\d{2,})?(?:[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{2}-\d{2}|\d{3,4}|v\d+(?::\d+)?|preview|exp|latest)|:\d+)*(?::[\w-]*:[\w-]*:[\w-]+)?$/

interface Unmatched {
  readonly before: string
  readonly after: string
}

/** What of an id stands around the part that the list compares; the least, where it compares several. */
function unmatched(match: MatchLogic, id: string): Unmatched | null {
  if ('or' in match) return least(match.or, id)
  if ('and' in match) return least(match.and, id)
  if ('starts_with' in match)
    return around(id, match.starts_with, id.startsWith(lower(match.starts_with)) ? 0 : -1)
  if ('contains' in match) return around(id, match.contains, id.indexOf(lower(match.contains)))
  if ('ends_with' in match) {
    const at = id.length - match.ends_with.length
    return around(id, match.ends_with, id.endsWith(lower(match.ends_with)) ? at : -1)
  }
  if ('equals' in match) return around(id, match.equals, id === lower(match.equals) ? 0 : -1)
  return new RegExp(match.regex).test(id) && match.regex.endsWith('$') ? { before: '', after: '' } : null
}

function least(matches: readonly MatchLogic[], id: string): Unmatched | null {
  const found = matches.map(match => unmatched(match, id)).filter(parts => parts !== null)
  const length = ({ before, after }: Unmatched) => before.length + after.length
  return found.toSorted((a, b) => length(a) - length(b))[0] ?? null
}

function around(id: string, literal: string, at: number): Unmatched | null {
  const whole = literal.replace(/[-:]$/, '') // the separator belongs to what is around
  return at < 0 ? null : { before: id.slice(0, at), after: id.slice(at + whole.length) }
}

function lower(text: string): string {
  return text.toLowerCase()
}
