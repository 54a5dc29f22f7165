import { constants, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AuditError, type Finding } from '@audit/core'
import type { SummaryRequest } from '@audit/core/backend'
import type { DatabaseConstructor } from './driver.ts'
import { auditErrorOf, unsupported } from './failure.ts'
import { isHeld } from './file-locks.ts'
import { openImmutable } from './immutable-database.ts'
import { inspect } from './inspection.ts'
import { openForReading } from './log-database.ts'
import {
  assertInPlace,
  assertMainInPlace,
  type FileIdentity,
  filesOf,
  identify,
  lookAt,
  openFailed,
  resolveLinks,
} from './log-file.ts'
import { LogReader } from './log-reader.ts'
import type { Extent } from './protocol.ts'
import type { ReadableDatabase } from './readable-database.ts'
import {
  assertJournalIsHarmless,
  assertOrdinary,
  assertWalBelongs,
  assertWalIsWhole,
  hasCommits,
  isFilled,
  readFormat,
} from './side-files.ts'

/** How often a query is repeated because somebody changed the files meanwhile. */
const MAX_ATTEMPTS = 100

/** How a log is read, and whether that still shows all of it. */
interface Source {
  readonly database: ReadableDatabase
  readonly reader: LogReader
  readonly isCopy: boolean
  isCurrent(): boolean
  close(): void
}

/**
 * Reads a log and changes nothing on the disk. While a process has the log open, this is one more reader of its write-ahead
 * log, through the existing `-shm`. Otherwise SQLite would create or change files, so the file is read as immutable or, if
 * entries are left in a `-wal`, as a private copy of both.
 */
export class ReadOnlyLog {
  readonly #Database: DatabaseConstructor
  readonly #path: string
  #main: FileIdentity | undefined
  #source: Source | undefined

  constructor(Database: DatabaseConstructor, path: string) {
    this.#Database = Database
    this.#path = path
  }

  /** Checks that there is a readable log. From then on, another file in its place is refused. */
  open(): void {
    this.#main ??= identify(this.#path, true)
    if (!isFilled(resolveLinks(this.#path)))
      throw openFailed(`${this.#path} is empty and does not hold a log yet`)
    this.answer(reader => reader.size())
  }

  /** Answers from files that did not change meanwhile. */
  answer<T>(ask: (reader: LogReader) => T): T {
    return this.#answer(({ reader }) => ask(reader))
  }

  /** What a summary would read. */
  extent(request: SummaryRequest): Extent {
    return this.#answer(({ reader, isCopy }) => ({ ...reader.extent(request), isCopied: isCopy }))
  }

  inspect(): Finding[] {
    return this.#answer(({ database }) => [...this.#missingWal(), ...inspect(this.#Database, database)])
  }

  close(): void {
    this.#source?.close()
    this.#source = undefined
  }

  #answer<T>(ask: (source: Source) => T): T {
    for (let attempt = 1; ; attempt++) {
      const source = this.#connected()
      try {
        const answer = ask(source)
        if (source.isCurrent()) return answer
      } catch (error) {
        if (source.isCurrent()) throw this.#explained(error)
      }
      if (attempt === MAX_ATTEMPTS)
        throw new AuditError('AUDIT_BUSY', `${this.#path} keeps changing while it is read; try again`)
    }
  }

  #connected(): Source {
    if (this.#source?.isCurrent() === false) this.close()
    this.#main ??= identify(this.#path, true)
    assertMainInPlace(this.#path, this.#main, 'AUDIT_READ_FAILED')
    this.#source ??= connect(this.#Database, this.#path, this.#main)
    return this.#source
  }

  /** Reports a `-shm` without a `-wal`, which was left out of a copy. */
  #missingWal(): Finding[] {
    const real = resolveLinks(this.#path)
    if (lookAt(`${real}-wal`) || !isFilled(`${real}-shm`)) return []
    const message = `${real}-wal is missing, which held the newest entries; if this is a copy, copy the -wal as well`
    return [{ kind: 'damaged', message }]
  }

  /** A file that SQLite itself finds damaged may be a copy without its `-wal`; an entry that was changed has nothing to do with that. */
  #explained(error: unknown): unknown {
    if (error instanceof AuditError) return error
    const explained = auditErrorOf(error, 'AUDIT_READ_FAILED', `${this.#path} could not be read`)
    if (explained.code !== 'AUDIT_CORRUPT' || lookAt(`${resolveLinks(this.#path)}-wal`)) return explained
    const hint = 'no -wal lies beside the file: if this is a copy, entries may be missing that stood there'
    return new AuditError('AUDIT_CORRUPT', `${explained.message}; ${hint}`, { cause: explained.cause })
  }
}

function connect(Database: DatabaseConstructor, path: string, main: FileIdentity): Source {
  const real = resolveLinks(path)
  assertOrdinary(real, true)
  if (isHeld(real) && isFilled(`${real}-shm`)) {
    const { database, files } = openForReading(Database, path, filesOf(path, main, 'AUDIT_READ_FAILED'))
    const isCurrent = () => {
      assertInPlace(path, files, 'AUDIT_READ_FAILED') // nobody removes them while this is open
      return true
    }
    return sourceOf(database, isCurrent, () => database.close())
  }
  const state = stateOf(real)
  const isCurrent = () => stateOf(real) === state && !(isHeld(real) && isFilled(`${real}-shm`))
  assertJournalIsHarmless(real)
  assertWalIsWhole(real)
  if (!hasCommits(`${real}-wal`)) {
    const database = openImmutable(real)
    if (database) return sourceOf(database, isCurrent, () => database.close())
  }
  assertWalBelongs(real)
  return copied(Database, real, isCurrent)
}

function sourceOf(database: ReadableDatabase, isCurrent: () => boolean, close: () => void): Source {
  try {
    if (readFormat(database) === 'empty') throw unsupported('there is no log in it yet')
    return { database, reader: new LogReader(database), isCopy: false, isCurrent, close }
  } catch (error) {
    close()
    throw error
  }
}

/** A copy of the file and its `-wal`, which takes no space if the file system can share it. */
function copied(Database: DatabaseConstructor, real: string, isCurrent: () => boolean): Source {
  const folder = mkdtempSync(join(tmpdir(), 'audit-')) // readable by this user only
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    const copy = join(folder, 'audit.db')
    for (const ending of ['', '-wal']) {
      if (isFilled(real + ending)) copyFileSync(real + ending, copy + ending, constants.COPYFILE_FICLONE)
    }
    const database = new Database(copy, { fileMustExist: true })
    const close = () => {
      database.close()
      remove()
    }
    return { ...sourceOf(database, isCurrent, close), isCopy: true }
  } catch (error) {
    remove()
    throw error
  }
}

/** Changes whenever anybody writes: the identity, size and time of the file and its `-wal`. */
function stateOf(real: string): string {
  return ['', '-wal', '-journal']
    .map(ending => {
      const stats = lookAt(real + ending)
      return stats && [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ')
    })
    .join('\n')
}
