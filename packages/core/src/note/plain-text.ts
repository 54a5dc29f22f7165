/**
 * What an editor or git has done to a text that was right before, as a sentence; `undefined` where it looks untouched.
 * The formats are exact to the byte, so such a text is refused, but nobody should be taken for a forger because of it.
 */
export function editorFault(text: string): string | undefined {
  if (text.startsWith('\uFEFF')) return 'it begins with a byte-order mark; save it as UTF-8 without one'
  if (text.includes('\r\n')) return 'its lines end with CRLF; save it with LF, as it was written'
  return undefined
}
