import { AuditError } from '@audit/core'
import type { ReadInto } from './line-scanner.ts'

/** Of the last line this much is remembered from its beginning, where its id is, and this much up to its end. */
const REMEMBERED_BYTES = 2 * 1024

interface Piece {
  readonly offset: number
  readonly bytes: Buffer
}

/**
 * Remembers how the part of the file ends that was looked at. A file that was cut, and has grown again since, has
 * something else there, however long it is.
 */
export class KnownEnd {
  readonly #read: ReadInto
  #size = 0
  #pieces: readonly Piece[] = []

  constructor(read: ReadInto) {
    this.#read = read
  }

  /** Bytes of the file that were looked at. */
  get size(): number {
    return this.#size
  }

  /** Remembers that the file was looked at up to the end of this line, which begins at `offset`, with its newline. */
  set(offset: number, line: Buffer): void {
    const tail = Math.max(0, line.length - REMEMBERED_BYTES)
    this.#remember(offset + line.length, [
      { offset, bytes: Buffer.from(line.subarray(0, Math.min(tail, REMEMBERED_BYTES))) },
      { offset: offset + tail, bytes: Buffer.from(line.subarray(tail)) },
    ])
  }

  /** The same for a line that is too long to be held. */
  setLong(offset: number, size: number): void {
    const tail = Math.max(offset, size - REMEMBERED_BYTES)
    const beginning = this.#piece(offset, Math.min(tail, offset + REMEMBERED_BYTES))
    this.#remember(size, [beginning, this.#piece(tail, size)])
  }

  #remember(size: number, pieces: readonly Piece[]): void {
    this.#size = size
    this.#pieces = pieces.filter(({ bytes }) => bytes.length > 0)
  }

  /**
   * Checks that the file, which holds `size` bytes now, begins with what was looked at.
   *
   * @throws AuditError `AUDIT_CORRUPT`.
   */
  check(size: number): void {
    if (size < this.#size) {
      throw changed(`it has ${size} bytes now, and had ${this.#size}`)
    }
    for (const { offset, bytes } of this.#pieces) {
      const there = this.#piece(offset, offset + bytes.length)
      if (!there.bytes.equals(bytes))
        throw changed(`the last line that was known is not at byte ${offset} any more`)
    }
  }

  #piece(start: number, end: number): Piece {
    const bytes = Buffer.alloc(end - start)
    this.#read(bytes, start)
    return { offset: start, bytes }
  }
}

function changed(what: string): AuditError {
  return new AuditError(
    'AUDIT_CORRUPT',
    `the file was cut or changed: ${what}; restore it, and open it again`,
  )
}
