import { type Finder, matching } from './span.ts'

/** Of PEM and OpenPGP, and of SSH2. A form body has `+` for spaces. */
const BEGIN = /-----BEGIN(?:[ +][A-Z\d.]{1,30}){1,6}-----|---- BEGIN SSH2(?: [A-Z\d]{1,30}){1,6} ----/g
const DASHES = '----'
/** With any label, or none: what matters stands before it. */
const END = /-{4,5} ?END(?:[ +][A-Z\d.]{1,30}){0,6}(?: ?-{1,5})?/y

/** What indents, quotes or joins the lines of a block. */
const BETWEEN = '[\\s>|+"\'`\\\\,;#*-]{0,80}'
const HEADER = '(?:Proc-Type|DEK-Info|Comment|Version|Hash|Charset):[^\\n]{0,100}'
const BASE64 = `[A-Za-z\\d+/]{16,999}(?:={1,2}|${BETWEEN}[A-Za-z\\d+/]{1,15}={1,2}(?![A-Za-z\\d]))?`
/** A line of what is left of a block that was cut off. Only padding tells a short last line from a word. */
const LINE = new RegExp(`${BETWEEN}(?:${HEADER}|${BASE64})`, 'y')

/** A block in base64, as Kubernetes keeps keys: `-----BEGIN `, encoded. */
const findEncoded = matching(/(?<![A-Za-z\d+/])LS0tLS1CRUdJTi[A-Za-z\d+/]{16,99999}={0,2}/g)

/** PEM blocks: keys, certificates and the like, also one that was cut off before its end, or is encoded. */
export const findPems: Finder = function* find(text) {
  for (const { index, 0: begin } of text.matchAll(BEGIN)) {
    const body = index + begin.length
    const dashes = text.indexOf(DASHES, body) // whatever comes next, so that no text is searched twice
    const close = dashes < 0 ? text.length : dashes
    END.lastIndex = close
    if (END.test(text)) yield { start: index, end: END.lastIndex }
    else yield { start: index, end: body + lengthOfLines(text.slice(body, close)) }
  }
  yield* findEncoded(text)
}

function lengthOfLines(text: string): number {
  let length = 0
  LINE.lastIndex = 0
  while (LINE.test(text)) length = LINE.lastIndex
  return length
}
