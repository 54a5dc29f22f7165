import type { AuditLog } from '@audit/core'
import {
  type AuditBackend,
  createLeaf,
  hashAt,
  IMPORT_MODEL,
  importMetadata,
  type Leaf,
  MerkleAccumulator,
  mapKey,
} from '@audit/core/backend'
import { CommandError } from '../command-error.ts'
import { batchesOf } from '../log/batches.ts'
import type { LogLock } from '../log/log-lock.ts'
import { counted } from '../output/numbers.ts'
import { ImportCount, type ImportReport } from './import-report.ts'
import { IMPORTED_KEY, type ImportedEntries, type UnclosedRange } from './imported-entries.ts'
import type { Source, SourceEntry, SourceItem } from './source.ts'

/** So many leaf hashes are read at once. */
const HASHES_AT_ONCE = 4096
const TILE = 256
/** The user of the entry that says what was imported. */
const USER = 'audit import'

/** Who is told what becomes of each line. */
export interface ImportListener {
  /** A line or a row was not taken. */
  readonly onOmitted: (where: string, reason: string) => Promise<void>
  /** So many lines or rows were read. */
  readonly onRead: (read: number) => void
  readonly signal: AbortSignal
}

/** Where entries are imported to. */
export interface ImportTarget {
  readonly log: AuditLog
  readonly backend: AuditBackend
  /** Keeps other imports out. */
  readonly lock: LogLock
  /** For messages. */
  readonly name: string
}

/** Imports one source into one log. */
export class Importer {
  readonly #source: Source
  readonly #target: ImportTarget
  readonly #listener: ImportListener
  readonly #count = new ImportCount()
  readonly #ids = new Set<string>()
  #read = 0

  constructor(source: Source, target: ImportTarget, listener: ImportListener) {
    this.#source = source
    this.#target = target
    this.#listener = listener
  }

  /**
   * Appends the source's entries, ids and times included, behind the first `start` of them, which are in the log already; then
   * the entry that closes the range.
   *
   * @throws CommandError if somebody else records into the log meanwhile.
   */
  async keep(start: number): Promise<ImportReport> {
    const accumulator = new MerkleAccumulator()
    for await (const batch of batchesOf(this.#leaves())) {
      const fresh = batch.slice(Math.max(start - accumulator.size, 0))
      for (const { hash } of batch) accumulator.add(hash)
      if (fresh.length > 0) await this.#append(fresh, accumulator.size - fresh.length)
    }
    const { size } = accumulator
    if (size > 0) await this.#close(size, accumulator.root())
    return this.#report('kept')
  }

  /**
   * Records the source's entries as new ones, but for those that the log has already.
   *
   * @throws CommandError, before anything is recorded, if the log has a part of an import that was broken off.
   */
  async renumber(known: ImportedEntries): Promise<ImportReport> {
    if (known.unclosed) throw brokenOff(this.#target.name, this.#source.name, known.unclosed)
    for await (const batch of batchesOf(this.#unknown(known))) {
      this.#assertOn()
      await Promise.all(batch.map(({ entry }) => this.#target.log.record(inputOf(entry))))
      this.#count.added += batch.length
    }
    if (this.#count.added === 0) return this.#report('complete')
    await this.#target.log.record(await this.#closing({ 'audit.import.recorded': this.#count.added }))
    return this.#report('renumbered')
  }

  async #append(leaves: readonly Leaf[], expected: number): Promise<void> {
    this.#assertOn()
    const { backend, name } = this.#target
    if ((await backend.size()) !== expected) throw mixed(name)
    const first = await backend.append(leaves)
    if (first !== expected) throw mixed(name) // it was recorded since
    this.#count.added += leaves.length
  }

  async #close(entries: number, root: Uint8Array): Promise<void> {
    const { log, backend, name } = this.#target
    if ((await backend.size()) !== entries) throw mixed(name)
    const range = importMetadata({ entries, root, source: this.#source.name })
    const { index } = await log.record(await this.#closing(range))
    if (index !== entries) throw mixed(name) // it was recorded since
    // The roots of complete subtrees are stored by whoever asks for them first.
    if (entries >= TILE) await log.tile(0, Math.floor(entries / TILE) - 1)
  }

  /** Throws the signal's reason, or a CommandError if the lock is lost. */
  #assertOn(): void {
    this.#listener.signal.throwIfAborted()
    this.#target.lock.assertHeld()
  }

  async #closing(metadata: Readonly<Record<string, unknown>>) {
    const { name, format } = this.#source
    const { entries, omitted, lostNumbers } = this.#count
    const sha256 = await this.#source.sha256()
    return {
      model: IMPORT_MODEL,
      user: USER,
      inputText: name,
      outputText: `${counted(entries, 'entry', 'entries')} imported from ${name}, ${counted(omitted, 'line')} left out`,
      metadata: {
        ...metadata,
        'audit.import.source': name,
        'audit.import.format': format,
        'audit.import.sha256': sha256,
        'audit.import.omitted': omitted,
        'audit.import.lost_numbers': lostNumbers,
      },
    }
  }

  async *#leaves(): AsyncGenerator<Leaf, void, undefined> {
    for await (const { fields } of this.#entries()) {
      this.#count.entries++
      yield createLeaf(fields)
    }
  }

  async *#unknown(known: ImportedEntries) {
    for await (const entry of this.#entries()) {
      const leaf = createLeaf(entry.fields)
      const there = known.compare(leaf)
      if (there === 'other') {
        await this.#omit(entry.where, `the log has another entry with its id ${entry.original.entry_id}`)
        continue
      }
      this.#count.entries++
      if (there === 'none') yield { entry, line: leaf.line }
    }
  }

  /** The entries of the source, each id once. */
  async *#entries(): AsyncGenerator<SourceEntry & { readonly where: string }, void, undefined> {
    for await (const item of this.#source.items()) {
      this.#listener.signal.throwIfAborted()
      this.#listener.onRead(++this.#read)
      const reason = this.#reasonAgainst(item)
      if (reason !== undefined) await this.#omit(item.where, reason)
      if (reason !== undefined || 'reason' in item) continue
      this.#ids.add(mapKey(item.entry.fields.entryId))
      if (item.entry.hasLostNumber) this.#count.lostNumbers++
      yield { ...item.entry, where: item.where }
    }
  }

  #reasonAgainst(item: SourceItem): string | undefined {
    if ('reason' in item) return item.reason
    return this.#ids.has(mapKey(item.entry.fields.entryId)) ? 'an earlier one has its id' : undefined
  }

  async #omit(where: string, reason: string): Promise<void> {
    this.#count.omitted++
    await this.#listener.onOmitted(where, reason)
  }

