import {
  AuditError,
  digestOf,
  digestOfOwnLine,
  type EntryDigest,
  type EntryFields,
  EntryIndex,
  type IndexedFields,
  placeEntry,
} from '@audit/core/backend'
import type { Damage } from './damage.ts'
import { DamageList } from './damage-list.ts'
import { decodeEntryLine, type Flaw, isFlaw, ownIdOf } from './entry-line.ts'
import { IdLookup } from './id-lookup.ts'
import { KnownEnd } from './known-end.ts'
import { LineDigest } from './line-digest.ts'
import { LineReader } from './line-reader.ts'
import { CHUNK_BYTES, type Line, type LongLine, linesOf, type ReadInto, readChunk } from './line-scanner.ts'
import { LineTable } from './line-table.ts'

/** A line that was just written, without its newline, and what the index needs of its entry. */
export interface WrittenLine {
  readonly fields: IndexedFields
  readonly bytes: Buffer
}

/**
 * What has been read of the file: the position of each entry's line and an index to find it, never the texts. Only whole
 * batches are read, and a line counts once its newline is there, so this stays true however the file grows.
 */
export class LogContents {
  readonly index: EntryIndex
  readonly damage = new DamageList()
  readonly #read: ReadInto
  readonly #digest = new LineDigest()
  readonly #table = new LineTable()
  readonly #lines: LineReader
  readonly #ids: IdLookup
  readonly #end: KnownEnd
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  /** Where reading continues: after the last newline. A tail without one is read again. */
  #position = 0
  /** Number of the line that begins there. */
  #line = 1

  /** @param metadataIndexes keys of the metadata by whose values entries are found. */
  constructor(read: ReadInto, metadataIndexes: readonly string[] = []) {
    this.#read = read
    this.index = new EntryIndex({ metadataIndexes })
    this.#lines = new LineReader(read, this.#table, this.#digest)
    this.#ids = new IdLookup(this.index, this.#digest, index => this.entryAt(index).entryId)
    this.#end = new KnownEnd(read)
  }

  /** Bytes of the file that are known. */
  get size(): number {
    return this.#end.size
  }

  /** Whether the file ends with a line that has no newline, and thus does not count. */
  get hasTail(): boolean {
    return this.#position < this.#end.size
  }

  /**
   * Checks that the file, which now has `size` bytes, has only grown.
   *
   * @throws AuditError `AUDIT_CORRUPT` if it was cut, even if it has grown again since.
   */
  checkGrown(size: number): void {
    this.#end.check(size)
  }

