import {
  type AuditEntry,
  AuditError,
  type AuditErrorCode,
  canonicalEntryId,
  encodeLine,
  type Finding,
  type Leaf,
  leafHash,
  matches,
  placeEntry,
  type Selection,
} from '@audit/core'
import type { Damage, DamageReport } from './damage.ts'
import { foreignFormat, SIGNATURE_BYTES } from './file-format.ts'
import { MAX_LINE_BYTES } from './line-scanner.ts'
import { LogContents } from './log-contents.ts'
import { LogFile } from './log-file.ts'
import { Mutex } from './mutex.ts'

/** So many entries, or about so many bytes, are read at once. */
const MAX_READ_ENTRIES = 512
const MAX_READ_BYTES = 1024 * 1024
/** Further behind than this, a writer catches up before it keeps everyone else waiting. */
const FAR_BEHIND_BYTES = 1024 * 1024
const UNDO_PAUSE_MS = 100
const NEWLINE = 0x0a

/** A log while it is open: the file, and what has been read of it. Everything is done under the right lock. */
export class OpenLog {
  readonly #file: LogFile
  readonly #damage: DamageReport
  readonly #contents: LogContents
  /** Orders the callers of this instance, since the file's lock does not tell them apart. */
  readonly #turns = new Mutex()
  /** While this instance holds the exclusive lock and has read everything, nobody can add to what it knows. */
  #isCurrent = false

  private constructor(file: LogFile, damage: DamageReport) {
    this.#file = file
    this.#damage = damage
    this.#contents = new LogContents((target, offset) => file.read(target, offset), damage)
  }

  /**
   * Opens the file, or creates it, and reads it once.
   *
   * @throws AuditError `AUDIT_OPEN_FAILED`; `AUDIT_UNSUPPORTED_FORMAT`; `AUDIT_BUSY`.
   */
  static async open(path: string, damage: DamageReport): Promise<OpenLog> {
    const file = await LogFile.open(path)
    try {
      await refuseForeignFormat(file)
      const log = new OpenLog(file, damage)
      await log.#catchUp('AUDIT_OPEN_FAILED')
      return log
    } catch (error) {
      await file.close()
      throw AuditError.wrap(error, 'AUDIT_OPEN_FAILED', `${path} cannot be read`)
    }
  }

