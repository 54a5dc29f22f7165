import { isUtf8 } from 'node:buffer'
import { AuditError, decodeLine, type EntryFields } from '@audit/core/backend'
import type { Damage } from './damage.ts'

/** What is wrong with a line. */
export type Flaw = Pick<Damage, 'reason' | 'message'>

const SPACE = 0x20
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const

/** Decodes an entry from the bytes of its line, without the newline; `undefined` for a blank line. */
export function decodeEntryLine(line: Buffer): EntryFields | Flaw | undefined {
  const start = startOf(line)
  if (start === line.length) return undefined
  if (line[start] !== OPENING_BRACE) {
    return isUtf8(line)
      ? { reason: 'not-json', message: 'it is not a JSON object' }
      : { reason: 'not-utf8', message: 'it is not UTF-8' }
  }
  if (!isUtf8(line)) return isTorn(line) ? TORN : { reason: 'not-utf8', message: 'it is not UTF-8' }
  try {
    return decodeLine(line.toString('utf8', start))
  } catch (error) {
    if (!(error instanceof AuditError)) throw error
    if (error.cause === undefined) return { reason: 'not-entry', message: error.message }
    return isTorn(line) ? TORN : { reason: 'not-json', message: error.message }
  }
}

/** Whether a decoded line is not an entry. */
export function isFlaw(decoded: EntryFields | Flaw): decoded is Flaw {
  return 'reason' in decoded
}

const TORN: Flaw = { reason: 'torn', message: 'it is cut off in the middle of an entry' }

/** A complete object ends with its brace, before any JSON white space. */
function isTorn(line: Buffer): boolean {
  let end = line.length
  while (end > 0 && (line[end - 1] ?? 0) <= SPACE) end--
  return line[end - 1] !== CLOSING_BRACE
}

/** Where the text begins, after white space and the byte order mark that editors on Windows write. */
function startOf(line: Buffer): number {
  let start = BYTE_ORDER_MARK.every((byte, i) => line[i] === byte) ? BYTE_ORDER_MARK.length : 0
  while (start < line.length && isWhiteSpace(line[start])) start++
  return start
}

/** RFC 8259, section 2. */
function isWhiteSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === 0x09 || byte === 0x0a || byte === 0x0d
}
