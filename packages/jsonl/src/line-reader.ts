import type { LineDigest } from './line-digest.ts'
import type { ReadInto } from './line-scanner.ts'
import type { KnownLine, LineTable } from './line-table.ts'

/** Lines that are this close are read in one call: a second call costs more than these bytes. */
const LARGEST_GAP = 16 * 1024
/** A read ends here, unless it is one line. */
const LARGEST_READ = 1024 * 1024

const NEWLINE = 0x0a

interface Run {
  readonly start: number
  end: number
  /** Positions in the requested list. */
  readonly members: number[]
}

/** Re-reads the lines of entries from the file, and compares each with its digest. */
export class LineReader {
  readonly #read: ReadInto
  readonly #table: LineTable
  readonly #digest: LineDigest
  readonly #buffer = Buffer.allocUnsafeSlow(LARGEST_READ)

  constructor(read: ReadInto, table: LineTable, digest: LineDigest) {
    this.#read = read
    this.#table = table
    this.#digest = digest
  }

  /**
   * Makes something of each line of these entries, in this order; of `undefined` for a line that was changed. They are read in
   * few large pieces, into one buffer, so the bytes of a line are gone once `make` returns.
   */
  map<T>(indexes: readonly number[], make: (line: Buffer | undefined, index: number) => T): T[] {
    const known = indexes.map(index => this.#table.at(index))
    const made = new Array<T>(indexes.length)
    for (const { start, end, members } of runsOf(known)) {
      const bytes = this.#bufferOf(end - start)
      this.#read(bytes, start)
      for (const member of members)
        made[member] = make(this.#lineWithin(bytes, start, known[member]), indexes[member] ?? 0)
    }
    return made
  }

  #bufferOf(length: number): Buffer {
    return length <= LARGEST_READ ? this.#buffer.subarray(0, length) : Buffer.allocUnsafe(length)
  }

  #lineWithin(bytes: Buffer, start: number, known: KnownLine | undefined): Buffer | undefined {
    if (!known) return undefined
    const end = known.offset - start + known.length
    const line = bytes.subarray(known.offset - start, end)
    // Without its newline, it would merge with the next line when the file is reopened.
    return bytes[end] === NEWLINE && this.#digest.ofLine(line) === known.digest ? line : undefined
  }
}

/** Groups lines that are close to each other, in the order of the file. */
function runsOf(lines: readonly KnownLine[]): readonly Run[] {
  const inFileOrder = [...lines.entries()].sort(([, a], [, b]) => a.offset - b.offset)
  const runs: Run[] = []
  let run: Run | undefined
  for (const [member, { offset, length }] of inFileOrder) {
    const end = offset + length + 1 // with its newline
    if (run && offset - run.end <= LARGEST_GAP && end - run.start <= LARGEST_READ) {
      run.end = Math.max(run.end, end)
      run.members.push(member)
    } else {
      run = { start: offset, end, members: [member] }
      runs.push(run)
    }
  }
  return runs
}
