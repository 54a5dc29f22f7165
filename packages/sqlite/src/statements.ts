import type { ReadableDatabase, ReadableStatement } from './readable-database.ts'
import type { Sql } from './selection-sql.ts'

type Values = Sql['values'][number][]

/** Statements of a connection by their text, each prepared once. Few texts occur: they do not contain a filter's values. */
export class Statements {
  readonly #database: ReadableDatabase
  readonly #known = new Map<string, ReadableStatement<Values, unknown>>()

  constructor(database: ReadableDatabase) {
    this.#database = database
  }

  of(text: string): ReadableStatement<Values, unknown> {
    const known = this.#known.get(text)
    if (known) return known
    const statement = this.#database.prepare<Values, unknown>(text)
    this.#known.set(text, statement)
    return statement
  }

  /** The number that a statement returns, such as a count. */
  number({ text, values }: Sql): number {
    return this.of(text)
      .pluck()
      .get(...values) as number // the caller gives a statement that returns one
  }
}
