import { open, stat } from 'node:fs/promises'
import { CommandError } from '../command-error.ts'
import { isLink } from '../symbolic-link.ts'
import type { FileLocation } from './log-location.ts'

/** How a file holds a log. */
export type FileFormat = 'sqlite' | 'jsonl'

const SQLITE = Buffer.from('SQLite format 3\0')
const GZIP = Buffer.from([0x1f, 0x8b])
/** The first bytes of `<path>-wal`, but for the last bit (SQLite file format, section 4.1). */
const WRITE_AHEAD_LOG = Buffer.from([0x37, 0x7f, 0x06])
/** So much of a file is looked at: a damaged JSONL file has a line that looks like an entry somewhere in it. */
const BEGINNING_BYTES = 256 * 1024

/**
 * Tells by its content how a file holds a log. It never waits, as the opening of a FIFO would.
 *
 * @throws CommandError for what is certainly no log: nothing, a folder, a FIFO, an empty file that is not named as JSONL, another
 *   format.
 */
export async function fileFormatOf({ path, name }: FileLocation): Promise<FileFormat> {
  await assertFile(path, name)
  const beginning = await beginningOf(path, name)
  if (beginning.length === 0 && isJsonlName(path)) return 'jsonl' // as it is created, before anything is recorded
  if (beginning.length === 0) {
    throw new CommandError(
      `${name} is empty and holds no log; give the file that the application records into`,
    )
  }
  if (beginning.subarray(0, SQLITE.length).equals(SQLITE)) return 'sqlite'
  if (beginning.length < SQLITE.length && SQLITE.subarray(0, beginning.length).equals(beginning)) {
    throw new CommandError(
      `${name} ends after ${beginning.length} bytes: only the beginning of an SQLite file was copied; copy it again`,
    )
  }
  if (beginning.subarray(0, 3).equals(WRITE_AHEAD_LOG)) {
    throw new CommandError(
      `${name} is the write-ahead log of an SQLite file; give ${name.replace(/-wal$/, '')} itself`,
    )
  }
  if (beginning.subarray(0, GZIP.length).equals(GZIP)) {
    throw new CommandError(`${name} is compressed; run gunzip < ${name} | audit … -, with - as the log`)
  }
  if (hasEntryLine(beginning)) return 'jsonl'
  throw new CommandError(
    `${name} is neither an SQLite nor a JSONL log; give the file that the application records into`,
  )
}

/**
 * Whether a JSONL file was written by another program, such as SynapseKit: Python writes a blank behind each colon, and a
 * canonical line has none.
 */
export async function isForeignJsonl({ path, name }: FileLocation): Promise<boolean> {
  return /^(?:\u00ef\u00bb\u00bf)?[ \t]*\{[ \t]*"[^"]*"[ \t]*:[ \t]/.test(
    (await beginningOf(path, name)).toString('latin1'),
  )
}

/** Whether a file of this name holds JSON Lines. */
export function isJsonlName(path: string): boolean {
  return /\.(jsonl|ndjson)$/i.test(path)
}

async function assertFile(path: string, name: string): Promise<void> {
  const stats = await stat(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'ELOOP') {
      throw new CommandError(`${name} is a symbolic link that leads back to itself; give the log's own path`)
    }
    if (error.code === 'ENOENT' && (await isLink(path))) {
      throw new CommandError(`${name} is a symbolic link to nothing; put the file back, or mend the link`)
    }
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      throw new CommandError(`${name} does not exist; check the path, which counts from the current folder`)
    }
    throw new CommandError(`${name} cannot be looked at: ${error.code ?? error.message}; ask its owner`)
  })
  if (stats.isDirectory())
    throw new CommandError(`${name} is a folder; give the log's file in it, such as audit.db`)
  if (!stats.isFile())
    throw new CommandError(`${name} is not a file but a pipe or a device; give the log's file`)
}

async function beginningOf(path: string, name: string): Promise<Buffer> {
  try {
    await using file = await open(path, 'r')
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BEGINNING_BYTES), 0, BEGINNING_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } catch (error) {
    const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error))
    throw new CommandError(`${name} cannot be read: ${code ?? message}; ask its owner for permission`)
  }
}

/** Whether a line is an object with the key of an entry's id, whatever else is in the file, and in whatever order. */
function hasEntryLine(beginning: Buffer): boolean {
  return /^(?:\u00ef\u00bb\u00bf)?[ \t]*\{.*"entry_id"[ \t]*:/m.test(beginning.toString('latin1'))
}
