import { constants } from 'node:buffer'

/**
 * The longest line that can be an entry: JavaScript has no longer string. A line of more bytes might still be one in
 * characters, so none is written either.
 */
export const MAX_LINE_BYTES = constants.MAX_STRING_LENGTH

/** About 2 milliseconds of decoding between two turns of the event loop. */
const CHUNK_BYTES = 256 * 1024
const NEWLINE = 0x0a

/** Whole lines of a file, with the last one of the file even without its newline. */
export interface LineChunk {
  /** Where it begins in the file. */
  readonly offset: number
  /** Valid until the next chunk is asked for. */
  readonly bytes: Buffer
}

/** A line that is too long to be held. */
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
export type ReadInto = (target: Buffer, offset: number) => Promise<void>

/**
 * Reads the bytes from `start` to `end` in chunks that end where a line ends, the next one while the caller is busy
 * with this. Holds two chunks at most, and more only for a line that is longer.
 */
export async function* scanLines(
  read: ReadInto,
  start: number,
  end: number,
): AsyncGenerator<LineChunk | LongLine, void, undefined> {
  let free = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - start))
  let other = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - start))
  const begin = (offset: number) => {
    const bytes = free.subarray(0, Math.min(CHUNK_BYTES, end - offset))
    const reading = read(bytes, offset)
    reading.catch(() => {}) // the caller may stop before; if it goes on, the await below throws
    return { offset, bytes, reading }
  }
  let coming = start < end ? begin(start) : undefined
  while (coming) {
    const { offset, bytes, reading } = coming
    await reading
    const isLast = offset + bytes.length === end
    const whole = isLast ? bytes.length : bytes.lastIndexOf(NEWLINE) + 1
    const chunk = whole > 0 ? { offset, bytes: bytes.subarray(0, whole) } : await longLine(read, offset, end)
    const next =
      'bytes' in chunk ? offset + chunk.bytes.length : offset + chunk.length + Number(chunk.isClosed)
    ;[free, other] = [other, free]
    coming = next < end ? begin(next) : undefined
    yield chunk
  }
}

/** The lines of a chunk. */
export function* linesOf(offset: number, bytes: Buffer): Generator<Line, void, undefined> {
  let start = 0
  while (start < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline === -1 ? bytes.length : newline
    yield { offset: offset + start, bytes: bytes.subarray(start, end), isClosed: newline !== -1 }
    start = end + 1
  }
}

async function longLine(read: ReadInto, offset: number, end: number): Promise<LineChunk | LongLine> {
  const newline = await findNewline(read, offset, end)
  const isClosed = newline !== undefined
  const length = (newline ?? end) - offset
  if (length > MAX_LINE_BYTES) return { offset, length, isClosed }
  const bytes = Buffer.allocUnsafe(length + Number(isClosed))
  await read(bytes, offset)
  return { offset, bytes }
}

async function findNewline(read: ReadInto, start: number, end: number): Promise<number | undefined> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - start))
  for (let offset = start; offset < end; offset += buffer.length) {
    const bytes = buffer.subarray(0, Math.min(buffer.length, end - offset))
    await read(bytes, offset)
    const newline = bytes.indexOf(NEWLINE)
    if (newline !== -1) return offset + newline
  }
  return undefined
}
