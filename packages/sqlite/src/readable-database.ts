/** What reading needs of a database: better-sqlite3's, or Node's own in its place. */
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

/** What reading needs of a statement, with the meaning of better-sqlite3. */
export interface ReadableStatement<Values extends unknown[], Result> {
  /** Returns rows as arrays from now on. */
  raw(): this
  /** Returns only first columns from now on. */
  pluck(): this
  /** Returns integers as `bigint` from now on. */
  safeIntegers(): this
  get(...values: Values): Result | undefined
  all(...values: Values): Result[]
  iterate(...values: Values): IterableIterator<Result>
}