  async #report(mode: ImportReport['mode']): Promise<ImportReport> {
    const { name, format } = this.#source
    return { mode, source: name, format, sha256: await this.#source.sha256(), ...this.#count }
  }
}

/**
 * How many entries a log has, if they are the first of the source and nothing else: an import that can go on. `undefined`
 * otherwise, also if the import was closed.
 */
export async function beginningOf(source: Source, backend: AuditBackend): Promise<number | undefined> {
  const size = await backend.size()
  if (size === 0) return 0
  const ids = new Set<string>()
  let stored: Uint8Array = new Uint8Array()
  let first = 0
  let index = 0
  for await (const item of source.items()) {
    if ('reason' in item) continue
    const id = mapKey(item.entry.fields.entryId)
    if (ids.has(id)) continue
    ids.add(id)
    if (index === size) return size
    if (index >= first + stored.length / 32) {
      first = index
      stored = await backend.leafHashes(first, first + HASHES_AT_ONCE)
    }
    if (!Buffer.from(hashAt(stored, index - first)).equals(createLeaf(item.entry.fields).hash))
      return undefined
    index++
  }
  return index === size ? size : undefined
}

function mixed(name: string): CommandError {
  return new CommandError(
    `somebody else recorded into ${name} during the import, so it was broken off; import into a new log, and let nothing record into it until the import is done`,
  )
}

function brokenOff(name: string, source: string, { start, isOver }: UnclosedRange): CommandError {
  const found = `an import into ${name} was broken off: no entry closes the imported ones from index ${start} on`
  if (!isOver)
    return new CommandError(`${found}; run that import again, with its own source, and then this one`)
  return new CommandError(
    `${found}, and others were recorded behind them, so it can never be closed, and audit verify names them as foreign; import ${source} into a new log, then ${name} into the same new log, and record there from now on`,
  )
}

/** What is recorded of an entry that gets another id and time. */
function inputOf({ fields, original }: SourceEntry) {
  const { entryId: _, timestamp: __, metadata, ...rest } = fields
  const earlier = metadata[IMPORTED_KEY]
  const imported = earlier === undefined ? original : { ...original, imported: earlier }
  return { ...rest, metadata: { ...metadata, [IMPORTED_KEY]: imported } }
}
