/** UUIDs in any case, and the trace contexts of W3C (`00-…-…-01`). What may stand around them, such as braces, does not matter. */
const ID =
  /(?<![\p{Script=Latin}\p{Nd}])(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2})(?![\p{Script=Latin}\p{Nd}])/giu

/** A character that no rule knows. */
const BLANK = '\0'

/** A text with nothing in the place of each id, and everything else where it was: a part of an id is nobody's number. */
export function withoutIds(text: string): string {
  return text.replace(ID, id => BLANK.repeat(id.length))
}

/** A group of hexadecimal digits as ids have them: not of letters alone, as words are, nor of digits alone, as numbers are. */
const HEX_GROUP = '(?=[a-f]{0,32}\\d)(?=\\d{0,32}[a-f])[\\da-f]{4,32}'
const HEX_BEFORE = new RegExp(`(?<![\\p{Script=Latin}\\p{Nd}])${HEX_GROUP}-$`, 'iu')
const HEX_BEHIND = new RegExp(`^-${HEX_GROUP}(?![\\p{Script=Latin}\\p{Nd}])`, 'iu')
const LONGEST_GROUP = 34

/** Whether a hyphen ties a part of a text to a group of hexadecimal digits: then it is a part of an id. */
export function isGluedToHex(text: string, start: number, end: number): boolean {
  if (text[start - 1] !== '-' && text[end] !== '-') return false
  return (
    HEX_BEFORE.test(text.slice(Math.max(0, start - LONGEST_GROUP), start)) ||
    HEX_BEHIND.test(text.slice(end, end + LONGEST_GROUP))
  )
}
