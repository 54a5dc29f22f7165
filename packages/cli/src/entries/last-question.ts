/** A label of `@audit/capture`, which stands on a line of its own, or one that was written by hand before a text. */
const QUESTION = /^user:\s/gm

/**
 * What a text asks last, for a line in a list: from the last line that is labelled `user:`, and all of it where none is.
 * Texts hold any text, such labels too: it is where to begin to read, and never who said what.
 */
export function lastQuestion(text: string): string {
  let start = 0
  for (const { index } of text.matchAll(QUESTION)) start = index
  return text.slice(start)
}
