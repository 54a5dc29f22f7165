import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import type { FunctionOptions, ReadableDatabase, ReadableStatement } from './readable-database.ts'

/**
 * Opens a file as immutable. SQLite then takes no lock, looks for no `-wal`, and needs no `-shm`, which it could not create
 * in a read-only folder. better-sqlite3 is built without this option; Node's own SQLite has it from 22.15 on.
 *
 * @returns `undefined` if it cannot be opened in this way.
 */
export function openImmutable(path: string): ReadableDatabase | undefined {
  try {
    const sqlite = loadQuietly()
    return new ImmutableDatabase(
      new sqlite.DatabaseSync(`${pathToFileURL(path).href}?immutable=1`, { readOnly: true }),
    )
  } catch {
    return undefined
  }
}

/** Silences Node's warning that the module is experimental; only this package uses the thread. */
function loadQuietly(): typeof import('node:sqlite') {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}

class ImmutableDatabase implements ReadableDatabase {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
    database.exec('PRAGMA trusted_schema = OFF')
    database.exec('PRAGMA cell_size_check = ON')
  }

  prepare<Values extends unknown[], Result>(text: string): ReadableStatement<Values, Result> {
    return new ImmutableStatement(this.#database.prepare(text))
  }

  function(name: string, options: FunctionOptions, run: (...values: never[]) => unknown): void {
    // It is called with the values that its statement passes.
    this.#database.function(name, options, run as (...values: unknown[]) => SQLInputValue)
  }

  close(): void {
    this.#database.close()
  }
}

class ImmutableStatement<Values extends unknown[], Result> implements ReadableStatement<Values, Result> {
  readonly #statement: StatementSync
  #shape: (row: object) => unknown = row => row

  constructor(statement: StatementSync) {
    this.#statement = statement
  }

  raw(): this {
    this.#shape = Object.values
    return this
  }

  pluck(): this {
    this.#shape = row => Object.values(row)[0]
    return this
  }

  safeIntegers(): this {
    this.#statement.setReadBigInts(true)
    return this
  }

  get(...values: Values): Result | undefined {
    const row = this.#statement.get(...(values as SQLInputValue[]))
    return row === undefined ? undefined : this.#shaped(row)
  }

  all(...values: Values): Result[] {
    return this.#statement.all(...(values as SQLInputValue[])).map(row => this.#shaped(row))
  }

  *iterate(...values: Values): IterableIterator<Result> {
    for (const row of this.#statement.iterate(...(values as SQLInputValue[]))) yield this.#shaped(row)
  }

  #shaped(row: object): Result {
    return this.#shape(row) as Result // as the caller says
  }
}
