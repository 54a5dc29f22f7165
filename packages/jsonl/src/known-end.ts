import { AuditError } from '@audit/core'
import type { ReadInto } from './line-scanner.ts'

/** How many bytes of the last line are remembered from its start, where its id is, and from its end. */
const REMEMBERED_BYTES = 2 * 1024

interface Piece {
  readonly offset: number
  readonly bytes: Buffer
}

/**
 * Remembers the end of the part of the file that was read. If the file was cut and has grown again, its bytes differ
 * there, however long it is.
 */
export class KnownEnd {
  readonly #read: ReadInto
  #size = 0
  #pieces: readonly Piece[] = []

  constructor(read: ReadInto) {
    this.#read = read
  }

  /** How many bytes of the file were read. */
  get size(): number {
    return this.#size
  }

  /** Remembers that the file was read up to the end of this line, which begins at `offset`, with its newline. */
  set(offset: number, line: Buffer): void {
    const tail = Math.max(0, line.length - REMEMBERED_BYTES)
    this.#remember(offset + line.length, [
      { offset, bytes: Buffer.from(line.subarray(0, Math.min(tail, REMEMBERED_BYTES))) },
      { offset: offset + tail, bytes: Buffer.from(line.subarray(tail)) },
    ])
  }

  /** The same for a line that is too long to hold in memory. */
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
   * Checks that the file, which now has `size` bytes, still begins with what was read.
   *
   * @throws AuditError `AUDIT_CORRUPT`.
   */
  check(size: number): void {
    if (size < this.#size) {
      throw changed(`it had ${this.#size} bytes, and now has ${size}`)
    }
    for (const { offset, bytes } of this.#pieces) {
      const there = this.#piece(offset, offset + bytes.length)
      if (!there.bytes.equals(bytes)) throw changed(`the last known line is no longer at byte ${offset}`)
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
    `the file was cut or changed: ${what}; restore it, then open it again`,
  )
}
