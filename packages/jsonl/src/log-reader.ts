import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type AuditEntry,
  type EntryDigest,
  type EntryDigests,
  type Finding,
  joinDigests,
  matches,
  PAGE_BYTES,
  placeEntry,
  type Selection,
  Summarizer,
  type SummaryPart,
  type SummaryRequest,
} from '@audit/core/backend'
import type { Damage } from './damage.ts'
import type { LogContents } from './log-contents.ts'

/** Read at most this many lines, or about this many bytes, before other calls get a turn. */
const MAX_READ_LINES = 512
const MAX_READ_BYTES = 1024 * 1024
/** The same for entries of which only something in memory is looked up. */
const MAX_LOOKED_UP = 65_536

/** Entries, or something of each, and whether more may follow because they weigh about `PAGE_BYTES`. */
export interface EntryPage<T = AuditEntry> {
  readonly items: readonly T[]
  readonly isPartial: boolean
}

/** Digests of a range. */
interface Digested {
  readonly start: number
  readonly end: number
  readonly digests: Promise<EntryDigests>
}

/** Answers queries about the known part of the log. Holds about `PAGE_BYTES` at a time. */
export class LogReader {
  readonly #contents: LogContents
  /** The digests that were asked for last. */
  #digested: Digested | undefined

  constructor(contents: LogContents) {
    this.#contents = contents
  }

  read(start: number, end: number): Promise<EntryPage> {
    return this.#pageOf(this.#entries(this.#range(start, end)))
  }

  digests(start: number, end: number): Promise<EntryDigests> {
    const digests = this.#pageOf(this.#digestsIn(start, end)).then(({ items, isPartial }) =>
      joinDigests(items, isPartial),
    )
    this.#digested = { start, end, digests }
    return digests
  }

  find(selection: Selection): Promise<EntryPage> {
    return this.#pageOf(this.#matching(selection))
  }

  async count(selection: Selection): Promise<number> {
    const { index } = this.#contents
    if (index.covers(selection)) return index.count(selection)
    let count = 0
    for await (const entries of this.#matching(selection)) count += entries.length
    return count
  }

  /** Sums up, from the index where it knows enough, and otherwise from the entries. Other calls get turns meanwhile. */
  async summarize(request: SummaryRequest): Promise<readonly SummaryPart[]> {
    const summary = this.#contents.index.summary(request, index => this.#contents.entryAt(index))
    if (!summary) return this.#summarizeEntries(request)
    while (summary.advance()) await nextTurn()
    return summary.parts()
  }

  async #summarizeEntries({ selection, by }: SummaryRequest): Promise<readonly SummaryPart[]> {
    const summarizer = new Summarizer(by)
    for await (const entries of this.#matching(selection)) {
      for (const entry of entries) summarizer.add(entry)
    }
    return summarizer.parts()
  }

  /** Leaf hashes of a range, 32 bytes each, joined. A verification asks for the digests of the same range as well. */
  async leafHashes(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const digested = await this.#takeDigested(start, end)
    if (digested) return digested
    const all: EntryDigest[] = []
    for await (const digests of this.#digestsIn(start, end)) all.push(...digests)
    return new Uint8Array(joinDigests(all, false).leafHashes)
  }

  /** The hashes of the range whose digests were asked for last, once, if it was read to its end. */
  async #takeDigested(start: number, end: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const digested = this.#digested
    if (digested?.start !== start || digested.end !== end) return undefined
    this.#digested = undefined
    const digests = await digested.digests.catch(() => undefined) // whoever asked for them is told
    return digests?.isPartial === false ? digests.leafHashes.slice() : undefined
  }

  /** Lines that are not entries, and entries that are not spelt as this package writes them. */
  async inspect(): Promise<readonly Finding[]> {
    const { damage, index: entries } = this.#contents
    const findings = damage.damages.map(findingOf)
    for (let index = 0; index < entries.size; index++) {
      if (index % MAX_LOOKED_UP === 0) await nextTurn()
      if (this.#contents.isCanonical(index)) continue
      const message = `the line of entry ${index} is not spelt as this package writes it`
      findings.push({ kind: 'foreign-entry', index, message })
    }
    return findings
  }

  /** Collects entries, or something of each, until the entries weigh a page. */
  async #pageOf<T extends { readonly index: number }>(
    parts: AsyncIterable<readonly T[]>,
  ): Promise<EntryPage<T>> {
    const items: T[] = []
    let bytes = 0
    for await (const part of parts) {
      for (const item of part) {
        items.push(item)
        bytes += this.#contents.lineLength(item.index)
      }
      if (bytes >= PAGE_BYTES) return { items, isPartial: true }
    }
    return { items, isPartial: false }
  }

  #range(start: number, end: number): Indexes {
    return new Indexes(start, Math.min(end, this.#contents.index.size))
  }

  async *#matching(selection: Selection): AsyncGenerator<AuditEntry[], void, undefined> {
    let remaining = selection.limit ?? Number.POSITIVE_INFINITY
    if (remaining === 0) return
    const places = this.#contents.index.indexes(selection)
    for await (const entries of this.#entries(places, Math.min(remaining, MAX_READ_LINES))) {
      const found = entries.filter(entry => matches(selection, entry)).slice(0, remaining)
      yield found
      remaining -= found.length
      if (remaining === 0) return
    }
  }

  #entries(indexes: Iterable<number>, firstPart?: number): AsyncIterable<AuditEntry[]> {
    return this.#inParts(indexes, firstPart, part =>
      this.#contents.entriesAt(part).map((entry, i) => placeEntry(entry, part[i] ?? 0)),
    )
  }

  #digestsIn(start: number, end: number): AsyncIterable<EntryDigest[]> {
    return this.#inParts(this.#range(start, end), undefined, part => this.#contents.digestsAt(part))
  }

  async *#inParts<T>(
    indexes: Iterable<number>,
    firstPart: number | undefined,
    read: (part: readonly number[]) => T[],
  ): AsyncGenerator<T[], void, undefined> {
    for (const part of this.#parts(indexes, firstPart)) {
      yield read(part)
      await nextTurn() // before the next part
    }
  }

  /** Splits these indexes, at first `firstPart` of them and then more, into parts whose lines fit into bounded memory. */
  *#parts(indexes: Iterable<number>, firstPart = MAX_READ_LINES): Generator<number[], void, undefined> {
    let limit = firstPart
    let part: number[] = []
    let bytes = 0
    for (const index of indexes) {
      part.push(index)
      bytes += this.#contents.lineLength(index)
      if (part.length < limit && bytes < MAX_READ_BYTES) continue
      yield part
      limit = Math.min(limit * 2, MAX_READ_LINES)
      part = []
      bytes = 0
    }
    if (part.length > 0) yield part
  }
}

/** Whole numbers from `start`, inclusive, to `end`, exclusive. */
class Indexes {
  readonly #start: number
  readonly length: number

  constructor(start: number, end: number) {
    this.#start = start
    this.length = Math.max(0, end - start)
  }

  *[Symbol.iterator](): Generator<number, void, undefined> {
    for (let i = 0; i < this.length; i++) yield this.#start + i
  }
}

function findingOf({ line, offset, reason, message }: Damage): Finding {
  const kind = reason === 'duplicate-id' ? 'entry-inserted' : 'damaged'
  return { kind, message: `line ${line}, byte ${offset}: ${message}` }
}
