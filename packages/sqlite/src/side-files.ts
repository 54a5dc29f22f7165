import { closeSync, openSync } from 'node:fs'
import { endianness, uptime } from 'node:os'
import { AuditError } from '@audit/core'
import type { Database, DatabaseConstructor } from './driver.ts'
import { entriesOn, entryAt, newestEntry, type StoredEntry } from './entry-pages.ts'
import { codeOf, unsupported } from './failure.ts'
import { isHeld, isLocked } from './file-locks.ts'
import { assertPermitted, lookAt, openFailed } from './log-file.ts'
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

// Files beside the log change it: SQLite applies a `-wal` to it, or rolls it back to what a `-journal` says, whatever
// their origin. So both are checked before SQLite sees them.

const ENDINGS = ['-wal', '-shm', '-journal'] as const
const ADVICE =
  'if the file was restored or copied here, move its -wal, -shm and -journal away first; if not, keep a copy of them all'
/** Up to this size, a file and its `-wal` are checked completely after a crash: some tenths of a second. */
const MAX_CHECKED_BYTES = 64 * 1024 * 1024
/** How long to wait for a process that is about to recover the file. */
const RECOVERY_MS = 2_000
const RETRY_MS = 5

/**
 * Checks that opening the log at this real path loses and mixes nothing, before any file is changed.
 *
 * @throws AuditError `AUDIT_CORRUPT` for a `-wal` or a `-journal` that does not belong to this state of the file, and for a
 *   missing `-wal`; `AUDIT_OPEN_FAILED` for a FIFO, a folder or a link in their place, and without permission; `AUDIT_UNSUPPORTED_FORMAT`.
 */
export function assertSideFiles(Database: DatabaseConstructor, path: string, timeoutMs: number): void {
  assertOrdinary(path, false)
  assertNoWalIsMissing(path)
  assertHolderHasWal(path)
  if (!isHeld(path)) assertWalIsWhole(path)
  if (isFilled(`${path}-journal`)) assertJournal(Database, path)
  if (!isFilled(`${path}-wal`)) return
  const mustBelong = !isHeld(path) // otherwise the process that has it open has checked this
  if (mustBelong) assertWalBelongs(path)
  const database = new Database(path, { readonly: true, timeout: timeoutMs })
  try {
    if (readFormat(database) !== 'log') return
    assertNewestAreFound(database)
    if (mustBelong && sizeOf(path) + sizeOf(`${path}-wal`) <= MAX_CHECKED_BYTES) assertSound(database)
  } catch (error) {
    if (codeOf(error) !== 'SQLITE_READONLY_ROLLBACK') throw error // a journal, which was already checked
  } finally {
    database.close()
  }
}

/** SQLite would wait forever on a FIFO, and write through a link. Also throws for a file that this process may not use. */
export function assertOrdinary(path: string, isReadOnly: boolean): void {
  for (const ending of ENDINGS) {
    const stats = lookAt(path + ending)
    if (!stats) continue
    if (!stats.isFile()) throw openFailed(`${path}${ending} is not a file; move it away`)
    if (stats.nlink > 1n) throw openFailed(`${path}${ending} is a hard link to another file; move it away`)
    assertPermitted(path + ending, isReadOnly)
  }
}

/**
 * SQLite creates the `-wal` before the `-shm`, and removes it after that. So a `-shm` alone means that somebody removed the
 * `-wal`, unless the `-shm` could not be removed and says itself that the file holds all of the `-wal`.
 */
export function assertNoWalIsMissing(path: string): void {
  if (lookAt(`${path}-wal`)) return
  const shm = lookAt(`${path}-shm`)
  if (!shm || shm.size === 0n || lookAt(`${path}-wal`) || lookAt(`${path}-shm`)?.ino !== shm.ino) return
  const index = isHeld(path) ? undefined : readWalIndex(`${path}-shm`)
  if (index && index.frames <= index.checkpointed) return
  throw new AuditError(
    'AUDIT_CORRUPT',
    `${path}-wal is missing, and may hold the newest entries: put it back, or move the -shm away too, to continue without them`,
  )
}

/**
 * A process that has a log open has a `-wal` beside it. If there is none, somebody removed it, or renamed or replaced the
 * file, and this process would start another. Waits for a process that is just opening or closing the file.
 */
