import type { Finder } from './span.ts'

const BEGIN = /-----BEGIN (?<label>[A-Z\d][A-Z\d ]{0,62})-----/g
const DASHES = '-----'
/** A line of what is left of a block that was cut off. */
const BASE64_LINE = /\s{0,9}[A-Za-z\d+/=]{16,999}/y

/** PEM blocks: keys, certificates and the like, also one that was cut off before its end. */
export const findPems: Finder = function* find(text) {
  for (const { index, 0: begin, groups } of text.matchAll(BEGIN)) {
    const body = index + begin.length
    const close = text.indexOf(DASHES, body) // whatever comes next, so that no text is searched twice
    const end = `-----END ${groups?.label}-----`
    if (close >= 0 && text.startsWith(end, close)) yield { start: index, end: close + end.length }
    else yield { start: index, end: endOfLines(text, body) }
  }
}

function endOfLines(text: string, from: number): number {
  BASE64_LINE.lastIndex = from
  let end = from
  while (BASE64_LINE.test(text)) end = BASE64_LINE.lastIndex
  return end
}
