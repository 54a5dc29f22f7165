import { constants } from 'node:buffer'

/**
 * The longest line that can be an entry, in bytes: JavaScript has no longer string. A line with more bytes could still
 * have few enough characters, so none is written.
 */
export const MAX_LINE_BYTES = constants.MAX_STRING_LENGTH

/** About 2 milliseconds of decoding. */
export const CHUNK_BYTES = 256 * 1024
const NEWLINE = 0x0a

/** Whole lines of a file. The chunk at the end has the last line even without its newline. */
export interface LineChunk {
  /** Where the chunk begins in the file. */
  readonly offset: number
  readonly bytes: Buffer
}

/** A line that is too long to hold in memory. */
export interface LongLine {
  readonly offset: number
  /** Without the newline. */
  readonly length: number
  /** Whether a newline follows. */
  readonly isClosed: boolean
}

/** A line within a chunk. */
export interface Line {
  readonly offset: number
  /** Without the newline. */
  readonly bytes: Buffer
  /** Whether a newline follows. */
  readonly isClosed: boolean
}

/** Reads exactly `target.length` bytes from an offset on, into `target`. */
export type ReadInto = (target: Buffer, offset: number) => void

/**
 * Reads the first lines between two offsets, `start` before `end`: about 256 KiB, and more only for a longer line.
 *
 * @param buffer has `CHUNK_BYTES` to read into, so the chunk is gone when it is used again.
 */
export function readChunk(read: ReadInto, start: number, end: number, buffer: Buffer): LineChunk | LongLine {
  const bytes = buffer.subarray(0, Math.min(CHUNK_BYTES, end - start))
  read(bytes, start)
  if (bytes.length === end - start) return { offset: start, bytes }
  const whole = bytes.lastIndexOf(NEWLINE) + 1
  return whole > 0 ? { offset: start, bytes: bytes.subarray(0, whole) } : longLine(read, start, end)
}

/** The lines of a chunk. */
export function* linesOf({ offset, bytes }: LineChunk): Generator<Line, void, undefined> {
  let start = 0
  while (start < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline === -1 ? bytes.length : newline
    yield { offset: offset + start, bytes: bytes.subarray(start, end), isClosed: newline !== -1 }
    start = end + 1
  }
}

function longLine(read: ReadInto, offset: number, end: number): LineChunk | LongLine {
  const newline = findNewline(read, offset, end)
  const isClosed = newline !== undefined
  const length = (newline ?? end) - offset
  if (length > MAX_LINE_BYTES) return { offset, length, isClosed }
  const bytes = Buffer.allocUnsafe(length + Number(isClosed))
  read(bytes, offset)
  return { offset, bytes }
}

function findNewline(read: ReadInto, start: number, end: number): number | undefined {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - start))
  for (let offset = start; offset < end; offset += buffer.length) {
    const bytes = buffer.subarray(0, Math.min(buffer.length, end - offset))
    read(bytes, offset)
    const newline = bytes.indexOf(NEWLINE)
    if (newline !== -1) return offset + newline
  }
  return undefined
}
