import { lstatSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { formatBytes } from '../output/numbers.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { FoundFile } from './file-stats.ts'

/** What the header of an SQLite file says (SQLite file format, section 1.3). */
interface Header {
  readonly pageSize: number
  /** `undefined` if an old program wrote the file last, and did not keep it. */
  readonly pages: number | undefined
  readonly isWal: boolean
  readonly isUtf8: boolean
  readonly applicationId: string
  readonly version: number
}

const HEADER_BYTES = 100
const APPLICATION_ID = 'AUDT'
const FORMAT_VERSION = 1
/** A `-wal` that grows beyond this is not being moved into the file. */
const LARGE_WAL_BYTES = 256 * 1024 * 1024

/** Reads what can be known of an SQLite file without SQLite. Read it before a backend opens it: closing it drops locks. */
export async function examineSqliteFile(file: FoundFile): Promise<readonly Diagnosis[]> {
  const header = await readHeader(file.real)
  if (!header) {
    const message = 'it begins like an SQLite file, and ends before its header does'
    return [{ about: 'format', level: 'problem', message, advice: 'copy it again, or restore a backup' }]
  }
  const format = formatOf(header)
  if (header.applicationId !== APPLICATION_ID) return [format] // how another program keeps its file is no fault
  return [format, lengthOf(header, file), settingsOf(header), ...sideFilesOf(file, header)]
}

async function readHeader(path: string): Promise<Header | undefined> {
  await using file = await open(path, 'r')
  const { bytesRead, buffer } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0)
  if (bytesRead < HEADER_BYTES) return undefined
  const pageSize = buffer.readUInt16BE(16)
  return {
    pageSize: pageSize === 1 ? 65_536 : pageSize,
    pages: buffer.readUInt32BE(24) === buffer.readUInt32BE(92) ? buffer.readUInt32BE(28) : undefined,
    isWal: buffer[18] === 2,
    isUtf8: buffer.readUInt32BE(56) <= 1, // 0 while nothing was stored
    applicationId: buffer.toString('latin1', 68, 72),
    version: buffer.readUInt32BE(60),
  }
}

function formatOf({ applicationId, version }: Header): Diagnosis {
  const about = 'format'
  if (applicationId !== APPLICATION_ID) {
    return {
      about,
      level: 'problem',
      message: 'SQLite, but no log: it has no application id AUDT',
      advice:
        'if SynapseKit wrote it, import it with audit import; otherwise give the file that the application records into',
    }
  }
  if (version === FORMAT_VERSION) return { about, level: 'ok', message: `SQLite, format version ${version}` }
  return {
    about,
    level: 'problem',
    message: `SQLite, format version ${version}, which this version does not know`,
    advice: 'update @audit/cli',
  }
}

function lengthOf({ pageSize, pages }: Header, { real, stats }: FoundFile): Diagnosis {
  const about = 'length'
  const expected = pages === undefined ? undefined : pages * pageSize
  const size = Number(stats.size)
  if (expected === undefined || size >= expected || isFilled(`${real}-wal`)) {
    return {
      about,
      level: 'ok',
      message: `${size % pageSize === 0 ? 'whole' : 'not whole'} pages of ${formatBytes(pageSize)}`,
    }
  }
  return {
    about,
    level: 'problem',
    message: `it was cut: ${formatBytes(size)} of ${formatBytes(expected)} are there`,
    advice: 'keep it, and copy it again or restore a backup',
  }
}

function settingsOf({ isWal, isUtf8 }: Header): Diagnosis {
  const about = 'settings'
  if (!isUtf8)
    return { about, level: 'problem', message: 'its texts are not UTF-8', advice: 'restore a backup' }
  if (isWal)
    return {
      about,
      level: 'ok',
      message: 'write-ahead log, UTF-8; commits are synchronised by whoever records',
    }
  return {
    about,
    level: 'warning',
    message: 'it is not in WAL mode: somebody changed that, or it was restored from a dump',
    advice: 'nothing: the application switches it on when it opens the log',
  }
}

function sideFilesOf({ real }: FoundFile, { isWal }: Header): readonly Diagnosis[] {
  const about = 'side files'
  const found = ['-wal', '-shm', '-journal'].flatMap(ending => {
    const stats = lstatSync(real + ending, { throwIfNoEntry: false })
    return stats ? [{ ending, stats }] : []
  })
  const odd = found.find(({ stats }) => !stats.isFile() || stats.nlink > 1)
  if (odd) {
    const message = `${real}${odd.ending} is a link, a pipe or a folder`
    return [{ about, level: 'problem', message, advice: 'move it away' }]
  }
  const sizes = new Map(found.map(({ ending, stats }) => [ending, stats.size]))
  const listed = found.map(({ ending, stats }) => `${ending} ${formatBytes(stats.size)}`).join(', ') || 'none'
  const isOpen = isHeld(real)
  const state = isOpen ? 'a process has the log open' : 'no process has the log open'
  if ((sizes.get('-shm') ?? 0) > 0 && !sizes.has('-wal') && !isOpen) {
    return [
      {
        about,
        level: 'problem',
        message: `${listed}; ${real}-wal is missing, which may hold the newest entries`,
        advice: 'put the -wal back; if this is a copy, copy the -wal as well',
      },
    ]
  }
  if ((sizes.get('-journal') ?? 0) > 0) {
    return [
      {
        about,
        level: 'warning',
        message: `${listed}; a -journal is left, with which SQLite would take something back`,
        advice:
          'if the file was restored or copied here, move the -journal away; if not, keep a copy of all files',
      },
    ]
  }
  if ((sizes.get('-wal') ?? 0) > LARGE_WAL_BYTES) {
    return [
      {
        about,
        level: 'warning',
        message: `${listed}; ${state}: the -wal is not moved into the file`,
        advice: 'look for a reader that never ends, or restart the application',
      },
    ]
  }
  const isCopy = isWal && !isOpen && !sizes.has('-wal')
  const hint = isCopy ? '; if this is a copy of a log that was open, its -wal holds the newest entries' : ''
  return [{ about, level: isCopy ? 'note' : 'ok', message: `${listed}; ${state}${hint}` }]
}

/** Whether a process holds a lock on the file or its `-shm`. Only Linux can say so. */
function isHeld(path: string): boolean {
  try {
    const locks = readFileSync('/proc/locks', 'utf8')
    return [path, `${path}-shm`].some(each => {
      const ino = lstatSync(each, { throwIfNoEntry: false })?.ino
      return ino !== undefined && locks.includes(`:${ino} `)
    })
  } catch {
    return false
  }
}

function isFilled(path: string): boolean {
  return (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0
}
