import { createHash } from 'node:crypto'
import { constants, createReadStream, existsSync, statSync } from 'node:fs'
import { copyFile, open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { pipeline } from 'node:stream/promises'
import { TextDecoder } from 'node:util'
import { CommandError } from '../command-error.ts'
import type { FileLocation } from '../log/log-location.ts'
import { nodeSqlite } from '../log/node-sqlite.ts'
import { privateFolder } from '../private-folder.ts'
import type { Source, SourceItem } from './source.ts'
import { entryOfLine } from './source-line.ts'

const COLUMNS = [
  ...['entry_id', 'timestamp', 'user', 'model', 'input_text', 'output_text'],
  ...['cost_usd', 'latency_ms', 'metadata'],
] as const
/** Each column with its type, and a text as its bytes. */
const SELECTED = COLUMNS.map(
  column =>
    `CASE typeof(${column}) WHEN 'text' THEN CAST(${column} AS BLOB) ELSE ${column} END AS ${column}, typeof(${column}) AS "${column} type"`,
).join(', ')
/** So many rows are read at once. A writer that waits for the file gets its turn in between. */
const PAGE_ROWS = 1000
const BUSY_TIMEOUT_MS = 30_000
/** The write version in the header is 2 in WAL mode (SQLite file format, section 1.3.3). */
const WRITE_VERSION_OFFSET = 18

/** SynapseKit's SQLite file: a table `audit_log`, in whose rowid order it was recorded. */
export class SynapseKitSource implements Source {
  readonly name: string
  readonly format = 'synapsekit-sqlite'
  readonly findings = []
  readonly total: number
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #rowid: string
  readonly #decoder: TextDecoder
  readonly #remove: () => Promise<void>

  private constructor(path: string, database: DatabaseSync, rowid: string, remove: () => Promise<void>) {
    this.name = basename(path)
    this.#path = path
    this.#database = database
    this.#rowid = rowid
    this.#decoder = decoderOf(database)
    this.#remove = remove
    this.total = Number(database.prepare('SELECT count(*) AS n FROM audit_log').get()?.n ?? 0)
  }

  /** Opens the file, or a copy where SQLite would change something beside it. Throws CommandError for another database. */
  static async open({ path, name }: FileLocation): Promise<SynapseKitSource> {
    const { file, remove } = await harmlessPath(path)
    try {
      const { DatabaseSync } = nodeSqlite()
      const database = new DatabaseSync(file, { readOnly: file === path })
      database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA trusted_schema = OFF`)
      assertColumns(database, name)
      return new SynapseKitSource(path, database, rowidOf(database, name), remove)
    } catch (error) {
      await remove()
      throw error instanceof CommandError ? error : unreadable(name, error)
    }
  }

  async *items(): AsyncGenerator<SourceItem, void, undefined> {
    let read = 0
    for (let last: bigint | undefined; ; ) {
      const rows = this.#pageBehind(last)
      for (const row of rows) yield itemOf(row, this.#decoder)
      read += rows.length
      const next = rows.at(-1)?.row
      if (typeof next !== 'bigint') return this.#assertAll(read, last)
      last = next
    }
  }

  #pageBehind(last: bigint | undefined) {
    const rowid = this.#rowid
    const behind = last === undefined ? '' : `WHERE ${rowid} > ?`
    return this.#rows(
      `SELECT ${rowid} AS row, ${SELECTED} FROM audit_log ${behind} ORDER BY ${rowid} LIMIT ${PAGE_ROWS}`,
      last,
    )
  }

  /** A row that came in between those that were read, or that went away, must not be missed silently. */
  #assertAll(read: number, last: bigint | undefined): void {
    const rows =
      last === undefined
        ? this.#rows('SELECT count(*) AS n FROM audit_log')
        : this.#rows(`SELECT count(*) AS n FROM audit_log WHERE ${this.#rowid} <= ?`, last)
    if (rows[0]?.n === BigInt(read)) return
    throw new CommandError(
      `rows of ${this.name} were removed or inserted while it was read; end what changes it, and run the same command again`,
    )
  }

  #rows(sql: string, ...values: readonly (bigint | undefined)[]) {
    try {
      const statement = this.#database.prepare(sql)
      statement.setReadBigInts(true)
      return statement.all(...values.filter(value => value !== undefined))
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

function itemOf(row: Readonly<Record<string, unknown>>, decoder: TextDecoder): SourceItem {
  const where = `row ${row.row}`
  const values = new Map<string, unknown>()
  for (const column of COLUMNS) {
    const value = decoded(row[column], row[`${column} type`], decoder)
    if (value === UNDECODED)
      return { where, reason: `its ${column} is not ${decoder.encoding.toUpperCase()}` }
    values.set(column, value)
  }
  const entry = entryOfLine(lineOf(values))
  return 'reason' in entry ? { where, reason: entry.reason } : { where, entry }
}

const UNDECODED = Symbol('not text')

/** SQLite stores any bytes as a text, and Node.js would put U+FFFD in the place of those that are none. */
function decoded(value: unknown, type: unknown, decoder: TextDecoder): unknown {
  if (type !== 'text' || !(value instanceof Uint8Array)) return value
  try {
    return decoder.decode(value)
  } catch {
    return UNDECODED
  }
}

/** The bytes of a text as they are stored. */
function decoderOf(database: DatabaseSync): TextDecoder {
  const encoding = String(database.prepare('PRAGMA encoding').get()?.encoding ?? 'UTF-8')
  const label = { 'UTF-16le': 'utf-16le', 'UTF-16be': 'utf-16be' }[encoding] ?? 'utf-8'
  return new TextDecoder(label, { fatal: true, ignoreBOM: true })
}

/** The row as SynapseKit would write it into a JSONL file: both kinds of files are read by one rule. */
function lineOf(values: ReadonlyMap<string, unknown>): string {
  const members = COLUMNS.map(column => {
    const value = values.get(column)
    return `"${column}": ${column === 'metadata' ? metadataText(value) : valueText(value)}`
  })
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

/** What the order of recording is called: a column of the table may have taken one of its names, or all. */
function rowidOf(database: DatabaseSync, name: string): string {
  const columns = database.prepare('SELECT name FROM pragma_table_xinfo(?)').all('audit_log')
  const taken = new Set(columns.map(column => String(column.name).toLowerCase()))
  const list = database.prepare("SELECT type, wr FROM pragma_table_list WHERE schema = 'main' AND name = ?")
  const table = list.get('audit_log')
  const free = ['rowid', '_rowid_', 'oid'].find(alias => !taken.has(alias))
  if (free !== undefined && table?.type === 'table' && table.wr === 0) return free
  throw new CommandError(
    `audit_log in ${name} does not have the row numbers that SynapseKit's table has, so nobody knows the order of its entries; give the audit_log.db that SynapseKit wrote`,
  )
}

/**
 * Where SQLite can read the file without changing anything beside it: the file itself, or a copy of it and of what is left in
 * its `-wal` or `-journal`.
 */
async function harmlessPath(path: string) {
  const sides = ['-wal', '-journal'].filter(ending => isFilled(path + ending))
  if (sides.length === 0 && !(await isInWalMode(path))) return { file: path, remove: async () => {} }
  const folder = await privateFolder()
  const remove = () => folder[Symbol.asyncDispose]()
  try {
    const copy = join(folder.path, 'copy.db')
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
