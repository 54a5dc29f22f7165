/** What reading needs of a database: of better-sqlite3's, or of one of Node's own that stands in for it. */
export interface ReadableDatabase {
  prepare<Values extends unknown[], Result>(text: string): ReadableStatement<Values, Result>
  function(name: string, options: FunctionOptions, run: (...values: never[]) => unknown): unknown
  close(): unknown
}

/** How an SQL function behaves. */
export interface FunctionOptions {
  readonly deterministic: boolean
  readonly directOnly: boolean
}

/** What reading needs of a statement; the meaning is better-sqlite3's. */
export interface ReadableStatement<Values extends unknown[], Result> {
  /** Gives rows as arrays from now on. */
  raw(): this
  /** Gives first columns alone from now on. */
  pluck(): this
  /** Gives integers as `bigint` from now on. */
  safeIntegers(): this
  get(...values: Values): Result | undefined
  all(...values: Values): Result[]
  iterate(...values: Values): IterableIterator<Result>
}
