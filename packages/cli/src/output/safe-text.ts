/**
 * What a terminal may obey, or what may make a text look like another: C0, DEL and C1, bidirectional and zero-width
 * characters, line and paragraph separators, and all that is invisible, but for what makes a character an emoji.
 */
const UNSAFE = /\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}|(?!\uFE0F)\p{Default_Ignorable_Code_Point}/gu
/** The same, but for the line breaks and tabs of a text that is shown over several lines. */
const UNSAFE_IN_LINES = new RegExp(`(?![\\n\\t])(?:${UNSAFE.source})`, 'gu')

/** A text from anywhere on one line, as `\u{202e}` where a character must not be obeyed or is invisible. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, escaped)
}

/** The same over several lines: line breaks and tabs stay, and CRLF becomes LF. */
export function safeLines(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(UNSAFE_IN_LINES, escaped)
}

/** JSON that is safe to show, and says the same: `\u202e` in place of what a terminal would obey. */
export function safeJson(value: unknown): string {
  return safeJsonText(JSON.stringify(value))
}

/** A JSON text that is safe to show, and says the same. */
export function safeJsonText(json: string): string {
  return json.replace(UNSAFE, character =>
    character
      .split('')
      .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
