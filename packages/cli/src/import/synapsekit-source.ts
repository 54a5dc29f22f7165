import { createHash } from 'node:crypto'
import { constants, createReadStream, existsSync, statSync } from 'node:fs'
import { copyFile, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { pipeline } from 'node:stream/promises'
import { CommandError } from '../command-error.ts'
import type { FileLocation } from '../log/log-location.ts'
import type { Source, SourceItem } from './source.ts'
import { entryOfLine } from './source-line.ts'

const COLUMNS = [
  ...['entry_id', 'timestamp', 'user', 'model', 'input_text', 'output_text'],
  ...['cost_usd', 'latency_ms', 'metadata'],
] as const
/** So many rows are read at once. A writer that waits for the file gets its turn in between. */
const PAGE_ROWS = 1000
const BUSY_TIMEOUT_MS = 30_000
/** The write version in the header is 2 in WAL mode (SQLite file format, section 1.3.3). */
const WRITE_VERSION_OFFSET = 18

/** SynapseKit's SQLite file: a table `audit_log`, in whose rowid order it was recorded. */
export class SynapseKitSource implements Source {
  readonly name: string
  readonly format = 'synapsekit-sqlite'
  readonly total: number
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #remove: () => Promise<void>

  private constructor(path: string, database: DatabaseSync, remove: () => Promise<void>) {
    this.name = basename(path)
    this.#path = path
    this.#database = database
    this.#remove = remove
    this.total = Number(database.prepare('SELECT count(*) AS n FROM audit_log').get()?.n ?? 0)
  }

  /** Opens the file, or a copy where SQLite would change something beside it. Throws CommandError for another database. */
  static async open({ path, name }: FileLocation): Promise<SynapseKitSource> {
    const { file, remove } = await harmlessPath(path)
    try {
      const { DatabaseSync } = loadQuietly()
      const database = new DatabaseSync(file, { readOnly: file === path })
      database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA trusted_schema = OFF`)
      assertColumns(database, name)
      return new SynapseKitSource(path, database, remove)
    } catch (error) {
      await remove()
      throw error instanceof CommandError ? error : unreadable(name, error)
    }
  }

  async *items(): AsyncGenerator<SourceItem, void, undefined> {
    let last = -(2n ** 63n)
    for (;;) {
      const rows = this.#pageBehind(last)
      for (const row of rows) {
        const entry = entryOfLine(lineOf(row))
        const where = `row ${row.row}`
        yield 'reason' in entry ? { where, reason: entry.reason } : { where, entry }
      }
      const next = rows.at(-1)?.row
      if (typeof next !== 'bigint') return
      last = next
    }
  }

  #pageBehind(last: bigint) {
    try {
      const page = this.#database.prepare(
        `SELECT rowid AS row, ${COLUMNS.join(', ')} FROM audit_log WHERE rowid > ? ORDER BY rowid LIMIT ${PAGE_ROWS}`,
      )
      page.setReadBigInts(true)
      return page.all(last)
    } catch (error) {
      throw unreadable(this.name, error)
    }
  }

  async sha256(): Promise<string> {
    const hash = createHash('sha256')
    await pipeline(createReadStream(this.#path), hash)
    return hash.digest('hex')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#database.close()
    await this.#remove()
  }
}

function unreadable(name: string, error: unknown): CommandError {
  const reason = error instanceof Error ? error.message : String(error)
  return new CommandError(`${name} cannot be read as an SQLite database: ${reason}; import a backup of it`)
}

/** The row as SynapseKit would write it into a JSONL file: both kinds of files are read by one rule. */
function lineOf(row: Readonly<Record<string, unknown>>): string {
  const members = COLUMNS.map(
    column => `"${column}": ${column === 'metadata' ? metadataText(row[column]) : valueText(row[column])}`,
  )
  return `{${members.join(', ')}}`
}

function valueText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return JSON.stringify(value ?? null) // a blob becomes an object, which is no value of an entry
}

function metadataText(value: unknown): string {
  if (value === null) return '{}'
  return typeof value === 'string' && value.trim() !== '' ? value : valueText(value)
}

function assertColumns(database: DatabaseSync, name: string): void {
  const found = database.prepare('SELECT name FROM pragma_table_info(?)').all('audit_log')
  const names = new Set(found.map(column => column.name))
  if (COLUMNS.every(column => names.has(column))) return
  throw new CommandError(
    `${name} is a database of something else: it has no table audit_log with the columns of SynapseKit 1.6; give its audit_log.db`,
  )
}

/**
 * Where SQLite can read the file without changing anything beside it: the file itself, or a copy of it and of what is left in
 * its `-wal` or `-journal`.
 */
async function harmlessPath(path: string) {
  const sides = ['-wal', '-journal'].filter(ending => isFilled(path + ending))
  if (sides.length === 0 && !(await isInWalMode(path))) return { file: path, remove: async () => {} }
  const folder = await mkdtemp(join(tmpdir(), 'audit-')) // readable by this user only
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const copy = join(folder, 'copy.db')
    for (const ending of ['', ...sides]) {
      await copyFile(path + ending, copy + ending, constants.COPYFILE_FICLONE)
    }
    return { file: copy, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function isInWalMode(path: string): Promise<boolean> {
  await using file = await open(path, 'r')
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, WRITE_VERSION_OFFSET)
  return buffer[0] === 2
}

function isFilled(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0
}

/** Node.js warns that the module is experimental when it is first loaded. */
function loadQuietly(): typeof import('node:sqlite') {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}
