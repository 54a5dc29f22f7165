import { closeSync, openSync } from 'node:fs'
import { endianness, uptime } from 'node:os'
import { AuditError } from '@audit/core'
import type { Database, DatabaseConstructor } from './driver.ts'
import { entriesOn, entryAt, newestEntry, type StoredEntry } from './entry-pages.ts'
import { codeOf, unsupported } from './failure.ts'
import { isHeld, isLocked } from './file-locks.ts'
import { lookAt, openFailed } from './log-file.ts'
import type { ReadableDatabase } from './readable-database.ts'
import { APPLICATION_ID, formatOf, INDEXES } from './schema.ts'
import {
  type CommittedPages,
  databasePages,
  FRAME_HEADER_BYTES,
  type ReadPage,
  readAt,
  WAL_HEADER_BYTES,
  withCommittedPages,
} from './write-ahead-log.ts'

// What lies beside a file changes it: SQLite puts a `-wal` over it, or takes it back to what a `-journal` says, whatever
// their origin. So both are looked at before SQLite gets to see them.

const ENDINGS = ['-wal', '-shm', '-journal'] as const
const ADVICE =
  'if the file was restored or copied here, move its -wal, -shm and -journal away first; if not, keep a copy of them all'
/** Up to this size, the whole of a file and its `-wal` is checked after a crash: some tenths of a second. */
const MAX_CHECKED_BYTES = 64 * 1024 * 1024
/** How long one process is waited for that is about to recover the file. */
const RECOVERY_MS = 2_000
const RETRY_MS = 5

/**
 * Makes sure that opening the log at this real path loses and mixes nothing, and changes no file until that is known.
 *
 * @throws AuditError `AUDIT_CORRUPT` for a `-wal` or a `-journal` that is not of this file as it is, and for a `-wal`
 *   that is gone; `AUDIT_OPEN_FAILED` for a FIFO, a folder, a link in their place; `AUDIT_UNSUPPORTED_FORMAT`.
 */
export function assertSideFiles(Database: DatabaseConstructor, path: string, timeoutMs: number): void {
  assertOrdinary(path)
  assertNoWalIsMissing(path)
  assertHolderHasWal(path)
  if (!isHeld(path)) assertWalIsWhole(path)
  if (isFilled(`${path}-journal`)) assertJournal(Database, path)
  if (!isFilled(`${path}-wal`)) return
  const mustBelong = !isHeld(path) // otherwise those who hold it have seen to that
  if (mustBelong) assertWalBelongs(path)
  const database = new Database(path, { readonly: true, timeout: timeoutMs })
  try {
    if (readFormat(database) !== 'log') return
    assertNewestAreFound(database)
    if (mustBelong && sizeOf(path) + sizeOf(`${path}-wal`) <= MAX_CHECKED_BYTES) assertSound(database)
  } catch (error) {
    if (codeOf(error) !== 'SQLITE_READONLY_ROLLBACK') throw error // a journal, which was looked at
  } finally {
    database.close()
  }
}

/** SQLite would wait for ever for somebody to write into a FIFO, and write through a link. */
export function assertOrdinary(path: string): void {
  for (const ending of ENDINGS) {
    const stats = lookAt(path + ending)
    if (!stats) continue
    if (!stats.isFile()) throw openFailed(`${path}${ending} is not a file; move it away`)
    if (stats.nlink > 1n)
      throw openFailed(`${path}${ending} is a hard link to a file of something else; move it away`)
  }
}

/**
 * SQLite makes a `-wal` before the `-shm`, and removes it after that. So a `-shm` alone means that a `-wal` was taken away,
 * unless it could not be removed, and says itself that all of the `-wal` stands in the file.
 */
export function assertNoWalIsMissing(path: string): void {
  if (lookAt(`${path}-wal`)) return
  const shm = lookAt(`${path}-shm`)
  if (!shm || shm.size === 0n || lookAt(`${path}-wal`) || lookAt(`${path}-shm`)?.ino !== shm.ino) return
  const index = isHeld(path) ? undefined : readWalIndex(`${path}-shm`)
  if (index && index.frames <= index.checkpointed) return
  throw new AuditError(
    'AUDIT_CORRUPT',
    `${path}-wal is missing, and with it the newest entries may be: put it back; or move the -shm away as well, to go on without them`,
  )
}

/**
 * Whoever has a log open has a `-wal` beside it. Where none is, it was removed, or the file was renamed or copied over under
 * that process, and this one would begin another. A process that is just opening or closing the file is waited for.
 */
