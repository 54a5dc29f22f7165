import {
  AuditError,
  canonicalEntryId,
  type EntryFields,
  EntryIndex,
  encodeLine,
  type Leaf,
} from '@audit/core'
import type { DamageReport } from './damage.ts'
import { decodeEntryLine, type Flaw, isFlaw } from './entry-line.ts'
import { readLines } from './line-reader.ts'
import { type Line, type LongLine, linesOf, type ReadInto, scanLines } from './line-scanner.ts'
import { LineTable } from './line-table.ts'

/**
 * What has been read of the file: where the line of each entry stands, and how to find it; never the texts.
 * Only whole batches are read into it, so what it holds stays true however the file grows.
 */
export class LogContents {
  readonly index = new EntryIndex()
  readonly #lines = new LineTable()
  readonly #read: ReadInto
  readonly #damage: DamageReport
  /** Bytes of the file that were looked at. */
  #size = 0
  /** Where reading goes on: behind the last line that is decided on. A tail that is torn is read again. */
  #position = 0
  /** Number of the line that begins, or goes on, there. */
  #line = 1
  /** Whether what was looked at ends with a newline. */
  #isClosed = true
  /** Whether it ends with an entry that lacks only its newline. */
  #endsInEntry = false

  constructor(read: ReadInto, damage: DamageReport) {
    this.#read = read
    this.#damage = damage
  }

  /** Bytes of the file that are known. */
  get size(): number {
    return this.#size
  }

  /** Whether a newline must be written before the next entry. */
  get needsNewline(): boolean {
    return !this.#isClosed
  }

  /**
   * Reads what was added to the file, which holds `size` bytes of whole batches now.
   *
   * @throws AuditError `AUDIT_CORRUPT` when the file has become shorter.
   */
  async readTo(size: number): Promise<void> {
    if (size < Math.max(this.#size, this.#position)) {
      throw new AuditError(
        'AUDIT_CORRUPT',
        `the file was cut: it has ${size} bytes now, and had ${this.#size}; restore it, and open it again`,
      )
    }
    if (size === this.#size) return
    for await (const chunk of scanLines(this.#read, this.#position, size)) {
      if (!('bytes' in chunk)) this.#takeLong(chunk)
      else {
        for (const line of linesOf(chunk.offset, chunk.bytes)) {
          const pending = this.#take(line)
          if (pending) await pending // rarely: awaiting each line would halve the speed
        }
      }
    }
    this.#size = size
  }

  /** Adds the leaves that were just written behind `size`, whose lines have these lengths in bytes. */
  addWritten(leaves: readonly Leaf[], lengths: readonly number[]): void {
    if (this.needsNewline) {
      this.#damage.closeTail()
      this.#line++
      this.#position = this.#size + 1
      this.#endsInEntry = false
    }
    leaves.forEach(({ entry }, i) => {
      const length = lengths[i] ?? 0
      this.#add(entry, this.#position, length)
      this.#position += length + 1
    })
    this.#line += leaves.length
    this.#isClosed = true
    this.#size = this.#position
  }

  /** Bytes of the line of an entry. */
  lineLength(place: number): number {
    return this.#lines.length(place)
  }

  /**
   * The entries at these places, read from the file, in the order of the places.
   *
   * @throws AuditError `AUDIT_CORRUPT` when a line is not the entry that it was.
   */
  async entriesAt(places: readonly number[]): Promise<EntryFields[]> {
    const lines = await readLines(this.#read, this.#lines, places)
    return lines.map((line, i) => {
      const decoded = decodeEntryLine(line)
      if (decoded && !isFlaw(decoded)) return decoded
      const offset = this.#lines.offset(places[i] ?? 0)
      const reason = decoded ? decoded.message : 'it is blank'
      throw new AuditError(
        'AUDIT_CORRUPT',
        `the file was changed: no entry stands at byte ${offset} any more (${reason})`,
      )
    })
  }

  /** Those of these places whose line is an entry, but not spelt as this package writes it. */
  async misspeltAt(places: readonly number[]): Promise<number[]> {
    const lines = await readLines(this.#read, this.#lines, places)
    return places.filter((_, i) => {
      const line = lines[i] ?? Buffer.alloc(0)
      const decoded = decodeEntryLine(line)
      return decoded && !isFlaw(decoded) && !line.equals(Buffer.from(encodeLine(decoded)))
    })
  }

  /** The place of the entry with this id. */
  async placeOf(entryId: string): Promise<number | undefined> {
    const places = this.index.placesOfId(entryId)
    if (places.length === 0) return undefined
    const id = canonicalEntryId(entryId)
    const entries = await this.entriesAt(places)
    return places.find((_, i) => canonicalEntryId(entries[i]?.entryId ?? '') === id)
  }

  #take(line: Line): Promise<void> | undefined {
    const decoded = decodeEntryLine(line.bytes)
    this.#isClosed = line.isClosed
    if (decoded === undefined) this.#pass(line.offset, line.bytes.length, line.isClosed)
    else if (this.#endsInEntry) this.#takeDamage(line.offset, line.bytes.length, line.isClosed, GLUED)
    else if (isFlaw(decoded)) this.#takeDamage(line.offset, line.bytes.length, line.isClosed, decoded)
    else if (this.index.placesOfId(decoded.entryId).length > 0) return this.#takeUnlessKnown(line, decoded)
    else this.#takeEntry(line, decoded)
    return undefined
  }

  #takeEntry({ offset, bytes, isClosed }: Line, entry: EntryFields): void {
    this.#damage.dropTail()
    this.#add(entry, offset, bytes.length)
    this.#pass(offset, bytes.length, isClosed)
    this.#endsInEntry = !isClosed
  }

  async #takeUnlessKnown(line: Line, entry: EntryFields): Promise<void> {
    const place = await this.placeOf(entry.entryId)
    if (place === undefined) return this.#takeEntry(line, entry)
    const message = `its id ${JSON.stringify(entry.entryId.slice(0, 60))} is that of entry ${place}`
    const flaw: Flaw = { reason: 'duplicate-id', message }
    this.#takeDamage(line.offset, line.bytes.length, line.isClosed, flaw)
  }

  #takeLong({ offset, length, isClosed }: LongLine): void {
    this.#isClosed = isClosed
    this.#takeDamage(offset, length, isClosed, TOO_LONG)
  }

  #takeDamage(offset: number, length: number, isClosed: boolean, flaw: Flaw): void {
    const damage = { line: this.#line, offset, length, reason: flaw.reason, message: flaw.message }
    if (!isClosed) {
      this.#damage.setTail(damage)
      return
    }
    this.#damage.add(damage)
    this.#pass(offset, length, isClosed)
  }

  #pass(offset: number, length: number, isClosed: boolean): void {
    this.#position = offset + length + Number(isClosed)
    if (!isClosed) return
    this.#line++
    this.#endsInEntry = false
  }

  #add(entry: EntryFields, offset: number, length: number): void {
    this.#lines.add(offset, length)
    this.index.add(entry)
  }
}

const GLUED: Flaw = { reason: 'not-json', message: 'text follows an entry on the same line' }
const TOO_LONG: Flaw = { reason: 'too-long', message: 'it is longer than the longest string of JavaScript' }
