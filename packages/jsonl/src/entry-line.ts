import { isUtf8 } from 'node:buffer'
import { AuditError, type DecodedLine, isOwn, readLine } from '@audit/core/backend'
import type { Damage } from './damage.ts'

/** What is wrong with a line. */
export type Flaw = Pick<Damage, 'reason' | 'message'>

const SPACE = 0x20
const QUOTE = 0x22
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const

/** Decodes an entry from the bytes of its line, without the newline; `undefined` for a blank line. */
export function decodeEntryLine(line: Buffer): DecodedLine | Flaw | undefined {
  const start = startOf(line)
  if (start === line.length) return undefined
  if (line[start] !== OPENING_BRACE) {
    return isUtf8(line)
      ? { reason: 'not-json', message: 'it is not a JSON object' }
      : { reason: 'not-utf8', message: 'it is not UTF-8' }
  }
  if (!isUtf8(line)) return isTorn(line) ? TORN : { reason: 'not-utf8', message: 'it is not UTF-8' }
  try {
    const { entry, isCanonical } = readLine(line.toString('utf8', start))
    return { entry, isCanonical: isCanonical && start === 0 }
  } catch (error) {
    if (!(error instanceof AuditError)) throw error
    if (error.cause === undefined) return { reason: 'not-entry', message: error.message }
    return isTorn(line) ? TORN : { reason: 'not-json', message: error.message }
  }
}

/** Whether a decoded line is not an entry. */
export function isFlaw(decoded: DecodedLine | Flaw): decoded is Flaw {
  return 'reason' in decoded
}

const BEFORE_ID = Buffer.from(',"entry_id":"')
const BEFORE_TIME = Buffer.from(',"timestamp":"')
/** Characters of an id and of a timestamp that this package makes. */
const ID_LENGTH = 36
const TIME_LENGTH = 24

/**
 * The id in a canonical line, if it holds the timestamp, as in every line that this package writes. Nothing is decoded: only a
 * number stands before the id, and behind the timestamp only a text, in which each quotation mark is escaped.
 */
export function ownIdOf(line: Buffer): string | undefined {
  const entryId = textBehind(line, line.indexOf(BEFORE_ID) + BEFORE_ID.length, ID_LENGTH)
  const timestamp = textBehind(line, line.lastIndexOf(BEFORE_TIME) + BEFORE_TIME.length, TIME_LENGTH)
  if (entryId === undefined || timestamp === undefined) return undefined
  return isOwn({ entryId, timestamp }) ? entryId : undefined
}

/** The text of so many ASCII characters that begins there; `undefined` if it does not end with them. */
function textBehind(line: Buffer, start: number, length: number): string | undefined {
  return line[start + length] === QUOTE ? line.toString('latin1', start, start + length) : undefined
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