  async append(leaves: readonly Leaf[]): Promise<number> {
    const batch = encodeBatch(leaves)
    if (this.#file.size('AUDIT_WRITE_FAILED') - this.#contents.size > FAR_BEHIND_BYTES) {
      await this.#catchUp('AUDIT_WRITE_FAILED')
    }
    return this.#turns.run(async () => {
      await this.#undo()
      await this.#file.lock.acquire('exclusive')
      try {
        return await this.#appendAlone(leaves, batch)
      } finally {
        if (this.#file.hasRemains) this.#undoSoon()
        else this.#release()
      }
    })
  }

  async size(): Promise<number> {
    await this.#catchUp('AUDIT_READ_FAILED')
    return this.#contents.index.size
  }

  async read(start: number, end: number): Promise<AuditEntry[]> {
    const entries: AuditEntry[] = []
    for await (const page of this.#range(start, end)) for (const entry of page) entries.push(entry)
    return entries
  }

  async leafHashes(start: number, end: number): Promise<Uint8Array> {
    const hashes: Uint8Array[] = []
    for await (const page of this.#range(start, end)) {
      for (const entry of page) hashes.push(leafHash(encodeLine(entry)))
    }
    return Buffer.concat(hashes)
  }

  async find(selection: Selection): Promise<AuditEntry[]> {
    await this.#catchUp('AUDIT_READ_FAILED')
    const entries: AuditEntry[] = []
    for await (const page of this.#matching(selection)) for (const entry of page) entries.push(entry)
    return entries
  }

  async count(selection: Selection): Promise<number> {
    await this.#catchUp('AUDIT_READ_FAILED')
    if (selection.entryId === undefined && selection.metadata === undefined) {
      return this.#contents.index.count(selection)
    }
    let count = 0
    for await (const page of this.#matching(selection)) count += page.length
    return count
  }

  async damages(): Promise<readonly Damage[]> {
    await this.#catchUp('AUDIT_READ_FAILED')
    return this.#damage.damages
  }

  /** Lines that are no entries, and entries that are not spelt as this package writes them. */
  async inspect(): Promise<readonly Finding[]> {
    const findings = (await this.damages()).map(findingOf)
    const places = numbers(0, this.#contents.index.size)
    for (const page of this.#placePages(places, MAX_READ_ENTRIES)) {
      for (const index of await this.#contents.misspeltAt(page)) {
        const message = `the line of entry ${index} is not spelt as this package writes it`
        findings.push({ kind: 'foreign-entry', index, message })
      }
    }
    return findings
  }

  /** Lets go of the file. Nothing else may be under way. */
  async close(): Promise<void> {
    await this.#turns.run(async () => {
      try {
        await this.#undo()
      } finally {
        await this.#file.close()
      }
    })
  }

  /** Reads what others have appended. Without anything new it costs a few microseconds and waits for nobody. */
  async #catchUp(code: AuditErrorCode): Promise<void> {
    if (this.#file.size(code) === this.#contents.size || this.#isCurrent) return
    await this.#turns.run(async () => {
      if (this.#isCurrent) return
      await this.#contents.readTo(await this.#sizeBetweenWrites(code))
    })
  }

  /**
   * The size at a moment when nobody writes: all bytes below it belong to batches that are whole, or whose writer died.
   * Nobody takes them back any more, so they can be read without keeping writers waiting.
   */
  async #sizeBetweenWrites(code: AuditErrorCode): Promise<number> {
    await this.#file.lock.acquire('shared')
    try {
      return this.#file.size(code)
    } finally {
      this.#file.lock.release()
    }
  }

  async #appendAlone(leaves: readonly Leaf[], batch: Batch): Promise<number> {
    const start = this.#file.size('AUDIT_WRITE_FAILED')
    await this.#contents.readTo(start)
    this.#isCurrent = true
    await this.#refuseKnownIds(leaves)
    const bytes = this.#contents.needsNewline ? batch.bytes : batch.bytes.subarray(1)
    const end = await this.#file.append(bytes, start)
    const first = this.#contents.index.size
    if (end === start + bytes.length) {
      this.#contents.addWritten(leaves, batch.lengths)
      return first
    }
    // A writer that takes no lock has appended at the same time, before these leaves or behind them.
    await this.#contents.readTo(end)
    return (await this.#contents.placeOf(leaves[0]?.entry.entryId ?? '')) ?? first
  }

  async #refuseKnownIds(leaves: readonly Leaf[]): Promise<void> {
    const ids = new Set<string>()
    for (const { entry } of leaves) {
      const id = canonicalEntryId(entry.entryId)
      const mayBeKnown = this.#contents.index.placesOfId(id).length > 0
      if (ids.has(id) || (mayBeKnown && (await this.#contents.placeOf(id)) !== undefined)) {
        throw new AuditError('AUDIT_WRITE_FAILED', `an entry has the id ${JSON.stringify(id)} already`)
      }
      ids.add(id)
    }
  }

  /** Tries again to take back what a failed write left; until that succeeds, nobody may read or write behind it. */
  async #undo(): Promise<void> {
    if (!this.#file.hasRemains) return
    try {
      await this.#file.undo()
    } catch (error) {
      if (this.#file.hasRemains) {
        throw AuditError.wrap(error, 'AUDIT_WRITE_FAILED', 'what a failed write left cannot be taken back')
      }
    }
    this.#release()
  }

  /** So that other processes can go on even when this one writes no more. */
  #undoSoon(): void {
    const timer = setTimeout(() => {
      this.#turns.run(() => this.#undo()).catch(() => this.#undoSoon())
    }, UNDO_PAUSE_MS)
    timer.unref()
  }

  #release(): void {
    this.#isCurrent = false
    this.#file.lock.release()
  }

  async *#range(start: number, end: number): AsyncGenerator<AuditEntry[], void, undefined> {
    await this.#catchUp('AUDIT_READ_FAILED')
    yield* this.#pages(numbers(start, Math.min(end, this.#contents.index.size)), MAX_READ_ENTRIES)
  }

  async *#matching(selection: Selection): AsyncGenerator<AuditEntry[], void, undefined> {
    let remaining = selection.limit ?? Number.POSITIVE_INFINITY
    if (remaining === 0) return
    const places = this.#contents.index.places(selection)
    for await (const page of this.#pages(places, Math.min(remaining, MAX_READ_ENTRIES))) {
      const found = page.filter(entry => matches(selection, entry)).slice(0, remaining)
      yield found
      remaining -= found.length
      if (remaining === 0) return
    }
  }

  async *#pages(places: Iterable<number>, firstPage: number): AsyncGenerator<AuditEntry[], void, undefined> {
    for (const page of this.#placePages(places, firstPage)) yield await this.#entriesAt(page)
  }

  /** Parts of these places, `firstPage` at first and then more, whose lines fit into bounded memory. */
  *#placePages(places: Iterable<number>, firstPage: number): Generator<number[], void, undefined> {
    let limit = firstPage
    let page: number[] = []
    let bytes = 0
    for (const place of places) {
      page.push(place)
      bytes += this.#contents.lineLength(place)
      if (page.length < limit && bytes < MAX_READ_BYTES) continue
      yield page
      limit = Math.min(limit * 2, MAX_READ_ENTRIES)
      page = []
      bytes = 0
    }
    if (page.length > 0) yield page
  }

  async #entriesAt(places: readonly number[]): Promise<AuditEntry[]> {
    const entries = await this.#contents.entriesAt(places)
    return entries.map((entry, i) => placeEntry(entry, places[i] ?? 0))
  }
}

