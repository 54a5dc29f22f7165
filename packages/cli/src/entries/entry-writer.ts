import type { AuditEntry } from '@audit/core'
import { type Command, Option } from 'commander'
import type { Context } from '../context.ts'
import { note } from '../output/note.ts'
import { safeJson, safeJsonText } from '../output/safe-text.ts'
import type { Table } from '../output/table.ts'
import { clockOf } from '../output/times.ts'
import {
  COLUMN_NAMES,
  DEFAULT_COLUMNS,
  type EntryColumn,
  entryColumns,
  isMetadataKey,
} from './entry-column.ts'
import { indexFirst } from './entry-json.ts'

/** The options that say how entries are written, as commander gives them. */
export interface EntryFormatOptions {
  readonly columns?: string
  readonly json?: boolean
  readonly lines?: boolean
  readonly local?: boolean
  readonly sessionKey?: string
}

/** Adds the options that say how entries are written. */
export function addEntryFormatOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--columns <names>',
        `what to show of each entry: ${COLUMN_NAMES.join(', ')}, or any key of the metadata`,
      ).conflicts('lines'),
    )
    .option('--json', 'write JSON Lines, as a pipe gets them')
    .addOption(new Option('--lines', 'write the canonical lines, byte for byte').conflicts('json'))
}

/** Writes entries to standard output: as a table to a terminal, as JSON Lines to a pipe. */
export interface EntryWriter {
  write(entry: AuditEntry): Promise<void>
  /** Writes what was held back to find out how wide the columns are. From then on, nothing is held back. */
  settle(): Promise<void>
}

/** Makes the writer that the options and the output ask for. Throws CommandError for an invalid `--columns`. */
export async function entryWriter(context: Context, options: EntryFormatOptions): Promise<EntryWriter> {
  if (options.lines) {
    const { encodeLine } = await import('@audit/core/backend')
    return new LineWriter(context, encodeLine)
  }
  const { columns: names, sessionKey } = options
  const columns = entryColumns(names ?? DEFAULT_COLUMNS, { clock: clockOf(context, options), sessionKey })
  const writer =
    !options.json && context.stdout.isTerminal
      ? new TableWriter(context, columns)
      : new JsonWriter(context, names === undefined ? undefined : columns)
  return names === undefined ? writer : new WatchfulWriter(context, writer, columns)
}

/** Says which keys of the metadata no entry had: a name that was mistyped looks like a value that is unknown. */
class WatchfulWriter implements EntryWriter {
  readonly #context: Context
  readonly #writer: EntryWriter
  #unseen: readonly EntryColumn[]
  #written = 0

  constructor(context: Context, writer: EntryWriter, columns: readonly EntryColumn[]) {
    this.#context = context
    this.#writer = writer
    this.#unseen = columns.filter(({ name }) => isMetadataKey(name))
  }

  async write(entry: AuditEntry): Promise<void> {
    this.#written++
    this.#unseen = this.#unseen.filter(({ jsonOf }) => jsonOf(entry) === null)
    await this.#writer.write(entry)
  }

  async settle(): Promise<void> {
    await this.#writer.settle()
    if (this.#written === 0 || this.#unseen.length === 0) return
    const names = this.#unseen.map(({ name }) => name).join(', ')
    await note(
      this.#context,
      `no entry here has ${names} in its metadata; columns are ${COLUMN_NAMES.join(', ')}, or keys of the metadata`,
    )
  }
}

/** RFC 8785, byte for byte, but for what a terminal would obey. */
class LineWriter implements EntryWriter {
  readonly #context: Context
  readonly #encode: (entry: AuditEntry) => string
  #escaped = 0

  constructor(context: Context, encode: (entry: AuditEntry) => string) {
    this.#context = context
    this.#encode = encode
  }

  async write(entry: AuditEntry): Promise<void> {
    const { stdout } = this.#context
    const line = this.#encode(entry)
    const shown = stdout.isTerminal ? safeJsonText(line) : line
    if (shown !== line) this.#escaped++
    await stdout.line(shown)
  }

  async settle(): Promise<void> {
    if (this.#escaped === 0) return
    await note(
      this.#context,
      `${this.#escaped} of these lines hold characters that a terminal may obey; they are escaped here, and not in a pipe`,
    )
  }
}

class JsonWriter implements EntryWriter {
  readonly #context: Context
  readonly #columns: readonly EntryColumn[] | undefined

  constructor(context: Context, columns: readonly EntryColumn[] | undefined) {
    this.#context = context
    this.#columns = columns
  }

  write(entry: AuditEntry): Promise<void> {
    const values = this.#columns?.map(({ name, jsonOf }): [string, unknown] => [name, jsonOf(entry)])
    return this.#context.stdout.line(safeJson(values ? Object.fromEntries(values) : indexFirst(entry)))
  }

  async settle(): Promise<void> {}
}

/** So many rows decide how wide the columns are. */
const SAMPLE = 100

class TableWriter implements EntryWriter {
  readonly #context: Context
  readonly #columns: readonly EntryColumn[]
  #held: (readonly string[])[] = []
  #table: Table | undefined
  #hasHeader = false

  constructor(context: Context, columns: readonly EntryColumn[]) {
    this.#context = context
    this.#columns = columns
  }

  async write(entry: AuditEntry): Promise<void> {
    this.#held.push(this.#columns.map(({ textOf }) => textOf(entry)))
    if (this.#table || this.#held.length === SAMPLE) await this.settle()
  }

  async settle(): Promise<void> {
    const isFirst = this.#table === undefined
    const table = this.#table ?? (await this.#newTable())
    if (!this.#hasHeader && this.#held.length > 0) await table.writeHeader()
    this.#hasHeader ||= this.#held.length > 0
    await table.writeRows(this.#held)
    this.#held = []
    if (!isFirst || table.hidden.length === 0) return
    await note(this.#context, `not shown: ${table.hidden.join(', ')} (--columns chooses)`)
  }

  async #newTable(): Promise<Table> {
    const { Table } = await import('../output/table.ts')
    const columns = this.#columns.map(({ column }) => column)
    this.#table = new Table(this.#context.stdout, columns, this.#held)
    return this.#table
  }
}
