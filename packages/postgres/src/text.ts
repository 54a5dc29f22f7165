// PostgreSQL stores every character except NUL. So NUL becomes two characters, the first of which is DLE, the "data link
// escape" of ASCII, and a DLE becomes two as well. The mapping is one to one, so equality of texts is preserved.
const NUL = '\u0000'
const DLE = '\u0010'
/** Matches a DLE that `encodeText` never writes, in JavaScript and in PostgreSQL. */
export const BROKEN_ESCAPE = '\\u0010(?![01])'
const BROKEN = new RegExp(BROKEN_ESCAPE)

/** A text as it is stored: with NUL as `DLE 0`, and DLE as `DLE 1`. */
export function encodeText(text: string): string {
  if (!text.includes(NUL) && !text.includes(DLE)) return text
  return text.replaceAll(DLE, `${DLE}1`).replaceAll(NUL, `${DLE}0`)
}

/** Decodes a stored text; `undefined` for one that `encodeText` never writes. */
export function decodeText(stored: string): string | undefined {
  if (!stored.includes(DLE)) return stored
  if (BROKEN.test(stored)) return undefined
  return stored.replaceAll(`${DLE}0`, NUL).replaceAll(`${DLE}1`, DLE)
}