function assertHolderHasWal(path: string): void {
  const deadline = performance.now() + RECOVERY_MS
  while (isLocked(path) && !lookAt(`${path}-wal`)) {
    if (performance.now() > deadline) {
      throw openFailed(
        `${path} is open in another process, but there is no -wal beside it: it was removed, or the file was renamed; end that process, keep a copy of all files, and put them back in place`,
      )
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
  }
}

/**
 * A killed process leaves its `-shm`, which says how much of the `-wal` was committed (SQLite file format, section 4.5, and
 * walformat). A shorter `-wal` was cut since. After power loss, the `-shm` may have any age.
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
    `${path}-wal is not the one that the last process committed to, or was cut, so entries would be missing; ${ADVICE}`,
  )
}

interface WalIndex {
  /** Frames of the `-wal` that are committed. */
  readonly frames: number
  /** How many of these are in the file too. */
  readonly checkpointed: number
  readonly pageSize: number
  readonly salts: Buffer
}

/** Reads the header of a `-shm` that nobody uses: closing it drops this process's locks on it. */
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
 * A log has a rollback journal while it is created, and if somebody switched off its WAL mode. While it holds no entry, a
 * rollback can lose none.
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

/** Whether SQLite would roll the file back, which also means that nobody is writing it. */
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

/** For readers that hide the journal from SQLite: it must not change any entry. */
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

/** Whether the file was being created when a crash came, according to the size in its journal (file format, section 3). */
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
    `there is a -journal beside ${path}, with which SQLite would remove entries from it: ${ADVICE}`,
  )
}

/**
 * Compares the file alone with the file and its `-wal` together. The newest entry of the file, and each entry whose page
 * would be replaced, must be the same in both; after them, no entry may be missing.
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

/** Whether SQLite would apply anything of this `-wal` to its file. */
export function hasCommits(wal: string): boolean {
  return isFilled(wal) && withCommittedPages(wal, pages => pages !== undefined)
}

function isContinuedBy(alone: ReadPage, wal: CommittedPages): boolean {
  const together: ReadPage = page => (page > wal.pageCount ? undefined : (wal.read(page) ?? alone(page)))
  const [first, header] = [alone(1), together(1)]
  if (header?.readInt32BE(APPLICATION_ID_OFFSET) !== APPLICATION_ID) return false
  // It only grows. VACUUM increases it, so a backup by VACUUM is ahead of the old `-wal`.
  if (first && first.readUInt32BE(SCHEMA_COOKIE_OFFSET) > header.readUInt32BE(SCHEMA_COOKIE_OFFSET))
    return false
  const isKept = ({ index, bytes }: StoredEntry) => entryAt(together, index)?.bytes.equals(bytes) === true
  // An interrupted checkpoint leaves a file that cannot be read alone.
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

/** Another log of the same size would leave its own ids in the SQL index. */
function assertNewestAreFound(database: Database): void {
  const text = `SELECT count(*) FROM (SELECT "index" AS i, entry_id AS id FROM audit_log ORDER BY "index" DESC LIMIT 100)
    WHERE i IS NOT (SELECT "index" FROM audit_log INDEXED BY ${INDEXES.entryId} WHERE entry_id = id)`
  if (database.prepare<[], number>(text).pluck().get() === 0) return
  throw new AuditError('AUDIT_CORRUPT', `the file and its -wal belong to different logs: ${ADVICE}`)
}

/** A rebuilt backup, as by VACUUM INTO, has other pages, with which the old `-wal` would be mixed. */
function assertSound(database: Database): void {
  const fault = database.prepare<[], string>('PRAGMA integrity_check(1)').pluck().get()
  if (fault === 'ok') return
  throw new AuditError(
    'AUDIT_CORRUPT',
    `the file and its -wal do not form a sound database (${fault}): ${ADVICE}`,
  )
}

/** The `-shm` is in the byte order of the machine. */
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
 * Reads the file without SQLite. Only for a file that nobody has open, because closing it drops this process's locks on
 * it.
 */
function withDatabasePages(
  path: string,
  use: (header: Buffer | undefined, read: ReadPage, pageSize: number) => void,
): void {
  const file = openSync(path, 'r')
  try {
    const header = readAt(file, 0, HEADER_BYTES)
    const stored = header?.readUInt16BE(PAGE_SIZE_OFFSET) ?? 0
    const pageSize = stored === 1 ? 65_536 : stored // 65,536 does not fit into 16 bits
    use(header, pageSize < 512 ? () => undefined : databasePages(file, pageSize), pageSize)
  } finally {
    closeSync(file)
  }
}

/** The result of reading pages, or `'broken'`, because they may hold anything. */
function tryRead<T>(read: () => T): T | 'broken' {
  try {
    return read()
  } catch (error) {
    if (codeOf(error)?.startsWith('E') && !codeOf(error)?.startsWith('ERR_')) throw error
    return 'broken'
  }
}

/** Whether a file exists and is not empty. */
export function isFilled(path: string): boolean {
  return sizeOf(path) > 0
}

function sizeOf(path: string): number {
  return Number(lookAt(path)?.size ?? 0n)
}
