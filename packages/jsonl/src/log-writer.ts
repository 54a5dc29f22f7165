import { AuditError, canonicalEntryId } from '@audit/core/backend'
import { type Batch, linesOfBatch } from './batch.ts'
import type { LogContents } from './log-contents.ts'
import type { LogFile } from './log-file.ts'

const UNDO_PAUSE_MS = 100
const NEWLINE = Buffer.from('\n')

/** Appends batches under the exclusive lock, and removes those that fail. */
export class LogWriter {
  readonly #file: LogFile
  readonly #contents: LogContents

  constructor(file: LogFile, contents: LogContents) {
    this.#file = file
    this.#contents = contents
  }

  /**
   * Appends all entries or none, and resolves with the index of the first once they survive power loss.
   *
   * @param deadline until when it waits for the lock.
   */
  async append(batch: Batch, deadline: number): Promise<number> {
    this.undo()
    const mustKeepLock = () => this.#file.hasRemains
    try {
      return await this.#file.lock.hold('exclusive', deadline, () => this.#appendAlone(batch), mustKeepLock)
    } finally {
      if (this.#file.hasRemains) this.#undoSoon()
    }
  }

  /**
   * Removes what a failed write left. Until that succeeds, nobody may read or write after it.
   *
   * @throws AuditError `AUDIT_WRITE_FAILED`.
   */
  undo(): void {
    if (!this.#file.hasRemains) return
    try {
      this.#file.undo()
    } catch (error) {
      throw AuditError.wrap(
        error,
        'AUDIT_WRITE_FAILED',
        'what a failed write left in the file cannot be removed',
      )
    }
    this.#file.lock.release()
  }

  /** Retries so that other processes can continue even if this one never writes again. */
  #undoSoon(): void {
    const timer = setTimeout(() => {
      try {
        this.undo()
      } catch {
        this.#undoSoon()
      }
    }, UNDO_PAUSE_MS)
    timer.unref()
  }

  #appendAlone(batch: Batch): number {
    const start = this.#sizeAfterLastLine()
    this.#refuseKnownIds(batch)
    const bytes = Buffer.from(batch.bytes.buffer)
    const end = this.#file.append(bytes, start)
    const first = this.#contents.index.size
    if (end === start + bytes.length) {
      this.#contents.addWritten(linesOfBatch(batch))
      return first
    }
    // A writer without a lock has appended at the same time, before these entries or after them.
    return this.#indexAmongOthers(batch, end)
  }

  /** The entries are stored by now, so a failure must not say that they are not. */
  #indexAmongOthers(batch: Batch, end: number): number {
    try {
      this.#contents.readTo(end)
      return this.#indexOf(batch)
    } catch (cause) {
      throw new AuditError('AUDIT_OUTCOME_UNKNOWN', 'the entries were stored, but cannot be read back', {
        cause,
      })
    }
  }

  /** Reads what others have added. Ends their tail with a newline; if it is an entry, it counts from then on. */
  #sizeAfterLastLine(): number {
    const size = this.#file.size('AUDIT_WRITE_FAILED')
    this.#contents.checkGrown(size)
    this.#contents.readTo(size)
    if (!this.#contents.hasTail) return size
    const closed = this.#file.append(NEWLINE, size)
    this.#contents.readTo(closed)
    if (!this.#contents.hasTail) return closed
    throw new AuditError('AUDIT_WRITE_FAILED', 'another program, which takes no lock, is writing a line')
  }

  #refuseKnownIds({ fields }: Batch): void {
    const ids = new Set<string>()
    for (const { entryId } of fields) {
      const id = canonicalEntryId(entryId)
      if (ids.has(id) || this.#contents.indexOf(id) !== undefined) {
        throw new AuditError(
          'AUDIT_WRITE_FAILED',
          `the log already has an entry with the id ${JSON.stringify(id)}`,
        )
      }
      ids.add(id)
    }
  }

  #indexOf({ fields: [first] }: Batch): number {
    const index = first && this.#contents.indexOf(first.entryId)
    if (index !== undefined) return index
    throw new AuditError(
      'AUDIT_CORRUPT',
      'entries were written, and are not in the file: another program changed it',
    )
  }
}