function assertHolderHasWal(path: string): void {
  const deadline = performance.now() + RECOVERY_MS
  while (isLocked(path) && !lookAt(`${path}-wal`)) {
    if (performance.now() > deadline) {
      throw openFailed(
        `${path} is open in another process, but no -wal lies beside it: that was removed, or the file was renamed; end that process, keep a copy of all files, and put them back as they were`,
      )
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
  }
}

/**
 * A process that is killed leaves its `-shm`, which says how much of the `-wal` was committed (SQLite file format,
 * section 4.5, and walformat). One that is shorter was cut since. After a power loss the `-shm` may be of any age.
 */
export function assertWalIsWhole(path: string): void {
  const shm = lookAt(`${path}-shm`)
  if (!shm || Number(shm.mtimeMs) < Date.now() - uptime() * 1000) return
  const index = readWalIndex(`${path}-shm`)
  if (!index || index.frames <= index.checkpointed) return
  const needed = WAL_HEADER_BYTES + index.frames * (FRAME_HEADER_BYTES + index.pageSize)
  if (
    sizeOf(`${path}-wal`) >= needed &&
    readHead(`${path}-wal`, WAL_HEADER_BYTES)?.subarray(16, 24).equals(index.salts)
  )
    return
  throw new AuditError(
    'AUDIT_CORRUPT',
    `${path}-wal is not the one that the last process committed to, or was cut: entries would be missing; ${ADVICE}`,
  )
}

interface WalIndex {
  /** Frames of the `-wal` that are committed. */
  readonly frames: number
  /** Of these, how many stand in the file as well. */
  readonly checkpointed: number
  readonly pageSize: number
  readonly salts: Buffer
}

/** Reads the header of a `-shm`, which nobody uses: closing it drops the locks that this process has on it. */
function readWalIndex(path: string): WalIndex | undefined {
  const head = readHead(path, WAL_INDEX_BYTES)
  const copy = head?.subarray(0, WAL_INDEX_HEADER_BYTES)
  if (!head || !copy?.equals(head.subarray(WAL_INDEX_HEADER_BYTES, 2 * WAL_INDEX_HEADER_BYTES)))
    return undefined
  const read = (offset: number) => (IS_LITTLE ? head.readUInt32LE(offset) : head.readUInt32BE(offset))
  const pageSize = IS_LITTLE ? head.readUInt16LE(14) : head.readUInt16BE(14)
  if (read(0) !== WAL_INDEX_VERSION || head[12] !== 1 || pageSize < 512) return undefined
  return { frames: read(16), checkpointed: read(96), pageSize, salts: head.subarray(32, 40) }
}

function readHead(path: string, length: number): Buffer | undefined {
  const file = openSync(path, 'r')
  try {
    return readAt(file, 0, length)
  } finally {
    closeSync(file)
  }
}

/** Whether the database is a log, or still empty. */
export function readFormat(database: ReadableDatabase): 'empty' | 'log' {
  try {
    return formatOf(database)
  } catch (error) {
    if (codeOf(error) !== 'SQLITE_NOTADB') throw error
    throw unsupported('it is no SQLite database; give another path', error)
  }
}

/**
 * A log has a rollback journal while it is created, and when somebody switched it away from its write-ahead log. While it
 * holds no entry, a rollback can lose none.
 */
function assertJournal(Database: DatabaseConstructor, path: string): void {
  const deadline = performance.now() + RECOVERY_MS
  while (isHot(Database, path)) {
    if (!isHeld(path)) {
      assertHoldsNothing(path)
      return
    }
    if (performance.now() > deadline) throw strangeJournal(path)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
  }
}

/** Whether SQLite would roll the file back: then nobody is writing it. */
function isHot(Database: DatabaseConstructor, path: string): boolean {
  const database = new Database(path, { readonly: true })
  try {
    readFormat(database)
    return false
  } catch (error) {
    if (codeOf(error) !== 'SQLITE_READONLY_ROLLBACK') throw error
    return true
  } finally {
    database.close()
  }
}

/** For one who does not let SQLite see the journal: there must not be entries that it would change. */
export function assertJournalIsHarmless(path: string): void {
  if (isFilled(`${path}-journal`)) assertHoldsNothing(path)
}

function assertHoldsNothing(path: string): void {
  withDatabasePages(path, (header, read) => {
    const wasEverCommitted = header?.readUInt32BE(CHANGE_COUNTER_OFFSET) !== 0
    if (!wasEverCommitted && wasEmptyBefore(`${path}-journal`)) return
    if (header && header.readInt32BE(APPLICATION_ID_OFFSET) !== APPLICATION_ID)
      throw unsupported('it is a database that its own program has yet to recover; give another path')
    const root = read(2)
    if (root?.some(byte => byte !== 0) && tryRead(() => newestEntry(read)) !== undefined)
      throw strangeJournal(path)
  })
}

/** Whether a crash came while the file was being created, by what its journal says of its size (file format, section 3). */
function wasEmptyBefore(journal: string): boolean {
  const file = openSync(journal, 'r')
  try {
    const header = readAt(file, 0, JOURNAL_PAGES_OFFSET + 4)
    if (!header?.subarray(0, JOURNAL_MAGIC.length).equals(JOURNAL_MAGIC)) return false
    return header.readUInt32BE(JOURNAL_PAGES_OFFSET) === 0
  } finally {
    closeSync(file)
  }
}

function strangeJournal(path: string): AuditError {
  return new AuditError(
    'AUDIT_CORRUPT',
    `beside ${path} lies a -journal, by which SQLite would take entries out of it: ${ADVICE}`,
  )
}

/**
 * Compares the file alone with the file under its `-wal`. In the latter, each entry that the former shows must be the same,
 * as far as its page would be replaced, or it is the newest; and behind them each further entry must be there.
 */
export function assertWalBelongs(path: string): void {
  if (!isFilled(`${path}-wal`)) return
  withCommittedPages(`${path}-wal`, wal => {
    if (!wal) return
    withDatabasePages(path, (header, read, pageSize) => {
      if (header?.readInt32BE(APPLICATION_ID_OFFSET) !== APPLICATION_ID) return
      const belongs = wal.pageSize === pageSize && tryRead(() => isContinuedBy(read, wal))
      if (belongs === true) return
      throw new AuditError(
        'AUDIT_CORRUPT',
        `${path}-wal does not continue ${path}: together they would lose or mix entries; ${ADVICE}`,
      )
    })
  })
}

/** Whether SQLite would put anything of this `-wal` over its file. */
export function hasCommits(wal: string): boolean {
  return isFilled(wal) && withCommittedPages(wal, pages => pages !== undefined)
}

function isContinuedBy(alone: ReadPage, wal: CommittedPages): boolean {
  const together: ReadPage = page => (page > wal.pageCount ? undefined : (wal.read(page) ?? alone(page)))
  const [first, header] = [alone(1), together(1)]
  if (header?.readInt32BE(APPLICATION_ID_OFFSET) !== APPLICATION_ID) return false
  // It only grows. VACUUM adds to it, so a backup that was made so is ahead of the old `-wal`.
  if (first && first.readUInt32BE(SCHEMA_COOKIE_OFFSET) > header.readUInt32BE(SCHEMA_COOKIE_OFFSET))
    return false
  const isKept = ({ index, bytes }: StoredEntry) => entryAt(together, index)?.bytes.equals(bytes) === true
  // A checkpoint that was cut off leaves a file that cannot be read alone.
  const newest = tryRead(() => newestEntry(alone))
  if (typeof newest === 'object' && !isKept(newest)) return false
  for (const number of wal.numbers) {
    const [before, after] = [alone(number), wal.read(number)]
    if (before && !entriesOn(before).every(isKept)) return false
    for (const entry of after ? entriesOn(after) : []) {
      if (!isKept(entry)) return false
      if (entry.index > 0 && !entryAt(together, entry.index - 1)) return false
    }
  }
  return true
}

/** Another log of just this size would leave its own ids in the index. */
function assertNewestAreFound(database: Database): void {
  const text = `SELECT count(*) FROM (SELECT "index" AS i, entry_id AS id FROM audit_log ORDER BY "index" DESC LIMIT 100)
    WHERE i IS NOT (SELECT "index" FROM audit_log INDEXED BY ${INDEXES.entryId} WHERE entry_id = id)`
  if (database.prepare<[], number>(text).pluck().get() === 0) return
  throw new AuditError('AUDIT_CORRUPT', `the file and its -wal are not of one log: ${ADVICE}`)
}

/** A backup that was made anew, as by VACUUM INTO, has other pages, which the old `-wal` would be mixed with. */
function assertSound(database: Database): void {
  const fault = database.prepare<[], string>('PRAGMA integrity_check(1)').pluck().get()
  if (fault === 'ok') return
  throw new AuditError(
    'AUDIT_CORRUPT',
    `the file and its -wal do not make a sound database (${fault}): ${ADVICE}`,
  )
}

/** It is in the byte order of the machine. */
const IS_LITTLE = endianness() === 'LE'
const WAL_INDEX_VERSION = 3_007_000
const WAL_INDEX_HEADER_BYTES = 48
const WAL_INDEX_BYTES = 100
const JOURNAL_MAGIC = Buffer.from('d9d505f920a163d7', 'hex')
const JOURNAL_PAGES_OFFSET = 16
const CHANGE_COUNTER_OFFSET = 24
const SCHEMA_COOKIE_OFFSET = 40
const APPLICATION_ID_OFFSET = 68
const PAGE_SIZE_OFFSET = 16
const HEADER_BYTES = 100

/**
 * Reads the file beside SQLite, which is only done when nobody has it open: closing it again drops the locks that this
 * process has on it.
 */
function withDatabasePages(
  path: string,
  use: (header: Buffer | undefined, read: ReadPage, pageSize: number) => void,
): void {
  const file = openSync(path, 'r')
  try {
    const header = readAt(file, 0, HEADER_BYTES)
    const stored = header?.readUInt16BE(PAGE_SIZE_OFFSET) ?? 0
    const pageSize = stored === 1 ? 65_536 : stored // it does not fit into 16 bits
    use(header, pageSize < 512 ? () => undefined : databasePages(file, pageSize), pageSize)
  } finally {
    closeSync(file)
  }
}

/** What pages say, or `'broken'`: they are anything at all. */
function tryRead<T>(read: () => T): T | 'broken' {
  try {
    return read()
  } catch (error) {
    if (codeOf(error)?.startsWith('E') && !codeOf(error)?.startsWith('ERR_')) throw error
    return 'broken'
  }
}

/** Whether a file is there that is not empty. */
export function isFilled(path: string): boolean {
  return sizeOf(path) > 0
}

function sizeOf(path: string): number {
  return Number(lookAt(path)?.size ?? 0n)
}
