/**
 * What a terminal may obey, and what nobody sees, or not as what it is: C0, DEL and C1, bidirectional and zero-width characters,
 * line and paragraph separators, what fonts leave out, blanks that are not white space, and what has no meaning in Unicode.
 */
const UNSEEN = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\u{1D159}\u{13441}\u{13442}\u{16FE4}]`
/** Marks without a character below them, and those beyond the eighth on one: they would cover what stands around. */
const FLOODING = String.raw`\p{M}(?<=^\p{M}|\p{M}{9})`
/** White space that looks like a blank and is none. The ideographic one is seen to be another. */
const LOOKALIKE = String.raw`(?![ \u3000])\p{Zs}`

const PICTURE = String.raw`\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\uFE0F)?`
/** Emoji keep what makes one of several characters: keycaps, the flags of England, Scotland and Wales, and joined pictures. */
const EMOJI = String.raw`[0-9#*]\uFE0F\u20E3|\u{1F3F4}\u{E0067}\u{E0062}(?:\u{E0065}\u{E006E}\u{E0067}|\u{E0073}\u{E0063}\u{E0074}|\u{E0077}\u{E006C}\u{E0073})\u{E007F}|${PICTURE}(?:\u200D${PICTURE}){0,4}`

const UNSAFE = `${UNSEEN}|${FLOODING}|(${EMOJI})`
const IN_TEXT = new RegExp(`${LOOKALIKE}|${UNSAFE}`, 'gu')
const IN_LINES = new RegExp(`(?![\\n\\t])(?:${UNSAFE})`, 'gmu')
const IN_JSON = new RegExp(UNSAFE, 'gu')

/** A text from anywhere on one line, as `\u{202e}` where a character must not be obeyed or would not be seen. */
export function safeText(text: string): string {
  return text.replace(IN_TEXT, escaped)
}

/** Prose on one line: a blank in place of line breaks, tabs and all other white space. Show it with `safeText`. */
export function onOneLine(prose: string): string {
  // A byte-order mark is no white space, whatever JavaScript says.
  return prose.replace(/[^\S\uFEFF]+/g, ' ').replace(/^ | $/g, '')
}

/** A text over several lines, likewise: line breaks, tabs and all white space stay, and CRLF becomes LF. */
export function safeLines(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(IN_LINES, escaped)
}

/** JSON that is safe to show, and says the same: `\u202e` in place of what a terminal would obey. */
export function safeJson(value: unknown): string {
  return safeJsonText(JSON.stringify(value))
}

/** A JSON text that is safe to show, and says the same. */
export function safeJsonText(json: string): string {
  return json.replace(
    IN_JSON,
    (character: string, emoji?: string) =>
      emoji ??
      character
        .split('')
        .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join(''),
  )
}

function escaped(character: string, emoji?: string): string {
  return emoji ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