interface Batch {
  /** A newline, for a file that does not end with one, and then the lines, each with its own. */
  readonly bytes: Buffer
  /** Bytes of each line, without its newline. */
  readonly lengths: readonly number[]
}

function encodeBatch(leaves: readonly Leaf[]): Batch {
  const lengths = leaves.map(({ line }) => lengthOf(line))
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + length + 1, 1))
  bytes[0] = NEWLINE
  let end = 1
  for (const { line } of leaves) {
    end += bytes.write(line, end)
    bytes[end++] = NEWLINE
  }
  return { bytes, lengths }
}

function lengthOf(line: string): number {
  const length = Buffer.byteLength(line)
  if (length <= MAX_LINE_BYTES) return length
  const message = `the entry has ${length} bytes; a line can have ${MAX_LINE_BYTES}`
  throw new AuditError('AUDIT_INVALID_ENTRY', message)
}

async function refuseForeignFormat(file: LogFile): Promise<void> {
  const beginning = Buffer.alloc(Math.min(SIGNATURE_BYTES, file.size('AUDIT_OPEN_FAILED')))
  await file.read(beginning, 0)
  const format = foreignFormat(beginning)
  if (format === undefined) return
  const message = `${file.path} is ${format} and no log; it was left as it is`
  throw new AuditError('AUDIT_UNSUPPORTED_FORMAT', message)
}

function findingOf({ line, offset, reason, message }: Damage): Finding {
  const kind = reason === 'duplicate-id' ? 'entry-inserted' : 'damaged'
  return { kind, message: `line ${line}, byte ${offset}: ${message}` }
}

function* numbers(start: number, end: number): Generator<number, void, undefined> {
  for (let n = start; n < end; n++) yield n
}
