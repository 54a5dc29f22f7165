import type pg from 'pg'

/** A statement and the values for its `$1`, `$2`, … */
export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
  /** How long its answer is waited for, in milliseconds. Default: what the pool says. */
  readonly timeoutMs?: number
}

/** Every value as PostgreSQL spells it: an application may have changed how `pg` reads types, for all its connections. */
const AS_TEXT = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig // its overloads name each type

/** Runs a statement on a connection and gives its rows, each value a text or `null`. */
export async function rowsOf<R extends { readonly [Column in keyof R]: string | null }>(
  client: Pick<pg.ClientBase, 'query'>,
  { text, values, timeoutMs }: Statement,
): Promise<R[]> {
  const config = { text, values: [...values], types: AS_TEXT, ...(timeoutMs && { query_timeout: timeoutMs }) }
  return (await client.query<R>(config)).rows
}