  /** Reads a part of what was added to the file, which has `size` bytes of whole batches. Returns whether there is more. */
  readSome(size: number): boolean {
    if (size <= this.#end.size) return false
    const chunk = readChunk(this.#read, this.#position, size, this.#chunk)
    if (!('bytes' in chunk)) {
      this.#takeLong(chunk)
      this.#end.setLong(chunk.offset, chunk.offset + chunk.length + Number(chunk.isClosed))
      return this.#end.size < size
    }
    let lastLine = chunk.offset
    for (const line of linesOf(chunk)) {
      lastLine = line.offset
      this.#take(line)
    }
    this.#end.set(lastLine, chunk.bytes.subarray(lastLine - chunk.offset))
    return this.#end.size < size
  }

  /** Reads all that was added. */
  readTo(size: number): void {
    while (this.readSome(size));
  }

  /** Adds lines that were just written at `size`, where there was no tail, each with its newline. */
  addWritten(lines: readonly WrittenLine[]): void {
    for (const { fields, bytes } of lines) {
      const offset = this.#position
      this.#add(fields, offset, bytes, true) // as core encodes it
      this.#pass(offset, bytes.length)
      // Nothing is read back: if that failed, `record` would reject for an entry that is stored.
      this.#end.set(offset, Buffer.concat([bytes, NEWLINE]))
    }
  }

  /** Bytes of the line of an entry. */
  lineLength(index: number): number {
    return this.#table.at(index).length
  }

  /**
   * The entry at an index, read from the file.
   *
   * @throws AuditError `AUDIT_CORRUPT` if its line was changed.
   */
  entryAt(index: number): EntryFields {
    const [entry] = this.entriesAt([index])
    if (!entry) throw new RangeError(`there is no entry ${index}`)
    return entry
  }

  /** The entries at these indexes, in their order. Throws as `entryAt` does. */
  entriesAt(indexes: readonly number[]): EntryFields[] {
    return this.#lines.map(indexes, (line, index) => this.#entryOf(line, index))
  }

  /** The digests of the entries at these indexes, in their order. Throws as `entryAt` does. */
  digestsAt(indexes: readonly number[]): EntryDigest[] {
    return this.#lines.map(indexes, (line, index) => {
      const ownId = line && this.isCanonical(index) ? ownIdOf(line) : undefined
      return line && ownId !== undefined
        ? digestOfOwnLine(index, ownId, line)
        : digestOf(placeEntry(this.#entryOf(line, index), index))
    })
  }

  /** Whether an entry has its canonical line, byte for byte. */
  isCanonical(index: number): boolean {
    return this.#table.at(index).isCanonical
  }

  /** The index of the entry with this id. */
  indexOf(entryId: string): number | undefined {
    return this.#ids.indexOf(entryId)
  }

  #take({ offset, bytes, isClosed }: Line): void {
    const decoded = decodeEntryLine(bytes)
    const flaw = decoded && (isFlaw(decoded) ? decoded : this.#flawOf(decoded.entry))
    if (!isClosed) {
      if (decoded) this.damage.setTail(this.#damageAt(offset, bytes.length, flaw ?? OPEN))
      return
    }
    if (flaw) this.damage.add(this.#damageAt(offset, bytes.length, flaw))
    else this.damage.dropTail()
    if (decoded && !isFlaw(decoded) && !flaw) this.#add(decoded.entry, offset, bytes, decoded.isCanonical)
    this.#pass(offset, bytes.length)
  }

  #entryOf(line: Buffer | undefined, index: number): EntryFields {
    if (!line) {
      const { offset } = this.#table.at(index)
      throw changed(`the line of entry ${index}, at byte ${offset}, differs from what was read before`)
    }
    const decoded = decodeEntryLine(line)
    if (decoded && !isFlaw(decoded)) return decoded.entry
    throw changed('a line is no longer an entry')
  }

  /** An entry with the id of an earlier one is damage. */
  #flawOf({ entryId }: EntryFields): Flaw | undefined {
    const index = this.indexOf(entryId)
    if (index === undefined) return undefined
    const message = `its id ${JSON.stringify(entryId.slice(0, 60))} is that of entry ${index}`
    return { reason: 'duplicate-id', message }
  }

  #takeLong({ offset, length, isClosed }: LongLine): void {
    const damage = this.#damageAt(offset, length, TOO_LONG)
    if (!isClosed) {
      this.damage.setTail(damage)
      return
    }
    this.damage.add(damage)
    this.#pass(offset, length)
  }

  #damageAt(offset: number, length: number, { reason, message }: Flaw): Damage {
    return { line: this.#line, offset, length, reason, message }
  }

  /** Continues after a line and its newline. */
  #pass(offset: number, length: number): void {
    this.#position = offset + length + 1
    this.#line++
  }

  #add(fields: IndexedFields, offset: number, bytes: Buffer, isCanonical: boolean): void {
    this.#table.add({ offset, length: bytes.length, digest: this.#digest.ofLine(bytes), isCanonical })
    this.index.add(fields)
  }
}

const NEWLINE = Buffer.from('\n')
const OPEN: Flaw = { reason: 'torn', message: 'it has no newline yet, so it does not count' }
const TOO_LONG: Flaw = { reason: 'too-long', message: 'it is longer than the longest string of JavaScript' }

function changed(what: string): AuditError {
  return new AuditError('AUDIT_CORRUPT', `the file was changed: ${what}; restore it, and open it again`)
}
