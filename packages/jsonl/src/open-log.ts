import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  AuditError,
  type AuditErrorCode,
  type EntryDigests,
  type Finding,
  type Selection,
  type SummaryPart,
  type SummaryRequest,
} from '@audit/core/backend'
import type { Batch } from './batch.ts'
import type { Damage } from './damage.ts'
import { type FileIdentity, isSame } from './descriptors.ts'
import { foreignFormat, SIGNATURE_BYTES } from './file-format.ts'
import { newDeadline } from './file-lock.ts'
import { LogContents } from './log-contents.ts'
import { LogFile } from './log-file.ts'
import { type EntryPage, LogReader } from './log-reader.ts'
import { LogWriter } from './log-writer.ts'
import type { NativeLock } from './native-lock.ts'

/** If a writer is further behind than this, it catches up before it takes the lock. */
const FAR_BEHIND_BYTES = 1024 * 1024

/** A log as it was when it was first opened. It must be the same log when it is reopened. */
export interface KnownLog {
  readonly identity: FileIdentity
  /** How many entries it had at least. */
  readonly size: number
}

/** How a log is opened. */
export interface OpenLogOptions {
  /** Absolute. */
  readonly path: string
  readonly isReadOnly: boolean
  readonly native: NativeLock
  /** Keys of the metadata by whose values entries are found. */
  readonly metadataIndexes: readonly string[]
  readonly known?: KnownLog
  /** Receives each damaged line once while the file is read; reading continues when it resolves. */
  readonly onDamage: (damages: readonly Damage[]) => Promise<void> | undefined
}

/** An open log: the file, and what has been read of it. Every call first reads what others have appended. */
export class OpenLog {
  readonly #file: LogFile
  readonly #contents: LogContents
  readonly #reader: LogReader
  readonly #writer: LogWriter
  readonly #isReadOnly: boolean
  readonly #onDamage: OpenLogOptions['onDamage']

  private constructor(file: LogFile, { isReadOnly, metadataIndexes, onDamage }: OpenLogOptions) {
    this.#file = file
    this.#contents = new LogContents((target, offset) => file.read(target, offset), metadataIndexes)
    this.#reader = new LogReader(this.#contents)
    this.#writer = new LogWriter(file, this.#contents)
    this.#isReadOnly = isReadOnly
    this.#onDamage = onDamage
  }

