/**
 * What an editor or git has done to a valid text, as a sentence; `undefined` if it looks untouched. The formats are exact to
 * the byte, so such a text is refused, but the error should not call it a forgery.
 */
export function editorFault(text: string): string | undefined {
  if (text.startsWith('\uFEFF')) return 'it begins with a byte-order mark; save it as UTF-8 without one'
  if (text.includes('\r\n')) return 'its lines end with CRLF; save it with LF, as it was written'
  return undefined
}
