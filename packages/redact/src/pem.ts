import { type Finder, matchesOf } from './span.ts'

/** Of PEM and OpenPGP, and of SSH2. A form body has `+` for spaces. */
const BEGIN = '-----BEGIN(?:[ +][A-Z\\d.]{1,30}){1,6}-----|---- BEGIN SSH2(?: [A-Z\\d]{1,30}){1,6} ----'

/** How private keys begin in base64: of RSA, of elliptic curves, of OpenSSH, and a whole block, as Kubernetes keeps it. */
const BARE =
  '(?<![A-Za-z\\d+/])(?:MII[A-Za-z\\d+/]{2}[AQgw]IBA(?:AK|DANBgkq)|MI[GH][A-Za-z\\d]AgE(?:AMB[AM]GByqGSM49|BB[DE])|MHcCAQEE|MC4CAQAwBQYDK2Vw|b3BlbnNzaC1rZXktdjE|LS0tLS1CRUdJTi)(?=[A-Za-z\\d+/]{16})'

const START = new RegExp(`${BEGIN}|${BARE}`, 'g')
const DASHES = '----'
/** With any label, or none: what matters stands before it. */
const END = /-{4,5} ?END(?:[ +][A-Z\d.]{1,30}){0,6}(?: ?-{1,5})?/y

/** What indents, quotes or joins the lines of a block. */
const BETWEEN = '[\\s>|+"\'`\\\\,;#*-]{0,80}'
const HEADER = '(?:Proc-Type|DEK-Info|Comment|Version|Hash|Charset):[^\\n]{0,100}'
const BASE64 = `[A-Za-z\\d+/]{16,999}(?:={1,2}|${BETWEEN}[A-Za-z\\d+/]{1,15}={1,2}(?![A-Za-z\\d]))?`
/** A line of what is left of a block that was cut off. Only padding tells a short last line from a word. */
const LINE = new RegExp(`${BETWEEN}(?:${HEADER}|${BASE64})`, 'y')

/** PEM blocks: keys, certificates and the like, also one that was cut off before its end; private keys also without BEGIN. */
export const findPems: Finder = function* find(text) {
  let end = 0
  let close = -1
  for (const { index, 0: begin } of matchesOf(text, START)) {
    // No part of a text is searched twice, neither for lines nor for dashes.
    if (index < end) continue
    const body = index + begin.length
    if (close < body) close = indexOfDashes(text, body)
    END.lastIndex = close
    end = END.test(text) ? END.lastIndex : body + lengthOfLines(text.slice(body, close))
    yield { start: index, end }
  }
}

function indexOfDashes(text: string, from: number): number {
  const index = text.indexOf(DASHES, from)
  return index < 0 ? text.length : index
}

function lengthOfLines(text: string): number {
  let length = 0
  LINE.lastIndex = 0
  while (LINE.test(text)) length = LINE.lastIndex
  return length
}