  /**
   * Opens the file and reads it once. Creates a missing file, unless it may only be read.
   *
   * @throws AuditError `AUDIT_OPEN_FAILED`; `AUDIT_UNSUPPORTED_FORMAT`; `AUDIT_BUSY`; `AUDIT_CORRUPT` if it is not the
   *   known log.
   */
  static async open(options: OpenLogOptions): Promise<OpenLog> {
    const { path, isReadOnly, native, known } = options
    const file = LogFile.open(path, isReadOnly ? 'read' : known ? 'write' : 'create', native)
    try {
      if (known && !isSame(known.identity, file.identity)) throw new Error('another file has taken its place')
      refuseForeignFormat(file)
      const log = new OpenLog(file, options)
      await log.#catchUp('AUDIT_OPEN_FAILED')
      if (known && known.size > log.#contents.index.size) throw hasLost(known.size - log.#contents.index.size)
      return log
    } catch (error) {
      file.close()
      throw AuditError.wrap(error, 'AUDIT_OPEN_FAILED', `${path} cannot be read`)
    }
  }

  get known(): KnownLog {
    return { identity: this.#file.identity, size: this.#contents.index.size }
  }

  /** Appends all entries or none, and resolves with the index of the first. Waits at most 30 seconds for locks. */
  async append(batch: Batch): Promise<number> {
    if (this.#isReadOnly)
      throw new AuditError('AUDIT_READ_ONLY', 'the log was opened with readOnly; nothing was stored')
    const deadline = newDeadline()
    if (this.#file.size('AUDIT_WRITE_FAILED') - this.#contents.size > FAR_BEHIND_BYTES) {
      await this.#catchUp('AUDIT_WRITE_FAILED', deadline)
    }
    const first = await this.#writer.append(batch, deadline)
    void this.#reportDamage() // never rejects; an entry that is stored does not wait until the damage was taken up
    return first
  }

  /** The indexes of entries with these ids. From now on, these entries survive power loss. */
  async storedIndexesOf(entryIds: readonly string[]): Promise<(number | undefined)[]> {
    await this.#catchUp('AUDIT_READ_FAILED')
    this.#file.sync()
    return entryIds.map(entryId => this.#contents.indexOf(entryId))
  }

  async size(): Promise<number> {
    await this.#catchUp('AUDIT_READ_FAILED')
    return this.#contents.index.size
  }

  async read(start: number, end: number): Promise<EntryPage> {
    await this.#catchUp('AUDIT_READ_FAILED')
    return this.#reader.read(start, end)
  }

  async digests(start: number, end: number): Promise<EntryDigests> {
    await this.#catchUp('AUDIT_READ_FAILED')
    return this.#reader.digests(start, end)
  }

  async find(selection: Selection): Promise<EntryPage> {
    await this.#catchUp('AUDIT_READ_FAILED')
    return this.#reader.find(selection)
  }

  async count(selection: Selection): Promise<number> {
    await this.#catchUp('AUDIT_READ_FAILED')
    return this.#reader.count(selection)
  }

  async summarize(request: SummaryRequest): Promise<readonly SummaryPart[]> {
    await this.#catchUp('AUDIT_READ_FAILED')
    return this.#reader.summarize(request)
  }

  async leafHashes(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    await this.#catchUp('AUDIT_READ_FAILED')
    return this.#reader.leafHashes(start, end)
  }

  async damages(): Promise<readonly Damage[]> {
    await this.#catchUp('AUDIT_READ_FAILED')
    return this.#contents.damage.damages
  }

  async inspect(): Promise<readonly Finding[]> {
    await this.#catchUp('AUDIT_READ_FAILED')
    return this.#reader.inspect()
  }

  /** Closes the file. No other call may be pending. */
  close(): void {
    try {
      this.#writer.undo()
    } finally {
      this.#file.close()
    }
  }

  /** Reads what others have appended. If there is nothing new, it does not wait for the lock. */
  async #catchUp(code: AuditErrorCode, deadline = newDeadline()): Promise<void> {
    if (this.#file.hasRemains) return // we hold the lock, so nobody can have added anything
    const size = this.#sizeNow(code)
    if (size === this.#contents.size) return
    // While nobody writes, all bytes belong to batches that are complete, or whose writer died. Nobody will remove
    // them, so they can be read without keeping writers waiting.
    const settled = await this.#file.lock.hold('shared', deadline, () => this.#sizeNow(code))
    while (this.#contents.readSome(settled)) {
      await this.#reportDamage()
      await nextTurn()
    }
    await this.#reportDamage()
  }

  /** The size of the file, after checking that it has only grown. */
  #sizeNow(code: AuditErrorCode): number {
    const size = this.#file.size(code)
    this.#contents.checkGrown(size)
    return size
  }

  #reportDamage(): Promise<void> | undefined {
    const damages = this.#contents.damage.takeNews()
    return damages.length > 0 ? this.#onDamage(damages) : undefined
  }
}

function refuseForeignFormat(file: LogFile): void {
  const beginning = Buffer.alloc(Math.min(SIGNATURE_BYTES, file.size('AUDIT_OPEN_FAILED')))
  file.read(beginning, 0)
  const format = foreignFormat(beginning)
  if (format === undefined) return
  const message = `${file.path} is ${format} and not a log; it was left unchanged`
  throw new AuditError('AUDIT_UNSUPPORTED_FORMAT', message)
}

function hasLost(count: number): AuditError {
  return new AuditError(
    'AUDIT_CORRUPT',
    `the file was cut: ${count} entries are gone; restore it, then open it again`,
  )
}
